// Upstreams of HTTP/2, with and without TLS: one connection for many, bodies and trailers both ways, ends and refusals,
// origins that lie (rows B14, B15, N15).
import assert from "node:assert/strict";
import tls from "node:tls";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { ask, begin, block, connectH2, endHeaders, endStream, frame, number, types } from "./support/h2_client.mjs";
import { echo, reply, startFrameOrigin, startH2Origin } from "./support/h2_origin.mjs";
import { authority, certificateFor } from "./support/run_folder.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const MiB = 1024 * 1024;
const portOf = (bed) => bed.gateway.ports.https;
const openBed = (t, route, config = {}) => startBed(t, {
  routes: () => [{ host: "other.test", public: true, ...route }],
  config: (parts) => ({ workers: 1, ...parts, ...config }),
});
const connect = async (t, bed) => connectH2(t, portOf(bed));

test("a request is at an h2c origin what it was, with te: trailers and the transport's scheme", async (t) => {
  const origin = await startH2Origin(t, echo);
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const { status, body } = await ask(session, { ":method": "POST", ":path": "/a%20b?c=d", "x-order": "1", te: "trailers", "content-length": 5 }, "hello");
  assert.equal(status, 200);
  const seen = JSON.parse(body);
  assert.equal(seen.body, "hello");
  assert.equal(seen.headers[":method"], "POST");
  assert.equal(seen.headers[":path"], "/a%20b?c=d");
  assert.equal(seen.headers[":scheme"], "http");
  assert.equal(seen.headers[":authority"], `other.test:${portOf(bed)}`);
  assert.equal(seen.headers["x-forwarded-proto"], "https");
  assert.equal(seen.headers.te, "trailers");
  assert.equal(seen.headers["x-order"], "1");
  assert.equal(seen.headers["content-length"], "5");
  const page = await bed.visitor({ navigates: false }).get(bed.url("other.test", "/plain")).expect(200);
  assert.equal(JSON.parse(page.body).headers[":path"], "/plain");
});

test("many requests at once share one connection of a worker", async (t) => {
  const origin = await startH2Origin(t, async (stream) => { await quiet(); reply(stream, 200, "x"); });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const answers = await Promise.all(Array.from({ length: 90 }, (_, i) => ask(session, { ":path": `/${i}` })));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(origin.sessions.length, 1);
  assert.equal(origin.streams, 90);
});

test("an origin that allows three streams gets three on each connection, and a circuit bounds those", async (t) => {
  let most = 0;
  const running = new Map();
  const origin = await startH2Origin(t, async (stream) => {
    const count = (running.get(stream.session) ?? 0) + 1;
    running.set(stream.session, count);
    most = Math.max(most, count);
    await quiet();
    running.set(stream.session, running.get(stream.session) - 1);
    reply(stream, 200, "x");
  }, { server: { settings: { maxConcurrentStreams: 3 } } });
  const bed = await openBed(t, { to: origin.url, circuit: { connections: 2 } });
  const session = await connect(t, bed);
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(session, { ":path": `/${i}` })));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.ok(most <= 3, `${most} streams at once`);
  assert.ok(origin.sessions.length <= 2, `${origin.sessions.length} connections`);
});

test("TLS with ALPN h2 is verified; an origin that does not agree on h2 is a 502 that the log explains", async (t) => {
  const origin = await startH2Origin(t, echo, { tls: ["origin.localhost"], host: "origin.localhost" });
  const files = certificateFor(["origin.localhost"]);
  const plain = tls.createServer({ key: readFileSync(files.key), cert: readFileSync(files.certificate), ALPNProtocols: ["http/1.1"] }, (socket) => socket.on("error", () => {}));
  plain.on("tlsClientError", () => {});
  const silent = tls.createServer({ key: readFileSync(files.key), cert: readFileSync(files.certificate) }, (socket) => socket.on("error", () => {}));
  for (const server of [plain, silent]) {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanup(t, () => server.close());
  }
  const ca = authority().certificate;
  const bed = await startBed(t, {
    routes: () => [
      { host: "other.test", public: true, to: origin.url, tls: { ca } },
      { host: "app.test", public: true, to: `h2://origin.localhost:${plain.address().port}`, tls: { ca } },
      { host: "wiki.test", public: true, to: `h2://origin.localhost:${silent.address().port}`, tls: { ca } },
    ],
  });
  const page = await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x")).expect(200);
  assert.equal(JSON.parse(page.body).headers[":scheme"], "https");
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x")).expect(502);
  await bed.visitor({ navigates: false }).get(bed.url("wiki.test", "/x")).expect(502);
  assert.ok(await bed.gateway.event("the upstream did not answer", (e) => /does not agree on h2/.test(e.error)));
});

test("an origin that speaks HTTP/1.1 where h2c is said is a 502 that the log explains", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "other.test", public: true, to: origin.url.replace("http:", "h2c:") }] });
  await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x")).expect(502);
  assert.ok(await bed.gateway.event("the upstream did not answer", (e) => /does not speak HTTP\/2/.test(e.error)));
  bed.origin.faults?.splice(0);
});

test("B14: trailers pass both ways over HTTP/2, and a client of HTTP/1.1 that did not ask gets none", async (t) => {
  const seen = [];
  const origin = await startH2Origin(t, (stream) => {
    stream.on("trailers", (trailers) => seen.push(trailers["x-sum"]));
    stream.resume();
    stream.on("end", () => reply(stream, 200, "body", { trailers: { "x-sum": "9", "content-type": "no/no" } }));
  });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const stream = session.request({ ":method": "POST", ":path": "/" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
  const got = new Promise((resolve) => stream.on("trailers", resolve));
  stream.resume();
  stream.end("body");
  const trailers = await within("trailers", got);
  assert.equal(trailers["x-sum"], "9");
  assert.equal(trailers["content-type"], undefined);
  assert.deepEqual(seen, ["1"]);
});

test("interim heads of an h2 origin reach a client", async (t) => {
  const origin = await startH2Origin(t, (stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
    reply(stream, 200, "x");
  });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const { interim } = await ask(session, { ":path": "/" });
  assert.deepEqual(interim.map((head) => head[":status"]), [103]);
});

test("a client that does not read stops its origin, and no other client of the same connection", async (t) => {
  let sent = 0;
  const origin = await startH2Origin(t, (stream, headers) => {
    if (headers[":path"] !== "/big") return reply(stream, 200, Buffer.alloc(2 * MiB));
    stream.respond({ ":status": 200 });
    const push = () => {
      while (!stream.destroyed && stream.write(Buffer.alloc(64 * 1024))) sent += 64 * 1024;
      if (!stream.destroyed) sent += 64 * 1024;
    };
    stream.on("drain", push);
    push();
  });
  const bed = await openBed(t, { to: origin.url });
  const before = bed.gateway.residentBytes();
  const held = await connect(t, bed);
  const streams = Array.from({ length: 20 }, () => {
    const stream = held.request({ ":path": "/big" });
    stream.on("error", () => {});
    stream.pause();
    return stream;
  });
  await until("all answers to have begun", () => origin.streams === 20);
  await quiet();
  await quiet();
  const quick = await connect(t, bed);
  const { body } = await ask(quick, { ":path": "/quick" });
  assert.equal(body.length, 2 * MiB);
  assert.equal(origin.sessions.length, 1);
  const atFirst = sent;
  await quiet();
  await quiet();
  assert.equal(sent, atFirst, "the origin went on");
  assert.ok(bed.gateway.residentBytes() - before < 64 * MiB);
  for (const stream of streams) stream.close();
});

test("an upload waits for an origin that does not read", async (t) => {
  let stream;
  const origin = await startH2Origin(t, (arrived) => { stream = arrived; arrived.pause(); });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const upload = session.request({ ":method": "POST", ":path": "/" });
  upload.on("error", () => {});
  let taken = 0;
  const push = () => { while (taken < 64 * MiB && upload.write(Buffer.alloc(64 * 1024))) taken += 64 * 1024; };
  upload.on("drain", push);
  push();
  await until("the request", () => stream);
  await quiet();
  await quiet();
  assert.ok(taken < 16 * MiB, `${taken} bytes were taken`);
  let received = 0;
  stream.on("data", (bytes) => { received += bytes.length; });
  stream.resume();
  await until("more of it", () => received > 4 * MiB);
  upload.close();
});

test("a client that gives up resets its stream at the origin, and the connection serves on", async (t) => {
  let code;
  const origin = await startH2Origin(t, (stream, headers) => {
    if (headers[":path"] === "/") return reply(stream, 200, "x");
    stream.on("close", () => { code = stream.rstCode; });
  });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  const given = begin(session, { ":path": "/hangs" });
  await until("the request", () => origin.streams === 1);
  given.stream.close(8);
  await until("the reset", () => code === 8);
  assert.equal((await ask(session, { ":path": "/" })).status, 200);
  assert.equal(origin.sessions.length, 1);
});

test("GOAWAY and REFUSED_STREAM: what the origin did not do is sent again, a POST too", async (t) => {
  let asked = 0;
  const origin = await startFrameOrigin(t, {
    greet: frame(types.settings, 0, 0),
    onFrame: ({ type, stream }, connection) => {
      if (type !== types.headers) return;
      ++asked;
      if (asked === 1) return connection.send(frame(types.goaway, 0, 0, Buffer.concat([number(0), number(0)])));
      if (asked === 3) return connection.send(frame(types.reset, 0, stream, number(7)));
      connection.send(frame(types.headers, endHeaders | endStream, stream, block([[":status", "204"]])));
    },
  });
  const bed = await openBed(t, { to: origin.url });
  const session = await connect(t, bed);
  assert.equal((await ask(session, { ":method": "POST", ":path": "/", "content-length": 0 }, "")).status, 204);
  assert.equal((await ask(session, { ":method": "POST", ":path": "/", "content-length": 0 }, "")).status, 204);
  assert.equal(asked, 4);
});

test("N15: an origin whose SETTINGS are illegal is a 502, whichever they are, and the gateway lives", async (t) => {
  const entry = (id, value) => Buffer.concat([Buffer.of(0, id), number(value)]);
  let greet;
  const origin = await startFrameOrigin(t, { onFrame: ({ type }, connection) => type === types.settings && connection.send(greet) });
  const bed = await openBed(t, { to: origin.url });
  for (const [id, value] of [[2, 1], [4, 0xffffffff], [5, 0], [5, 16383], [5, 0xffffffff], [8, 7]]) {
    greet = frame(types.settings, 0, 0, entry(id, value));
    await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x")).expect(502);
  }
  greet = frame(types.settings, 0, 0, Buffer.alloc(5));
  await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x")).expect(502);
});

test("an h2 origin is checked over HTTP/2", async (t) => {
  let healthy = true;
  let checks = 0;
  const origin = await startH2Origin(t, (stream, headers) => {
    if (headers[":path"] !== "/healthz") return reply(stream, 200, "a");
    ++checks;
    reply(stream, healthy ? 200 : 500);
  });
  const other = await startH2Origin(t, (stream) => reply(stream, 200, "b"));
  const bed = await openBed(t, { to: [origin.url, other.url], health: { path: "/healthz", interval: "100ms", unhealthy: 2 } });
  await until("checks", () => checks > 2);
  healthy = false;
  assert.ok(await bed.gateway.event("fails its check", (e) => e.origin === `127.0.0.1:${origin.port}`, seconds(20)));
  for (let i = 0; i < 6; ++i) assert.equal((await bed.visitor({ navigates: false }).get(bed.url("other.test", "/"))).body, "b");
});

test("a WebSocket to an h2 upstream that takes none is 502, and reaches nobody", async (t) => {
  const origin = await startH2Origin(t, echo);
  const bed = await openBed(t, { to: origin.url });
  const page = await bed.visitor({ navigates: false }).get(bed.url("other.test", "/"), { headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" } });
  assert.equal(page.status, 502);
  assert.equal(origin.streams, 0);
});

test("B15: a field as large as the limit allows reaches an origin of HTTP/2 whole, in frames as they must be; a larger one is 431", async (t) => {
  const blocks = [];
  let rest = Buffer.alloc(0);
  const origin = await startFrameOrigin(t, { greet: frame(types.settings, 0, 0), onFrame({ type, flags, stream, payload }, connection) {
    if (type === types.settings && !(flags & 1)) connection.send(frame(types.settings, 1, 0));
    if (type !== types.headers && type !== types.continuation) return assert.equal(rest.length, 0, "a frame between the parts of a field block");
    assert.ok(payload.length <= 16384, `a frame of ${payload.length} bytes`);
    assert.equal(type, rest.length ? types.continuation : types.headers);
    rest = Buffer.concat([rest, payload]);
    if (!(flags & endHeaders)) return;
    blocks.push(rest);
    rest = Buffer.alloc(0);
    connection.send(frame(types.headers, endHeaders | endStream, stream, block([[":status", "204"]])));
  } });
  const bed = await openBed(t, { to: origin.url }, { limits: { header_bytes: "1MiB" } });
  for (const [size, status] of [[16383, 204], [16384, 204], [65536, 204], [300_000, 204], [1_040_000, 204], [1_050_000, 431]]) {
    const value = "!".repeat(size); // longer in the Huffman code, so it stays as it is
    const page = await bed.visitor({ navigates: false }).get(bed.url("other.test", "/"), { headers: { "X-Large": value } });
    assert.equal(page.status, status, `${size} bytes`);
    if (status === 204) assert.ok(blocks.pop().includes(value), `${size} bytes`);
  }
  assert.equal(blocks.length, 0);
});
