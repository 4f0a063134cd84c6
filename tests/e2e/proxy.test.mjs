// Bytes through the gateway: streaming both ways, big bodies in little memory, keep-alive, pipelining, upgrades, broken ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";

import { WebSocket, WebSocketServer } from "ws";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority, reservePort, scratch } from "./support/run_folder.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const MiB = 1024 * 1024;
const slow = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1; // a sanitizer build: the same paths, fewer bytes
const bigBody = (slow ? 64 : 1024) * MiB;
const maxGrowth = slow ? 48 * MiB : MiB; // a sanitizer keeps freed memory back

const openBed = (t, options = {}) => startBed(t, { routes: (origin) => [{ host: "other.test", to: origin.url, public: true, ...options.route }], login: { host: "auth.test" }, ...options });
const wireTo = (t, bed, host = "other.test") => connectTls(t, bed.gateway.ports.https, { servername: host });
const head = (bed, start, fields = "", host = "other.test") => `${start} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n${fields}\r\n`;

const streamed = (bed, headers = {}) => ({
  hostname: "127.0.0.1", port: bed.gateway.ports.https, path: "/big", servername: "other.test", ca: authority().pem, agent: false,
  headers: { Host: `other.test:${bed.gateway.ports.https}`, ...headers },
});

test("an answer streams: its first byte arrives before its last is made", async (t) => {
  let finish;
  const reply = (_, connection) => {
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst \r\n");
    finish = () => connection.write("4\r\nlast\r\n0\r\n\r\n");
  };
  const bed = await openBed(t, { origin: { reply } });
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "GET /stream"));
  await until("the first part", () => wire.text.includes("first "));
  assert.ok(!wire.text.includes("last"));
  finish();
  assert.equal((await wire.response()).body.toString(), "first last");
});

test("a request body streams: the origin has its first byte before the client sends the last", async (t) => {
  const bed = await openBed(t);
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /up", "Content-Length: 10\r\n") + "first");
  await until("the first part at the origin", () => bed.origin.text.endsWith("first"));
  await wire.send("-last");
  const response = await wire.response();
  assert.equal(JSON.parse(response.body).body, "first-last");
});

test("a gibibyte down passes unchanged in little memory, even to a slow reader", async (t) => {
  const block = randomBytes(MiB);
  const server = http.createServer((request, response) => {
    if (request.url !== "/big") return response.end("small");
    response.writeHead(200, { "Content-Length": bigBody });
    let sent = 0;
    const more = () => {
      while (sent < bigBody) {
        sent += block.length;
        if (!response.write(block)) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
  const bed = await openBed(t, { route: { to: `http://127.0.0.1:${server.address().port}` } });
  // What a first request brings into memory is not its body.
  await bed.visitor().get(bed.url("other.test", "/small")).expect(200);
  const before = bed.gateway.residentBytes();
  let most = before;
  const hash = createHash("sha256");
  const expected = createHash("sha256");
  for (let i = 0; i < bigBody / MiB; ++i) expected.update(block);
  const response = await new Promise((resolve, reject) => https.get(streamed(bed), resolve).on("error", reject));
  // The reader sleeps at first: the origin must be held back, not buffered.
  response.pause();
  await quiet();
  await quiet();
  most = Math.max(most, bed.gateway.residentBytes());
  let size = 0;
  for await (const part of response) {
    hash.update(part);
    size += part.length;
    if (size % (16 * MiB) < part.length) most = Math.max(most, bed.gateway.residentBytes());
  }
  assert.equal(size, bigBody);
  assert.equal(hash.digest("hex"), expected.digest("hex"));
  assert.ok(most - before < maxGrowth, `grew by ${((most - before) / MiB).toFixed(1)} MiB`);
});

test("a gibibyte up passes unchanged in little memory, even to a slow origin", async (t) => {
  const block = randomBytes(MiB);
  const hash = createHash("sha256");
  let size = 0;
  const onBody = (_, bytes, connection) => {
    hash.update(bytes);
    size += bytes.length;
    if (size < 2 * MiB && !connection.rested) {
      connection.rested = true;
      connection.pause();
      setTimeout(() => connection.resume(), 300);
    }
  };
  const bed = await openBed(t, { origin: { keepsBodies: false, keepsBytes: false, onBody, reply: () => answer(200, "done") } });
  // What a first request brings into memory is not its body.
  await bed.visitor().get(bed.url("other.test", "/small")).expect(200);
  const before = bed.gateway.residentBytes();
  let most = before;
  const expected = createHash("sha256");
  const answered = new Promise((resolve, reject) => {
    const request = https.request({ ...streamed(bed, { "Content-Length": bigBody }), method: "POST" }, resolve);
    request.on("error", reject);
    let sent = 0;
    const more = () => {
      while (sent < bigBody) {
        expected.update(block);
        sent += block.length;
        if (sent % (16 * MiB) === 0) most = Math.max(most, bed.gateway.residentBytes());
        if (!request.write(block)) return request.once("drain", more);
      }
      return request.end();
    };
    more();
  });
  assert.equal((await answered).statusCode, 200);
  assert.equal(size, bigBody);
  assert.equal(hash.digest("hex"), expected.digest("hex"));
  assert.ok(most - before < maxGrowth, `grew by ${((most - before) / MiB).toFixed(1)} MiB`);
});

test("one connection serves many requests, and the connection to the origin is used again", async (t) => {
  const bed = await openBed(t, { config: (parts) => ({ ...parts, workers: 1 }) });
  const wire = await wireTo(t, bed);
  for (let i = 0; i < 20; ++i) {
    await wire.send(head(bed, `GET /${i}`));
    assert.equal(JSON.parse((await wire.response()).body).target, `/${i}`);
  }
  assert.equal(bed.origin.connections.length, 1);
});

test("pipelined requests are answered in order", async (t) => {
  const bed = await openBed(t);
  const wire = await wireTo(t, bed);
  await wire.send(Array.from({ length: 12 }, (_, i) => head(bed, `GET /${i}`)).join(""));
  for (let i = 0; i < 12; ++i) assert.equal(JSON.parse((await wire.response()).body).target, `/${i}`);
});

test("a request that arrives byte by byte is the same request", async (t) => {
  const bed = await openBed(t);
  const wire = await wireTo(t, bed);
  await wire.drip(head(bed, "POST /drip", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n");
  const seen = JSON.parse((await wire.response()).body);
  assert.deepEqual([seen.target, seen.body], ["/drip", "abc"]);
});

test("a chunked body arrives whole, with framing of our own", async (t) => {
  const bed = await openBed(t);
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /chunked", "Transfer-Encoding: chunked\r\n") + "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: no\r\n\r\n");
  const response = await wire.response();
  assert.equal(JSON.parse(response.body).body, "abcde");
  const seen = bed.origin.lastRequest;
  assert.equal(fieldsOf(seen, "transfer-encoding").length + fieldsOf(seen, "content-length").length, 1);
  assert.ok(!bed.origin.text.includes("ext=1"));
});

test("HEAD has the length of GET and no body", async (t) => {
  const bed = await openBed(t, { origin: { reply: (request) => (request.method === "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n" : answer(200, "x")) } });
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "HEAD /h") + head(bed, "GET /g"), ["HEAD", "GET"]);
  const first = await wire.response();
  assert.deepEqual([first.status, fieldOf(first, "content-length"), first.bodyBytes], [200, "1234", 0]);
  assert.equal((await wire.response()).body.toString(), "x");
});

test("an HTTP/1.0 client gets a body that ends with the connection", async (t) => {
  const bed = await openBed(t, { origin: { reply: () => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" } });
  const wire = await wireTo(t, bed);
  await wire.send(`GET /old HTTP/1.0\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await wire.ended();
  assert.match(wire.text, /^HTTP\/1\.1 200 /);
  assert.ok(!/transfer-encoding/i.test(wire.text));
  assert.ok(wire.text.endsWith("\r\n\r\nabc"));
});

test("a client that waits for 100 Continue gets it, and the body arrives", async (t) => {
  const bed = await openBed(t);
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /expect", "Content-Length: 4\r\nExpect: 100-continue\r\n"));
  await until("100 Continue", () => wire.interim.some((m) => m.status === 100));
  await wire.send("body");
  assert.equal(JSON.parse((await wire.response()).body).body, "body");
});

test("an origin that refuses before the body gets no body, and the client's connection ends or drains", async (t) => {
  const onHead = (request, connection) => request.target === "/refuse" && connection.write(answer(413, "no", [["Connection", "close"], ["Content-Length", "2"]]));
  const bed = await openBed(t, { origin: { onHead, continues: false, reply: (request) => (request.target === "/refuse" ? undefined : answer(200, request.target)) } });
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /refuse", "Content-Length: 40\r\nExpect: 100-continue\r\n"));
  assert.equal((await wire.response()).status, 413);
  await wire.send(head(bed, "GET /smuggled"));
  await quiet();
  assert.ok(!bed.origin.requests.some((request) => request.target === "/smuggled"), "bytes of a body became a request");
  const victim = await wireTo(t, bed);
  await victim.send(head(bed, "GET /victim"));
  assert.equal((await victim.response()).body.toString(), "/victim");
});

test("an origin that is not there is 502, one that never answers 504, and neither tells more", async (t) => {
  const silent = await startOrigin(t, { reply: () => undefined });
  const nobody = await reservePort();
  const bed = await openBed(t, { routes: () => [
    { host: "other.test", to: `http://127.0.0.1:${nobody}`, public: true },
    { host: "app.test", to: silent.url, public: true, timeouts: { response: "1s" } }] });
  const refused = await bed.visitor().get(bed.url("other.test", "/")).expect(502);
  assert.ok(!refused.body.includes(String(nobody)));
  await bed.visitor().get(bed.url("app.test", "/")).expect(504);
});

test("an answer cut short is not passed off as whole", async (t) => {
  const cut = { "/length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "/chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", "/head": "HTTP/1.1 200 OK\r\nContent-Le" };
  const reply = (request, connection) => {
    connection.write(cut[request.target]);
    connection.end();
  };
  const bed = await openBed(t, { origin: { reply } });
  for (const target of Object.keys(cut)) {
    const wire = await wireTo(t, bed);
    await wire.send(head(bed, `GET ${target}`));
    await until("an end", () => wire.closed || wire.responses.length);
    if (target === "/head") assert.equal(wire.responses[0]?.status, 502);
    else assert.equal(wire.responses.length, 0, `${target} looks complete: ${wire.text}`);
  }
});

test("a client that goes away takes its request with it", async (t) => {
  const bed = await openBed(t, { origin: { reply: () => undefined } });
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "GET /wait"));
  const request = await bed.origin.request(1);
  assert.ok(request);
  wire.reset();
  await until("the origin's connection to end", () => bed.origin.connections[0].closed || bed.origin.connections[0].ended);
});

test("WebSockets pass both ways, whole and in order, and end on both sides", async (t) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  cleanup(t, () => { for (const client of server.clients) client.terminate(); server.close(); });
  const ended = new Promise((resolve) => server.on("connection", (socket, request) => {
    socket.on("message", (bytes, binary) => socket.send(bytes, { binary }));
    socket.on("close", (code) => resolve({ code, request }));
  }));
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: `http://127.0.0.1:${server.address().port}`, policy: "signed-in", identity: "oauth2-proxy" }] });
  const alice = await bed.signedIn("alice").catch(() => { throw new Error("no sign-in"); });
  const options = { ca: authority().pem, lookup: (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)), headers: { Cookie: alice.jar.header(bed.url("app.test", "/")) }, origin: bed.url("app.test") };
  const socket = new WebSocket(bed.url("app.test", "/socket").replace("https", "wss"), options);
  await within("the handshake", new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject)));
  const messages = [Buffer.from("hello"), randomBytes(70000), randomBytes(3 * MiB)];
  const received = [];
  socket.on("message", (bytes) => received.push(bytes));
  for (const message of messages) socket.send(message);
  await until("all echoes", () => received.length === messages.length);
  messages.forEach((message, i) => assert.ok(message.equals(received[i])));
  socket.close(1000);
  const { code, request } = await within("the close at the origin", ended);
  assert.equal(code, 1000);
  assert.equal(request.headers["x-auth-request-email"], "alice@example.test");
});

test("a WebSocket without a session, or from a foreign page, is refused before the origin hears of it", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const own = `https://app.test:${bed.gateway.ports.https}`;
  const cookie = `Cookie: ${alice.jar.header(own + "/")}\r\n`;
  bed.origin.forget();
  const cases = [
    ["no session", `Origin: ${own}\r\n`, 401], ["foreign origin", `${cookie}Origin: https://evil.test\r\n`, 403], ["null origin", `${cookie}Origin: null\r\n`, 403],
    ["other port", `${cookie}Origin: https://app.test:1\r\n`, 403], ["other scheme", `${cookie}Origin: http://app.test:${bed.gateway.ports.https}\r\n`, 403],
    ["longer name", `${cookie}Origin: https://app.test.evil.test:${bed.gateway.ports.https}\r\n`, 403], ["sibling", `${cookie}Origin: https://wiki.test:${bed.gateway.ports.https}\r\n`, 403],
  ];
  for (const [name, fields, status] of cases) {
    const wire = await wireTo(t, bed, "app.test");
    await wire.send(head(bed, "GET /socket", handshake + fields, "app.test"));
    assert.equal((await wire.response()).status, status, name);
  }
  assert.equal(bed.origin.text, "");
});

test("an upgrade that the origin does not accept is an ordinary answer, and nothing is tunnelled", async (t) => {
  const bed = await openBed(t, { origin: { reply: (request) => answer(request.target === "/ws" ? 400 : 200, request.target) } });
  const wire = await wireTo(t, bed);
  const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  await wire.send(head(bed, "GET /ws", `${handshake}Origin: https://other.test:${bed.gateway.ports.https}\r\n`) + `GET /smuggled HTTP/1.1\r\nHost: internal\r\n\r\n`);
  assert.equal((await wire.response()).status, 400);
  await quiet();
  assert.ok(!bed.origin.text.includes("Host: internal"), "bytes after the handshake went to the origin unjudged");
});

test("nginx is an origin like any other", async (t) => {
  const folder = scratch("nginx");
  const port = await reservePort();
  writeFileSync(path.join(folder, "index.html"), "<h1>from nginx</h1>");
  writeFileSync(path.join(folder, "nginx.conf"), `${process.getuid() === 0 ? "user root;" : ""} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
 server { listen 127.0.0.1:${port}; root ${folder}; location = /who { return 200 "$http_x_auth_request_email|$http_x_forwarded_proto|$host"; } } }`);
  const nginx = spawn("nginx", ["-c", path.join(folder, "nginx.conf"), "-p", folder, "-e", path.join(folder, "error.log")], { stdio: "ignore" });
  const ended = new Promise((resolve) => nginx.on("exit", resolve));
  cleanup(t, () => { nginx.kill("SIGTERM"); return ended; });
  await until("nginx", () => fetch(`http://127.0.0.1:${port}/`).then((r) => r.ok, () => false));
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: `http://127.0.0.1:${port}`, policy: "signed-in", identity: "oauth2-proxy" }] });
  const alice = await bed.signedIn("alice");
  const page = await alice.get(bed.url("app.test", "/")).expect(200);
  assert.equal(page.body, "<h1>from nginx</h1>");
  assert.equal((await alice.get(bed.url("app.test", "/who")).expect(200)).body, "alice@example.test|https|app.test");
  await alice.get(bed.url("app.test", "/"), { headers: { "If-Modified-Since": page.headers["last-modified"] } }).expect(304);
  await alice.get(bed.url("app.test", "/index.html"), { headers: { Range: "bytes=0-3" } }).expect(206);
});

test("a body over the route's limit is refused, and one at the limit passes", async (t) => {
  const bed = await openBed(t, { route: { limits: { body: "10KiB" } } });
  await bed.visitor().post(bed.url("other.test", "/"), { body: "x".repeat(10240) }).expect(200);
  await bed.visitor().post(bed.url("other.test", "/"), { body: "x".repeat(10241) }).expect(413);
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /", "Transfer-Encoding: chunked\r\n"));
  for (let i = 0; i < 11 && !wire.closed; ++i) await wire.send(`400\r\n${"y".repeat(1024)}\r\n`);
  assert.equal((await wire.response(seconds(10))).status, 413);
});
