// HTTP/2 from clients: requests, bodies, ends, other people's clients, and attacks (rows B01, B02, B16, C05, H03, M08, N01-N04,
// N06-N08, N18; each flood's exact limit is a unit test).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { ask, begin, block, connectFrames, connectH2, endHeaders, endStream, frame, number, request, types } from "./support/h2_client.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority, scratch } from "./support/run_folder.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const MiB = 1024 * 1024;
const slow = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1;
const allowance = (slow ? 200 : 32) * MiB; // a sanitizer keeps freed memory back
const portOf = (bed) => bed.gateway.ports.https;
const grown = (bed, before) => bed.gateway.residentBytes() - before;

async function isServed(t, bed) {
  const session = await connectH2(t, portOf(bed));
  assert.equal((await ask(session, { ":path": "/victim" })).status, 200);
  session.close();
}

test("a request over HTTP/2 is at the origin what it would be over HTTP/1.1", async (t) => {
  const bed = await startBed(t);
  const session = await connectH2(t, portOf(bed));
  const { status, head, body } = await ask(session, { ":path": "/a%20b?c=d", "x-order": ["1", "2"], cookie: ["a=b", "c=d"], te: "trailers", "user-agent": "t" });
  assert.equal(status, 200);
  assert.ok(head.date);
  const seen = JSON.parse(body);
  assert.equal(seen.target, "/a%20b?c=d");
  assert.deepEqual(seen.fields.slice(0, 5).map(([name, value]) => `${name.toLowerCase()}: ${value}`),
    [`host: other.test:${portOf(bed)}`, "x-order: 1", "x-order: 2", "cookie: a=b; c=d", "user-agent: t"]);
  assert.ok(!seen.fields.some(([name]) => /^(te|:.*|connection|transfer-encoding)$/i.test(name)));
});

test("a hundred requests of one connection are answered side by side, each its own", async (t) => {
  const bed = await startBed(t, { origin: { reply: async (r) => { await quiet(); return answer(200, r.target); } } });
  const session = await connectH2(t, portOf(bed));
  const began = Date.now();
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(session, { ":path": `/${i}` })));
  answers.forEach(({ body }, i) => assert.equal(body.toString(), `/${i}`));
  assert.ok(Date.now() - began < seconds(8));
});

test("a session and a stranger share a connection without sharing anything else", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const cookie = alice.jar.header(bed.url("app.test", "/"));
  const session = await connectH2(t, portOf(bed), "app.test");
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(session, { ":path": `/${i}`, accept: "text/html", ...(i % 2 ? { cookie } : {}) })));
  all.forEach(({ status, body }, i) => {
    assert.equal(status, i % 2 ? 200 : 302, `request ${i}`);
    if (i % 2) assert.ok(JSON.parse(body).fields.some(([, value]) => value.includes("alice")));
    else assert.ok(!body.includes("alice"));
  });
});

test("a body reaches nobody before the guard has decided, and not at all if it says no", async (t) => {
  const bed = await startBed(t);
  const session = await connectH2(t, portOf(bed), "app.test");
  const { status } = await ask(session, { ":method": "POST", ":path": "/private" }, Buffer.alloc(60_000, "x"));
  assert.equal(status, 401);
  await quiet();
  assert.equal(bed.origin.text, "");
  assert.equal((await ask(session, { ":path": "/public" })).status, 200);
});

test("bodies stream both ways, and trailers follow them", async (t) => {
  let finish;
  const reply = (r, connection) => {
    if (r.method === "POST") return answer(200, r.body.toString("latin1"));
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n6\r\nfirst \r\n");
    finish = () => connection.write("4\r\nlast\r\n0\r\nX-Sum: 7\r\n\r\n");
    return undefined;
  };
  const bed = await startBed(t, { origin: { reply } });
  const session = await connectH2(t, portOf(bed));
  const down = begin(session, { ":path": "/down" });
  await until("the first part", () => Buffer.concat(down.body).toString() === "first ");
  finish();
  const { body, trailers } = await within("the rest", down.response);
  assert.equal(body.toString(), "first last");
  assert.equal(trailers["x-sum"], "7");
  const up = begin(session, { ":method": "POST", ":path": "/up" });
  up.stream.write("first");
  await until("the first part at the origin", () => bed.origin.text.includes("first"));
  up.stream.end(" last");
  assert.equal((await within("the answer", up.response)).body.toString(), "first last");
});

test("interim answers pass, and 100 Continue is sent before a body that waits for it", async (t) => {
  const bed = await startBed(t, { origin: { reply: (r) => (r.method === "GET" ? "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" : "") + answer(200, r.body.toString("latin1")) } });
  const session = await connectH2(t, portOf(bed));
  const { status, interim } = await ask(session, { ":path": "/hints" });
  assert.equal(status, 200);
  assert.deepEqual(interim.map((head) => [head[":status"], head.link]), [[103, "</a.css>"]]);
  const waiting = begin(session, { ":method": "POST", expect: "100-continue" });
  await within("100 Continue", new Promise((resolve) => waiting.stream.once("continue", resolve)));
  waiting.stream.end("body");
  assert.equal((await waiting.response).body.toString(), "body");
});

test("a large body passes unchanged in little memory, even to a reader that pauses", async (t) => {
  const size = (slow ? 32 : 256) * MiB;
  const piece = randomBytes(MiB);
  const hash = (count) => { const h = createHash("sha256"); for (let i = 0; i < count; ++i) h.update(piece); return h.digest("hex"); };
  const expected = hash(size / MiB);
  const reply = async (_, connection) => {
    connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    for (let i = 0; i < size / MiB; ++i) if (!connection.socket.write(piece)) await new Promise((resolve) => connection.socket.once("drain", resolve));
    return undefined;
  };
  const bed = await startBed(t, { origin: { keepsBytes: false, keepsBodies: false, reply } });
  const session = await connectH2(t, portOf(bed), "other.test", { settings: { initialWindowSize: 4 * MiB } });
  const before = bed.gateway.residentBytes();
  const down = begin(session, { ":path": "/big" });
  const got = createHash("sha256");
  down.stream.removeAllListeners("data");
  let count = 0;
  let paused = 0;
  down.stream.on("data", (bytes) => {
    got.update(bytes);
    count += bytes.length;
    if (count > (paused + 1) * (size / 4)) { ++paused; down.stream.pause(); quiet().then(() => down.stream.resume()); }
  });
  await within("the body", down.response, seconds(120));
  assert.equal(got.digest("hex"), expected);
  assert.ok(grown(bed, before) < allowance, `grew by ${grown(bed, before) / MiB} MiB`);
});

test("an upload is slowed to the pace of its origin", async (t) => {
  let reading = false;
  const bed = await startBed(t, { origin: { keepsBytes: false, keepsBodies: false, reply: () => answer(200, "done"), onHead: (_, connection) => { if (!reading) connection.pause(); } } });
  const session = await connectH2(t, portOf(bed));
  const before = bed.gateway.residentBytes();
  const up = begin(session, { ":method": "POST", ":path": "/up" });
  const piece = Buffer.alloc(64 * 1024, "x");
  let written = 0;
  const size = (slow ? 16 : 64) * MiB;
  const writing = (async () => {
    for (; written < size; written += piece.length) if (!up.stream.write(piece)) await new Promise((resolve) => up.stream.once("drain", resolve));
    up.stream.end();
  })();
  await until("the upload to stall", async () => { const then = written; await quiet(); return written > 0 && written === then; });
  assert.ok(written < size, "nothing held the client back");
  assert.ok(grown(bed, before) < allowance);
  const other = await ask(session, { ":path": "/side" }).catch((error) => error); // another stream goes on
  assert.ok(other.status === 200 || bed.origin.connections.length > 1);
  reading = true;
  for (const connection of bed.origin.connections) connection.resume();
  await within("the rest of the upload", writing, seconds(60));
  assert.equal((await within("the answer", up.response)).status, 200);
});

test("a client that resets its upload leaves no connection to be used again", async (t) => {
  const bed = await startBed(t);
  const session = await connectH2(t, portOf(bed));
  for (let sent = 0; sent <= 10; sent += 5) {
    const up = begin(session, { ":method": "POST", ":path": "/broken", "content-length": "10" });
    if (sent) up.stream.write("x".repeat(sent));
    const connections = bed.origin.connections.length;
    await until("the head at the origin", () => bed.origin.connections.length >= Math.max(1, connections) && bed.origin.text.includes("/broken"));
    up.stream.close(8);
    await until("the end of the connection to the origin", () => bed.origin.connections.every((c) => c.ended || c.closed || c.requests.length > 0));
    await isServed(t, bed);
    bed.origin.forget();
  }
});

test("lengths that do not fit their bodies reach no origin as a whole request", async (t) => {
  const bed = await startBed(t);
  const host = `other.test:${portOf(bed)}`;
  const rows = [
    [frame(types.headers, endHeaders | endStream, 1, request("POST", host, "/evil", [["content-length", "40"]]))],
    [frame(types.headers, endHeaders, 1, request("POST", host, "/evil", [["content-length", "5"]])), frame(types.data, endStream, 1, Buffer.from("hell"))],
    [frame(types.headers, endHeaders, 1, request("POST", host, "/evil", [["content-length", "5"]])), frame(types.data, endStream, 1, Buffer.from("hello!"))],
    [frame(types.headers, endHeaders | endStream, 1, request("GET", host, "/evil", [["transfer-encoding", "chunked"]]))],
    [frame(types.headers, endHeaders | endStream, 1, request("GET", host, "/evil", [["x", "a\r\nHost: b"]]))],
    [frame(types.headers, endHeaders | endStream, 1, request("GET /evil HTTP/1.1\r\nX:", host, "/"))],
    [frame(types.headers, endHeaders | endStream, 1, request("GET", host, "/evil", [["host", "app.test"]]))],
    [frame(types.headers, endHeaders | endStream, 1, block([[":method", "CONNECT"], [":authority", host]]))],
  ];
  for (const frames of rows) {
    const client = await connectFrames(t, portOf(bed));
    for (const each of frames) {
      await client.send(each);
      await quiet();
    }
    await until("a refusal", () => client.resets.length || client.goaway !== undefined || client.heads);
    assert.equal(bed.origin.requests.filter((r) => r.target.includes("evil")).length, 0);
    client.socket.destroy();
  }
  await isServed(t, bed);
});

test("a drain tells its clients, finishes what is running and takes nothing new", async (t) => {
  let finish;
  const bed = await startBed(t, { origin: { reply: (r, connection) => { if (r.target !== "/slow") return answer(200, "ok"); finish = () => connection.write(answer(200, "finished")); return undefined; } } });
  const session = await connectH2(t, portOf(bed));
  const idle = await connectH2(t, portOf(bed));
  const running = begin(session, { ":path": "/slow" });
  await until("the request at the origin", () => finish);
  const stopped = bed.gateway.stop();
  await until("GOAWAY", () => session.goaways.length && idle.goaways.length);
  assert.deepEqual([...new Set([...session.goaways, ...idle.goaways])], [0]);
  finish();
  assert.equal((await within("the answer", running.response)).body.toString(), "finished");
  await within("the gateway's end", stopped);
});

/// Runs a program to its end.
async function run(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (part) => { text += part; });
  child.stderr.on("data", (part) => { text += part; });
  const status = await within(`${command}`, new Promise((resolve) => child.on("close", resolve).on("error", resolve)), seconds(60));
  return { status, text };
}

test("curl, nghttp and h2load are served over HTTP/2", async (t) => {
  const bed = await startBed(t, { origin: { keepsBytes: false } });
  const port = portOf(bed);
  const ca = path.join(scratch("ca"), "ca.pem");
  writeFileSync(ca, authority().pem);
  const curl = await run("curl", ["--silent", "--http2", "--cacert", ca, "--resolve", `other.test:${port}:127.0.0.1`, "--write-out", "\n%{http_version} %{response_code}", "--data", "x".repeat(100_000), `https://other.test:${port}/curl`]);
  assert.match(curl.text, /\n2 200$/);
  const nghttp = await run("nghttp", ["-nv", "--no-verify-peer", "-H", `:authority: other.test:${port}`, `https://localhost:${port}/nghttp`]);
  assert.match(nghttp.text, /:status: 200/);
  assert.match(nghttp.text, /SETTINGS_MAX_CONCURRENT_STREAMS\(0x03\):100/);
  assert.match(nghttp.text, /SETTINGS_ENABLE_CONNECT_PROTOCOL\(0x08\):1/);
  const load = await run("h2load", ["-n", "2000", "-c", "4", "-m", "20", "--header", `:authority: other.test:${port}`, `https://localhost:${port}/h2load`]);
  assert.match(load.text, /2000 succeeded, 0 failed/);
});

test("rapid reset is ended early, the origin never has more than the limit of streams, and others are served", async (t) => {
  const bed = await startBed(t, { origin: { reply: () => undefined } });
  const host = `other.test:${portOf(bed)}`;
  const before = bed.gateway.residentBytes();
  for (let round = 0; round < 20; ++round) {
    const client = await connectFrames(t, portOf(bed));
    for (let id = 1; id < 10_000 && client.goaway === undefined && !client.closed; id += 200) {
      const frames = [];
      for (let i = id; i < id + 200; i += 2) frames.push(frame(types.headers, endHeaders | endStream, i, request("GET", host, "/slow")), frame(types.reset, 0, i, number(8)));
      await client.send(...frames);
    }
    await until("GOAWAY", () => client.goaway !== undefined || client.closed);
    assert.ok(client.goaway === undefined || client.goaway === 11, `code ${client.goaway}`);
    client.socket.destroy();
    // Those of the round before may still be closing.
    await until("no more connections than the limit of streams", () => bed.origin.connections.filter((c) => !c.ended && !c.closed).length <= 110);
  }
  assert.ok(grown(bed, before) < allowance, `grew by ${grown(bed, before) / MiB} MiB`);
  await bed.gateway.accessLine((line) => line["http.response.status_code"] === 400 && /resets/.test(line["gateway.reason"]));
  bed.origin.reply = () => answer(200, "ok");
  await isServed(t, bed);
});

test("floods of frames, endless field blocks and bombs end the connection in bounded memory", async (t) => {
  const bed = await startBed(t);
  const host = `other.test:${portOf(bed)}`;
  const get = frame(types.headers, endHeaders | endStream, 1, request("GET", host, "/"));
  const many = (bytes, count) => Buffer.concat(Array.from({ length: count }, () => bytes));
  const rows = {
    ping: [get, many(frame(types.ping, 0, 0, Buffer.alloc(8)), 5000)],
    settings: [get, many(frame(types.settings, 0, 0), 5000)],
    priority: [get, many(frame(types.priority, 0, 3, Buffer.alloc(5)), 5000)],
    windowUpdate: [get, many(frame(types.windowUpdate, 0, 0, number(1)), 5000)],
    emptyData: [frame(types.headers, endHeaders, 1, request("POST", host, "/")), many(frame(types.data, 0, 1), 5000)],
    tinyData: [frame(types.headers, endHeaders, 1, request("POST", host, "/")), ...Array.from({ length: 30 }, () => many(frame(types.data, 0, 1, Buffer.from("x")), 5000))],
    continuation: [frame(types.headers, endStream, 1, request("GET", host, "/")), many(frame(types.continuation, 0, 1), 5000)],
    bomb: [get, frame(types.headers, endHeaders | endStream, 3, Buffer.concat([request("GET", host, "/"), Buffer.of(0x40, 1), Buffer.from("x"), Buffer.of(0x7f, 0xa1, 0x1e), Buffer.alloc(4000, "v"), Buffer.alloc(12_000, 0xbe)]))],
    unknown: [get, many(frame(0x42, 0, 0), 5000)],
  };
  const before = bed.gateway.residentBytes();
  for (const [name, frames] of Object.entries(rows)) {
    const client = await connectFrames(t, portOf(bed));
    for (const each of frames) await client.send(each);
    await until(`the end of ${name}`, () => client.goaway !== undefined || client.closed);
    assert.ok(client.goaway === undefined || client.goaway === 11, `${name}: code ${client.goaway}`);
    await client.ended();
  }
  assert.ok(grown(bed, before) < allowance, `grew by ${grown(bed, before) / MiB} MiB`);
  await isServed(t, bed);
});

test("a window of nothing holds a bounded part of the answers", async (t) => {
  const bed = await startBed(t, { origin: { keepsBytes: false, reply: () => answer(200, "x".repeat(4 * MiB)) } });
  const host = `other.test:${portOf(bed)}`;
  const before = bed.gateway.residentBytes();
  const client = await connectFrames(t, portOf(bed), "other.test", Buffer.concat([Buffer.of(0, 4), number(0)]));
  const frames = [];
  for (let id = 1; id < 200; id += 2) frames.push(frame(types.headers, endHeaders | endStream, id, request("GET", host, "/big")));
  await client.send(...frames);
  await until("all answers to begin", () => client.heads === 100);
  await quiet();
  assert.ok(grown(bed, before) < allowance, `grew by ${grown(bed, before) / MiB} MiB`);
  await isServed(t, bed);
});

test("HTTP/2 that was not agreed on in the handshake is malformed HTTP/1.1", async (t) => {
  const bed = await startBed(t);
  const wire = await connectTls(t, portOf(bed), { servername: "other.test" });
  await wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assert.ok([400, 505].includes((await wire.response()).status));
  await wire.ended();
  assert.equal(bed.origin.text, "");
});

test("an urgent answer overtakes a bulk one on the connection, whether the client or the origin says that it is (RFC 9218)", async (t) => {
  const sizes = { "/bulk": 200_000, "/plain": 20_000, "/urgent": 20_000, "/idle": 20_000 };
  const said = { "/urgent": [["Priority", "u=0"]], "/idle": [["Priority", "u=7"]] };
  const bed = await startBed(t, { origin: { reply: (r) => answer(200, "x".repeat(sizes[r.target]), said[r.target]) } });
  const fields = (target, more = []) => block([[":method", "GET"], [":scheme", "https"], [":authority", `other.test:${portOf(bed)}`], [":path", target], ...more]);
  const get = (stream, target, more) => frame(types.headers, endHeaders | endStream, stream, fields(target, more));
  const wide = Buffer.concat([Buffer.of(0, 4), number(1_000_000)]); // INITIAL_WINDOW_SIZE
  /// Which stream has the next bytes when a bulk answer has used up the connection's window.
  const next = async (target, more) => {
    const client = await connectFrames(t, portOf(bed), "other.test", wide);
    await client.send(get(1, "/bulk"));
    await until("a full window", () => client.dataOf(1).length === 65_535);
    await client.send(get(3, target, more));
    await until("its head", () => client.status(3) === "200");
    await quiet();
    await client.send(frame(types.windowUpdate, 0, 0, number(10_000)));
    await until("the next bytes", () => client.dataOf(1).length + client.dataOf(3).length === 75_535);
    const first = client.dataOf(3).length === 10_000 ? "the other" : client.dataOf(3).length === 0 ? "bulk" : "both";
    client.socket.destroy();
    return first;
  };
  assert.equal(await next("/plain", [["priority", "u=0"]]), "the other");
  assert.equal(await next("/urgent"), "the other");
  assert.equal(await next("/urgent", [["priority", "u=7"]]), "the other", "what the origin says counts");
  assert.equal(await next("/idle", [["priority", "u=0"]]), "bulk", "what the origin says counts");
});
