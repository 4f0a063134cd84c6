// compress: on. Answers in gzip, brotli and zstd as curl, Node, zstd and Chromium read them, over HTTP/1.1 and HTTP/2; streams,
// slow readers, and all that must pass as it is (row O06; RFC 9110 sections 7.7, 8.4, 12.5).
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { test } from "node:test";
import { promisify } from "node:util";
import zlib from "node:zlib";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, startBrowser } from "./support/browser.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { ask, begin, connectH2 } from "./support/h2_client.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority } from "./support/run_folder.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

const run = promisify(execFile);
const MiB = 1024 * 1024;
const slow = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1;
const text = Array.from({ length: 5000 }, (_, i) => `{"line":${i},"name":"entry ${i * 7919}"}`).join("\n");
const json = (fields = []) => answer(200, text, [["Content-Type", "application/json"], ...fields]);
const decoders = {
  gzip: (bytes) => zlib.gunzipSync(bytes),
  br: (bytes) => zlib.brotliDecompressSync(bytes),
  zstd: (bytes) => {
    const { status, stdout, stderr } = spawnSync("zstd", ["--decompress", "--stdout"], { input: bytes, maxBuffer: 64 * MiB });
    assert.equal(status, 0, String(stderr));
    return stdout;
  },
};

const openBed = (t, reply, route = {}) => startBed(t, {
  origin: { reply }, login: { host: "auth.test" },
  routes: (origin) => [{ host: "other.test", to: origin.url, public: true, compress: "on", ...route }, { host: "app.test", to: origin.url, public: true }],
});
const wireTo = (t, bed, host = "other.test") => connectTls(t, bed.gateway.ports.https, { servername: host });
const head = (bed, start, fields = "", host = "other.test") => `${start} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n${fields}\r\n`;

async function get(t, bed, fields = "", { method = "GET", host = "other.test" } = {}) {
  const wire = await wireTo(t, bed, host);
  await wire.send(head(bed, `${method} /x`, fields, host), [method]);
  return wire.response();
}

test("each coding decodes to what the origin sent, over both protocols, whole or in pieces", async (t) => {
  const chunked = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n${text.match(/[^]{1,1000}/g).map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;
  const bed = await openBed(t, (request) => (request.target === "/pieces" ? chunked : json([["ETag", '"v1"'], ["Accept-Ranges", "bytes"], ["Vary", "Cookie"]])));
  const session = await connectH2(t, bed.gateway.ports.https);
  for (const [coding, decode] of Object.entries(decoders)) {
    const one = await get(t, bed, `Accept-Encoding: ${coding}\r\n`);
    assert.equal(fieldOf(one, "content-encoding"), coding);
    assert.equal(fieldOf(one, "etag"), 'W/"v1"');
    assert.equal(fieldOf(one, "content-length"), undefined);
    assert.equal(fieldOf(one, "accept-ranges"), undefined);
    assert.equal(fieldsOf(one, "vary").join(), "Cookie,Accept-Encoding");
    assert.ok(one.body.length < text.length / 3, `${one.body.length} bytes of ${text.length}`);
    assert.equal(decode(one.body).toString(), text);
    for (const path of ["/x", "/pieces"]) {
      const two = await ask(session, { ":path": path, "accept-encoding": coding });
      assert.equal(two.head["content-encoding"], coding);
      assert.equal(two.head["content-length"], undefined);
      assert.equal(decode(two.body).toString(), text);
    }
  }
});

test("curl reads it with --compressed", async (t) => {
  const bed = await openBed(t, () => json());
  for (const version of ["--http1.1", "--http2"]) {
    const url = `https://other.test:${bed.gateway.ports.https}/x`;
    const { stdout } = await run("curl", ["--silent", "--compressed", version, "--cacert", authority().certificate, "--resolve", `other.test:${bed.gateway.ports.https}:127.0.0.1`, "--write-out", "\n%header{content-encoding} %{size_download}", url], { maxBuffer: 4 * MiB });
    const [, body, coding, size] = /^([^]*)\n(\S+) (\d+)$/.exec(stdout);
    assert.equal(body, text);
    assert.match(coding, /^(br|zstd|gzip)$/);
    assert.ok(Number(size) < text.length / 3);
  }
});

test("Chromium shows a compressed page over HTTP/2", { skip: !hasBrowser && "no Chromium on this machine" }, async (t) => {
  const page = `<!doctype html><html lang="en"><title>app</title><body><h1>compressed</h1>${"<p>again</p>".repeat(2000)}</body></html>`;
  const bed = await openBed(t, () => answer(200, page, [["Content-Type", "text/html; charset=utf-8"]]));
  const context = await startBrowser(t);
  const tab = await context.newPage();
  const response = await tab.goto(bed.url("other.test", "/page"));
  assert.match((await response.allHeaders())["content-encoding"], /^(br|zstd|gzip)$/);
  assert.equal(await tab.textContent("h1"), "compressed");
  assert.equal(await tab.locator("p").count(), 2000);
});

test("an event reaches the client before the next one is made", async (t) => {
  for (const [coding, stream] of [["br", zlib.createBrotliDecompress()], ["gzip", zlib.createGunzip()]]) {
    let origin;
    const bed = await openBed(t, (_, connection) => {
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
      origin = connection;
    });
    let seen = "";
    stream.on("data", (bytes) => { seen += bytes; });
    const session = await connectH2(t, bed.gateway.ports.https);
    const running = begin(session, { "accept-encoding": coding });
    running.stream.on("data", (bytes) => stream.write(bytes));
    assert.equal((await running.head)["content-encoding"], coding);
    for (let i = 0; i < 5; ++i) {
      const event = `data: ${i}\n\n`;
      origin.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await until(`event ${i}`, () => seen.endsWith(event), seconds(5));
    }
    running.stream.close();
  }
});

test("what must pass as it is does, byte for byte", async (t) => {
  const coded = zlib.gzipSync(text).toString("latin1");
  const part = answer(206, "0123456789".repeat(200), [["Content-Type", "text/plain"], ["Content-Range", "bytes 0-1999/9999"], ["ETag", '"v"']]);
  const cases = {
    "coded already": [answer(200, coded, [["Content-Type", "text/plain"], ["Content-Encoding", "gzip"]]), (r) => r.body.toString("latin1") === coded && fieldsOf(r, "content-encoding").join() === "gzip"],
    "a bomb of somebody else": [answer(200, zlib.gzipSync(Buffer.alloc(10 * MiB)).toString("latin1"), [["Content-Type", "text/plain"], ["Content-Encoding", "gzip"]]), (r) => r.body.length < MiB],
    "a part": [part, (r) => r.status === 206 && fieldOf(r, "etag") === '"v"' && r.body.length === 2000],
    "no-transform": [json([["Cache-Control", "max-age=60, no-transform"]]), (r) => r.body.toString() === text],
    "a digest": [json([["Content-Digest", "sha-256=:x:"]]), (r) => r.body.toString() === text],
    "short": [answer(200, "short", [["Content-Type", "text/plain"]]), (r) => r.body.toString() === "short" && fieldOf(r, "content-length") === "5"],
    "a picture": [answer(200, text, [["Content-Type", "image/png"]]), (r) => r.body.toString() === text && !fieldOf(r, "vary")],
    "gRPC": [answer(200, text, [["Content-Type", "application/grpc+json"]]), (r) => r.body.toString() === text],
    "nothing": ["HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n", (r) => r.status === 204 && r.body.length === 0],
  };
  let current;
  const bed = await openBed(t, () => current);
  for (const [name, [reply, holds]] of Object.entries(cases)) {
    current = reply;
    const response = await get(t, bed, "Accept-Encoding: gzip, br, zstd\r\nRange: bytes=0-1999\r\n");
    assert.ok(holds(response), `${name}: ${response.status} ${JSON.stringify(response.fields)}`);
    if (name !== "coded already" && !name.startsWith("a bomb")) assert.equal(fieldOf(response, "content-encoding"), undefined, name);
  }
  assert.equal(fieldOf(bed.origin.lastRequest, "range"), "bytes=0-1999");
  assert.equal(fieldOf(bed.origin.lastRequest, "accept-encoding"), "gzip, br, zstd");
  current = json();
  for (const fields of ["", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: gzip;q=2\r\n", "Accept-Encoding: gzip\r\nCache-Control: no-transform\r\n"]) {
    const response = await get(t, bed, fields);
    assert.equal(response.body.toString(), text, fields);
    assert.equal(fieldOf(response, "vary"), "Accept-Encoding", "others may get it otherwise");
  }
  const other = await get(t, bed, "Accept-Encoding: gzip\r\n", { host: "app.test" });
  assert.equal(other.body.toString(), text);
  assert.equal(fieldOf(other, "vary"), undefined, "a route that does not compress");
});

test("HEAD and 304 say what GET and 200 would", async (t) => {
  const bed = await openBed(t, (request) => {
    if (fieldOf(request, "if-none-match")) return `HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n`;
    if (request.method === "HEAD") return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "v1"\r\nContent-Length: ${text.length}\r\n\r\n`;
    return json([["ETag", '"v1"']]);
  });
  const said = (response) => ["etag", "vary", "content-encoding", "content-length"].map((name) => fieldOf(response, name));
  const accept = "Accept-Encoding: br\r\n";
  assert.deepEqual(said(await get(t, bed, accept, { method: "HEAD" })), said(await get(t, bed, accept)));
  assert.deepEqual(said(await get(t, bed, `${accept}If-None-Match: W/"v1"\r\n`)), ['W/"v1"', "Accept-Encoding", undefined, undefined]);
  assert.equal(said(await get(t, bed, `${accept}If-None-Match: "v1"\r\n`))[0], '"v1"');
});

test("a reader who does not read stops the origin: memory stays flat, and all of it arrives", async (t) => {
  const block = Buffer.from(randomBytes(MiB).toString("base64"));
  const blocks = slow ? 16 : 32;
  let sent = 0;
  const server = http.createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/plain" });
    const more = () => {
      while (sent < blocks) {
        sent += 1;
        if (!response.write(block)) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
  for (const protocol of ["h1", "h2"]) {
    sent = 0;
    const bed = await openBed(t, undefined, { to: `http://127.0.0.1:${server.address().port}` });
    const before = bed.gateway.residentBytes();
    let received = 0;
    let body;
    if (protocol === "h1") {
      const wire = await wireTo(t, bed);
      wire.socket.pause();
      await wire.send(head(bed, "GET /big", "Accept-Encoding: gzip\r\nConnection: close\r\n"));
      body = { resume: () => wire.socket.resume(), done: () => wire.closed, count: () => wire.responses[0]?.body.length, bytes: () => wire.responses[0].body };
    } else {
      const session = await connectH2(t, bed.gateway.ports.https);
      const stream = session.request({ ":path": "/big", "accept-encoding": "gzip" });
      const all = [];
      let ended = false;
      stream.on("end", () => { ended = true; });
      body = { resume: () => stream.on("data", (bytes) => all.push(bytes)), done: () => ended, bytes: () => Buffer.concat(all) };
    }
    await until("the origin to begin", () => sent > 0);
    for (let quietly = -1; quietly !== sent; ) { quietly = sent; await quiet(); }
    assert.ok(sent < blocks, `the origin was never stopped (${protocol})`);
    assert.ok(bed.gateway.residentBytes() - before < (slow ? 64 : 12) * MiB, `${protocol}: grew by ${(bed.gateway.residentBytes() - before) / MiB} MiB`);
    body.resume();
    await until("all of it", body.done, seconds(60));
    received = zlib.gunzipSync(body.bytes()).length;
    assert.equal(received, blocks * block.length);
  }
});
