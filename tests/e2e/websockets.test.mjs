// WebSockets over both versions of HTTP, from npm ws, Node's HTTP/2 client and Chromium, and other answers without an end
// (rows C03, C11, L20, O16, P01, P02).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http2 from "node:http2";
import { test } from "node:test";

import { WebSocket } from "ws";

import { startBed, users } from "./support/bed.mjs";
import { hasBrowser, startBrowser } from "./support/browser.mjs";
import { ask, begin, connectH2 } from "./support/h2_client.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority } from "./support/run_folder.mjs";
import { clientFrame, openOverH2, serverFrames, startH2SocketOrigin, startSocketOrigin } from "./support/web_sockets.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const MiB = 1024 * 1024;
const slow = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1;
const text = 1;
const binary = 2;

/// A bed whose app.test leads to an origin of sockets.
async function socketBed(t, { origin: originOptions, route, ...options } = {}) {
  const origin = await startSocketOrigin(t, originOptions);
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy", ...route }], ...options });
  return { bed, origin };
}

const publicRoute = { policy: undefined, identity: undefined, public: true };
const cookieOf = (bed, visitor) => ({ cookie: visitor.jar.header(bed.url("app.test", "/")), origin: bed.url("app.test") });

/// A socket of npm ws over HTTP/1.1, open.
async function openOverH1(t, bed, headers = {}) {
  const { origin, ...rest } = headers;
  const lookup = (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
  const socket = new WebSocket(bed.url("app.test", "/socket").replace("https", "wss"), { ca: authority().pem, lookup, origin, headers: rest });
  socket.on("error", () => {});
  socket.messages = [];
  socket.on("message", (bytes) => socket.messages.push(bytes));
  socket.on("close", (code, reason) => { socket.code = code; socket.reason = reason.toString(); });
  t.after(() => socket.terminate());
  await within("the handshake", new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject)));
  return socket;
}

test("a WebSocket over HTTP/2 carries messages of any size both ways, knows its person, and closes", async (t) => {
  const { bed, origin } = await socketBed(t);
  const alice = await bed.signedIn("alice");
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const socket = await openOverH2(session, cookieOf(bed, alice));
  assert.equal(socket.status, 200);
  for (const name of ["sec-websocket-accept", "upgrade", "connection"]) assert.equal(socket.head[name], undefined);
  const messages = [Buffer.from("hello"), randomBytes(70_000), randomBytes(3 * MiB)];
  for (const message of messages) socket.stream.write(clientFrame(binary, message));
  await until("all echoes", () => socket.frames().length === messages.length, seconds(30));
  messages.forEach((message, i) => assert.ok(message.equals(socket.frames()[i].payload), `message ${i}`));
  const { headers } = origin.sockets[0].request;
  assert.equal(headers["x-auth-request-email"], "alice@example.test");
  assert.match(headers["sec-websocket-key"], /^[A-Za-z0-9+/]{22}==$/);
  assert.equal((await ask(session, { ":path": "/", cookie: alice.jar.header(bed.url("app.test", "/")) })).status, 200);
  socket.stream.write(clientFrame(8, Buffer.of(0x03, 0xe8)));
  await until("the close of the origin", () => socket.closeCode() === 1000 && socket.ended);
  socket.stream.end();
  await until("the end at the origin", () => origin.sockets[0].code === 1000);
  const line = await bed.gateway.accessLine((l) => l["url.path"] === "/socket");
  assert.deepEqual([line["http.response.status_code"], line["network.protocol.version"], line["enduser.id"]], [200, "2", "alice@example.test"]);
});

test("twenty sockets and other requests share one connection", async (t) => {
  const { bed } = await socketBed(t, { route: publicRoute });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openOverH2(session, {})));
  for (let round = 0; round < 5; ++round) {
    sockets.forEach(({ stream }, i) => stream.write(clientFrame(text, `${i} ${round}`)));
    assert.equal((await ask(session, { ":path": "/" })).status, 200);
  }
  await until("all echoes", () => sockets.every((socket) => socket.frames().length === 5));
  sockets.forEach((socket, i) => assert.deepEqual(socket.frames().map(({ payload }) => payload.toString()), [0, 1, 2, 3, 4].map((round) => `${i} ${round}`)));
});

test("who may open a socket over HTTP/2 is judged before the origin hears of it", async (t) => {
  const { bed, origin } = await socketBed(t);
  const alice = await bed.signedIn("alice");
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const { cookie, origin: own } = cookieOf(bed, alice);
  const rows = [
    ["no session", { origin: own }, 401], ["no session, a navigation", { origin: own, "sec-fetch-mode": "navigate", accept: "text/html" }, 401],
    ["no Origin", { cookie }, 403], ["null", { cookie, origin: "null" }, 403], ["foreign", { cookie, origin: "https://evil.test" }, 403],
    ["longer", { cookie, origin: `${own}.evil.test` }, 403], ["another port", { cookie, origin: "https://app.test:1" }, 403],
    ["another scheme", { cookie, origin: own.replace("https", "http") }, 403], ["a sibling", { cookie, origin: own.replace("app.", "wiki.") }, 403],
    ["another protocol", { cookie, origin: own, ":protocol": "connect-udp" }, 501],
  ];
  for (const [name, fields, status] of rows) assert.equal((await openOverH2(session, fields)).status, status, name);
  assert.equal(origin.sockets.length, 0);
  assert.equal((await openOverH2(session, { cookie, origin: own })).status, 200);
});

test("a protected part of a public route asks whose page opens a socket, as any protected route does", async (t) => {
  const { bed, origin } = await socketBed(t, { route: { ...publicRoute, except: [{ path: "/socket", policy: "signed-in" }] } });
  const alice = bed.visitor();
  await bed.signIn(alice, "alice", bed.url("app.test", "/socket"));
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const { cookie, origin: own } = cookieOf(bed, alice);
  assert.equal((await openOverH2(session, { cookie, origin: "https://evil.test" })).status, 403);
  assert.equal((await openOverH2(session, { cookie })).status, 403);
  assert.equal(origin.sockets.length, 0);
  assert.equal((await openOverH2(session, { cookie, origin: own })).status, 200);
});

test("an origin that opens no socket is not taken for one over HTTP/2", async (t) => {
  const bed = await startBed(t, { origin: { reply: (r) => (r.target === "/socket" ? answer(200, "no socket") : answer(403, "not here")) } });
  const session = await connectH2(t, bed.gateway.ports.https);
  assert.equal((await openOverH2(session, {})).status, 502);
  const refused = await openOverH2(session, { ":path": "/other" });
  assert.equal(refused.status, 403);
  await until("its text", () => refused.bytes().toString() === "not here");
});

test("Chromium opens WebSockets over the connection of its page, and reads why they are closed", { skip: !hasBrowser && "no Chromium on this machine" }, async (t) => {
  const { bed, origin } = await socketBed(t, { origin: { page: "<!doctype html><title>sockets</title>" } });
  const context = await startBrowser(t);
  const page = await context.newPage();
  bed.provider.user = users.alice;
  await page.goto(bed.url("app.test", "/"));
  await page.waitForFunction(() => document.title === "sockets");
  const echoed = await page.evaluate(() => new Promise((resolve, reject) => {
    window.socket = new WebSocket(`wss://${location.host}/socket`);
    const got = [];
    window.socket.onopen = () => { window.socket.send("hello"); window.socket.send("x".repeat(100_000)); };
    window.socket.onmessage = ({ data }) => { got.push(data.length); if (got.length === 2) resolve(got); };
    window.socket.onerror = () => reject(new Error("no socket"));
    window.ending = new Promise((ended) => { window.socket.onclose = ({ code, reason, wasClean }) => ended({ code, reason, wasClean }); });
  }));
  assert.deepEqual(echoed, [5, 100_000]);
  assert.match(origin.sockets[0].request.headers["sec-websocket-extensions"], /permessage-deflate/);
  const status = await page.evaluate(() => fetch("/oauth2/sign_out", { method: "POST", redirect: "manual" }).then((r) => r.type));
  assert.ok(status);
  const { code, reason } = await within("the end of the socket", page.evaluate(() => window.ending));
  assert.deepEqual([code, reason], [1008, "the session has ended"]);
  const line = await bed.gateway.accessLine((l) => l["url.path"] === "/socket");
  assert.deepEqual([line["http.response.status_code"], line["network.protocol.version"]], [200, "2"]);
});

test("a session that ends closes its sockets with 1008 over both versions, and nobody else's", async (t) => {
  const { bed, origin } = await socketBed(t);
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const old = await openOverH1(t, bed, cookieOf(bed, alice));
  const young = await openOverH2(session, cookieOf(bed, alice));
  const others = await openOverH2(session, cookieOf(bed, bob));
  old.send("before");
  await until("an echo", () => old.messages.length === 1);
  await alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" } });
  await until("the ends", () => old.code !== undefined && young.ended);
  assert.deepEqual([old.code, old.reason], [1008, "the session has ended"]);
  assert.deepEqual([young.closeCode(), young.close().payload.subarray(2).toString()], [1008, "the session has ended"]);
  await until("the ends at the origin", () => origin.sockets.filter((s) => s.code !== undefined).length === 2);
  others.stream.write(clientFrame(text, "still here"));
  await until("the other's echo", () => others.frames().length === 1);
});

test("within a frame of the origin's nothing is inserted: the tunnel breaks", async (t) => {
  const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  const bed = await startBed(t, { origin: { reply: (_, connection) => {
    connection.raw = () => {};
    return Buffer.concat([Buffer.from(`HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`), Buffer.of(0x82, 100), Buffer.alloc(50)]);
  } } });
  const alice = await bed.signedIn("alice");
  const { cookie, origin } = cookieOf(bed, alice);
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "app.test" });
  await wire.send(`GET /socket HTTP/1.1\r\nHost: app.test:${bed.gateway.ports.https}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: ${cookie}\r\nOrigin: ${origin}\r\n\r\n`);
  await until("half a frame", () => wire.text.endsWith("\0".repeat(50)));
  const before = wire.text;
  await alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: origin, "Sec-Fetch-Site": "same-origin" } });
  await wire.ended();
  assert.equal(wire.text, before);
});

test("a socket that says Close and nothing more, and one that says nothing, end after the idle time", async (t) => {
  const { bed, origin } = await socketBed(t, { route: { ...publicRoute, timeouts: { idle: "1s" } }, origin: { onSocket: (socket) => socket._socket.removeAllListeners("data") } });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const closing = await openOverH2(session, {});
  closing.stream.write(clientFrame(8, Buffer.of(0x03, 0xe8)));
  const silent = await openOverH1(t, bed);
  const quietOne = await openOverH2(session, {});
  await until("the ends", () => closing.ended && silent.code !== undefined && quietOne.ended, seconds(15));
  assert.deepEqual([closing.closeCode(), silent.code, quietOne.closeCode()], [1001, 1001, 1001]);
  await until("the ends at the origin", () => origin.sockets.every((socket) => socket._socket === null || socket._socket.destroyed || socket.readyState === 3 || socket.code !== undefined), seconds(15));
});

test("a socket lasts as long as websocket.lifetime, however busy", async (t) => {
  const { bed } = await socketBed(t, { route: { ...publicRoute, websocket: { lifetime: "1s" } } });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const young = await openOverH2(session, {});
  const old = await openOverH1(t, bed);
  const busy = setInterval(() => { if (!young.closed && !young.stream.destroyed) young.stream.write(clientFrame(text, "x")); if (old.readyState === 1) old.send("x"); }, 50);
  t.after(() => clearInterval(busy));
  await until("the ends", () => young.ended && old.code !== undefined, seconds(15));
  assert.deepEqual([young.closeCode(), old.code], [1001, 1001]);
  assert.ok(young.frames().length > 3);
});

test("a reader that pauses stops the origin of its socket, in bounded memory, and loses nothing", async (t) => {
  const size = (slow ? 16 : 128) * MiB;
  const piece = randomBytes(MiB);
  let sent = 0;
  const flood = async (socket) => {
    for (; sent < size && socket.readyState === 1; sent += piece.length) await new Promise((resolve) => socket.send(piece, { compress: false }, resolve));
  };
  const { bed } = await socketBed(t, { route: publicRoute, origin: { onSocket: flood } });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const before = bed.gateway.residentBytes();
  const socket = await openOverH2(session, {});
  socket.stream.removeAllListeners("data");
  socket.stream.pause();
  await until("the flood to stop", async () => { const then = sent; await quiet(); return sent > 0 && sent === then; }, seconds(30));
  assert.ok(sent < size, "nothing held the origin back");
  assert.ok(bed.gateway.residentBytes() - before < (slow ? 200 : 8) * MiB);
  let count = socket.bytes().length;
  socket.stream.on("data", (bytes) => { count += bytes.length; });
  socket.stream.resume();
  await until("all of it", () => count === size + (size / MiB) * 10, seconds(60));
});

for (const version of ["HTTP/1.1", "HTTP/2"]) {
  test(`an event stream and a long poll pass each event as it comes: ${version}`, async (t) => {
    const events = [];
    const bed = await startBed(t, { origin: { reply: (r, connection) => {
      connection.write(r.target === "/events" ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n" : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      events.push((word) => connection.write(r.target === "/events" ? word : `${word.length.toString(16)}\r\n${word}\r\n`));
    } } });
    for (const target of ["/events", "/poll"]) {
      let received;
      if (version === "HTTP/2") {
        const stream = begin(await connectH2(t, bed.gateway.ports.https), { ":path": target });
        await within("the head", stream.head);
        received = () => Buffer.concat(stream.body).toString();
      } else {
        const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
        await wire.send(`GET ${target} HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
        await until("the head", () => wire.text.includes("\r\n\r\n"));
        received = () => wire.text.slice(wire.text.indexOf("\r\n\r\n") + 4);
      }
      const tell = await until("the origin", () => events.pop());
      // One at a time: the next is not written before the one before has arrived.
      for (let i = 0; i < 20; ++i) {
        tell(`data: ${i}\n\n`);
        await until(`event ${i}`, () => received().includes(`data: ${i}\n\n`));
        assert.ok(!received().includes(`data: ${i + 1}\n\n`));
      }
    }
  });
}

test("frames that no server should send pass byte by byte", async (t) => {
  const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  const odd = [Buffer.of(0xff, 0xff, ...Array(8).fill(0xff)), Buffer.of(0x71, 0x80, 1, 2, 3, 4), Buffer.alloc(2 * 100_000, Buffer.of(0x00, 0x00)), Buffer.of(0x88, 0x00, 0x88, 0x00)];
  const bed = await startBed(t, { origin: { keepsBytes: false, reply: (_, connection) => {
    connection.raw = (bytes) => connection.write(bytes);
    return `HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  } } });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /socket HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  await until("the tunnel", () => wire.text.endsWith("\r\n\r\n"));
  const head = wire.text.length;
  const all = Buffer.concat(odd);
  for (const bytes of odd) await wire.send(bytes);
  await until("all of them back", () => wire.text.length === head + all.length);
  assert.ok(Buffer.concat(wire.received).subarray(head).equals(all));
  assert.equal(serverFrames(Buffer.of(0x81, 1, 0x61)).length, 1);
});

test("sockets that are open when shutdown.timeout is over are closed with 1001", async (t) => {
  const { bed } = await socketBed(t, { route: publicRoute, config: (parts) => ({ ...parts, shutdown: { timeout: "1s" } }) });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const young = await openOverH2(session, {});
  const old = await openOverH1(t, bed);
  bed.gateway.signal("SIGTERM");
  await within("the end", bed.gateway.exited, seconds(10));
  assert.equal(bed.gateway.end.code, 0);
  await until("the ends", () => young.ended && old.code !== undefined);
  assert.deepEqual([young.closeCode(), old.code, old.reason], [1001, 1001, "the gateway is ending"]);
});

test("sockets of both versions reach an origin of HTTP/2 over extended CONNECT, on one connection, beside other requests", async (t) => {
  const origin = await startH2SocketOrigin(t);
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy" }] });
  const alice = await bed.signedIn("alice");
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const young = await openOverH2(session, cookieOf(bed, alice));
  const old = await openOverH1(t, bed, cookieOf(bed, alice));
  const messages = [Buffer.from("hello"), randomBytes(70_000), randomBytes(3 * MiB)];
  for (const message of messages) {
    young.stream.write(clientFrame(binary, message));
    old.send(message);
  }
  await until("all echoes", () => young.frames().length === messages.length && old.messages.length === messages.length, seconds(30));
  messages.forEach((message, i) => assert.ok(message.equals(young.frames()[i].payload) && message.equals(old.messages[i]), `message ${i}`));
  assert.equal((await ask(session, { ":path": "/", cookie: alice.jar.header(bed.url("app.test", "/")) })).status, 200);
  for (const { headers } of origin.sockets) {
    assert.deepEqual([headers[":path"], headers[":authority"], headers["x-auth-request-email"]], ["/socket", new URL(bed.url("app.test")).host, "alice@example.test"]);
    assert.equal(headers["sec-websocket-key"], undefined);
  }
  old.close(1000);
  await until("the close", () => old.code === 1000);
  young.stream.close(http2.constants.NGHTTP2_CANCEL);
  await until("the ends at the origin", () => origin.sockets.every(({ stream }) => stream.destroyed));
});

test("an origin of HTTP/2 that takes no sockets: 502, and the log says what to do", async (t) => {
  const origin = await startH2SocketOrigin(t, { takesSockets: false });
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: origin.url, ...publicRoute }] });
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  assert.equal((await openOverH2(session, {})).status, 502);
  assert.equal((await ask(session, { ":path": "/" })).status, 200);
  await until("the line", () => bed.gateway.events.some((event) => /by http:\/\/ or https:\/\//.test(JSON.stringify(event))));
  assert.equal(origin.sockets.length, 0);
});
