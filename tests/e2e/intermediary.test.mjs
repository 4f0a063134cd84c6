// What an intermediary owes both sides (RFC 9110, RFC 9112): which fields pass a hop, what it may not change, which messages
// have no body. The same over HTTP/1.1 and HTTP/2 (attack rows C09, D02, D06, D07, O11, O12, O14, O15).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { ask, connectH2 } from "./support/h2_client.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { answer, echo } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { until } from "./support/wait.mjs";

const routes = (origin) => [{ host: "other.test", to: origin.url, public: true, timeouts: { response: "5s" } }];
const open = (t, options = {}) => startBed(t, { routes, login: { host: "other.test" }, config: (parts) => ({ ...parts, workers: 1 }), ...options });
const wireTo = (t, bed) => connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
const head = (bed, line, fields = "") => `${line} HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n${fields}\r\n`;

/// One request of a connection of its own; gives the answer.
async function once(t, bed, line, fields = "", body = "") {
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, line, fields) + body, [line.split(" ")[0]]);
  const response = await wire.response();
  response.interim = wire.interim;
  wire.close();
  return response;
}

const hops = ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "X-Named: 1", "Connection: X-Named, keep-alive"];
const hopNames = ["keep-alive", "proxy-connection", "te", "x-named", "transfer-encoding", "upgrade"];

test("fields of one hop stay in that hop, both ways, in interim answers too (RFC 9110 section 7.6.1)", async (t) => {
  const block = `${hops.join("\r\n")}\r\nX-End: to end\r\n`;
  const bed = await open(t, { origin: { reply: (request) => (request.target === "/echo" ? echo(request) : `HTTP/1.1 103 Early Hints\r\n${block}\r\nHTTP/1.1 200 OK\r\n${block}Content-Length: 2\r\n\r\nok`) } });
  const seen = JSON.parse((await once(t, bed, "GET /echo", `${hops.join("\r\n")}\r\nX-End: 1\r\n`)).body);
  assert.deepEqual(hopNames.filter((name) => fieldOf(seen, name) !== undefined), [], "towards the origin");
  assert.equal(fieldOf(seen, "x-end"), "1");
  const response = await once(t, bed, "GET /answer");
  for (const message of [response, ...response.interim]) {
    assert.deepEqual(hopNames.filter((name) => fieldOf(message, name) !== undefined), [], `towards the client, ${message.status}`);
    assert.equal(fieldOf(message, "x-end"), "to end");
  }
  const session = await connectH2(t, bed.gateway.ports.https);
  const { status, head: fields } = await ask(session, { ":path": "/answer" });
  assert.equal(status, 200);
  for (const name of [...hopNames, "connection"]) assert.equal(fields[name], undefined, name);
});

test("C09: of a 101 only end-to-end fields pass", async (t) => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const bed = await open(t, { origin: { reply: (_, connection) => {
    connection.raw = (bytes) => connection.write(bytes);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Internal\r\nX-Internal: 1\r\nKeep-Alive: 5\r\nAlt-Svc: h3=\":443\"\r\nProxy-Connection: x\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-End: to end\r\n\r\n";
  } } });
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "GET /ws", `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nOrigin: https://other.test:${bed.gateway.ports.https}\r\n`));
  await until("the end of the head", () => wire.text.includes("\r\n\r\n"));
  const [start, ...lines] = wire.text.split("\r\n\r\n")[0].split("\r\n");
  assert.match(start, /^HTTP\/1\.1 101 /);
  const response = { fields: lines.map((line) => line.split(": ")) };
  for (const name of ["x-internal", "keep-alive", "alt-svc", "proxy-connection"]) assert.equal(fieldOf(response, name), undefined, name);
  assert.equal(fieldOf(response, "x-end"), "to end");
});

test("what the origin says of its content passes as it came, and nothing is transformed (sections 7.7, 8.6, 5.3)", async (t) => {
  const fields = [["ETag", '"strong"'], ["Cache-Control", "no-transform, max-age=5"], ["Content-Range", "bytes 0-1/2"], ["Accept-Ranges", "bytes"], ["Vary", "Accept"], ["Vary", "X-A"], ["X-Bytes", "caf\xe9 \xff"],
    ["Set-Cookie", "a=1; Path=/"], ["Set-Cookie", "b=2"], ["WWW-Authenticate", 'Basic realm="x", Bearer'], ["Date", "Sun, 06 Nov 1994 08:49:37 GMT"], ["Set-Cookie2", "c=3"], ["X-Empty", ""], ["X-Accel-Redirect", "/internal"], ["X-Sendfile", "/etc/passwd"],
    ["X-Reproxy-URL", "http://127.0.0.1/"], ["Location", "http://169.254.169.254/x"], ["X-Gateway-User", "x"], ["Server", "origin/1"]];
  const bed = await open(t, { origin: { reply: () => answer(206, "ok", fields) } });
  const response = await once(t, bed, "GET /x", "Range: bytes=0-1\r\n");
  assert.equal(response.status, 206);
  assert.deepEqual(response.fields.filter(([name]) => !["content-length", "connection"].includes(name.toLowerCase())), fields);
  assert.equal(fieldOf(bed.origin.lastRequest, "range"), "bytes=0-1");
  const session = await connectH2(t, bed.gateway.ports.https);
  const second = await ask(session, { ":path": "/x" });
  assert.deepEqual(second.head["set-cookie"], ["a=1; Path=/", "b=2"]);
  assert.equal(second.head.date, "Sun, 06 Nov 1994 08:49:37 GMT");
  assert.equal(second.head.location, "http://169.254.169.254/x", "redirects are passed, not followed");
  assert.equal(bed.origin.requests.length, 2);
});

test("an answer without Date gets one, ours have one, and the version is our own (sections 6.6.1, 2.5)", async (t) => {
  const bed = await open(t, { origin: { reply: () => "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" } });
  const response = await once(t, bed, "GET /x");
  assert.match(response.start, /^HTTP\/1\.1 200 /);
  assert.match(fieldOf(response, "date"), / GMT$/);
  assert.equal(bed.origin.lastRequest.version, "HTTP/1.1");
  assert.match(fieldOf(await once(t, bed, "GET /../x"), "date"), / GMT$/);
  const wire = await wireTo(t, bed);
  await wire.send(`GET /old HTTP/1.0\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await wire.ended();
  assert.match(wire.text, /^HTTP\/1\.1 200 /);
  assert.equal(bed.origin.lastRequest.version, "HTTP/1.1");
});

test("answers that have no body have none, whatever their fields say (sections 6.4.1, 8.6)", async (t) => {
  const replies = {
    "/204": "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "/304": 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n', "/205": "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    "/head": "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", "/head-chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "/early": "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  };
  const bed = await open(t, { origin: { reply: (request) => replies[request.target] ?? answer(200, "next") } });
  for (const target of Object.keys(replies)) {
    const method = target.startsWith("/head") ? "HEAD" : "GET";
    const wire = await wireTo(t, bed);
    await wire.send(head(bed, `${method} ${target}`), [method]);
    const response = await wire.response();
    const length = fieldOf(response, "content-length");
    if (target === "/early") {
      // An interim answer with framing is malformed or loses it; never does it eat the answer behind it.
      assert.ok(response.status === 502 || (response.status === 200 && response.body.toString() === "ok"), `${response.status}`);
      wire.close();
      continue;
    }
    assert.ok([204, 205, 304, 200].includes(response.status), `${target}: ${response.status}`);
    assert.equal(response.bodyBytes, 0, target);
    if (target === "/204") assert.equal(length, undefined, "RFC 9110 section 8.6: no Content-Length in 204");
    if (target === "/304") assert.ok(length === undefined || length === "1234", length);
    if (target === "/head") assert.equal(length, "77");
    await wire.send(head(bed, "GET /after"), ["GET"]);
    assert.equal((await wire.response()).body.toString(), "next", `${target}: the connection goes on`);
    wire.close();
  }
});

test("a reason phrase goes no further than it must, and one out of bounds is 502 (D02)", async (t) => {
  const bed = await open(t, { origin: { reply: (request) => (request.target === "/odd" ? "HTTP/1.1 200 caf\xe9 <b>\tok\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 200 a\x01b\r\nContent-Length: 0\r\n\r\n") } });
  const odd = await once(t, bed, "GET /odd");
  assert.equal(odd.status, 200);
  assert.ok(!odd.start.includes("caf"), odd.start);
  assert.equal((await once(t, bed, "GET /control")).status, 502);
});

test("TRACE is refused, and Max-Forwards counts for OPTIONS (section 7.6.2)", async (t) => {
  const bed = await open(t);
  const traced = await once(t, bed, "TRACE /x", "Cookie: a=secret\r\n");
  assert.equal(traced.status, 405);
  assert.match(fieldOf(traced, "Allow") ?? "", /GET, HEAD/);
  assert.ok(!traced.body.toString().includes("secret"));
  assert.equal(bed.origin.requests.length, 0);
  const last = await once(t, bed, "OPTIONS /x", "Max-Forwards: 0\r\n");
  assert.equal(last.status, 204);
  assert.equal(bed.origin.requests.length, 0, "we are the last");
  for (const [sent, expected] of [["1", "0"], ["10", "9"], ["4294967296", "4294967295"], ["x", "x"], ["-1", "-1"], ["1, 2", "1, 2"]]) {
    await once(t, bed, "OPTIONS /x", `Max-Forwards: ${sent}\r\n`);
    assert.equal(fieldOf(bed.origin.lastRequest, "max-forwards"), expected, sent);
  }
  await once(t, bed, "GET /x", "Max-Forwards: 0\r\n");
  assert.equal(fieldOf(bed.origin.lastRequest, "max-forwards"), "0", "other methods leave it");
});

test("O11: ten thousand ranges of our own pages are one answer", async (t) => {
  const bed = await startBed(t);
  const ranges = `Range: bytes=${Array.from({ length: 3000 }, (_, i) => `${i}-`).join(",")}\r\n`;
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "app.test" });
  await wire.send(`GET /oauth2/static/page.css HTTP/1.1\r\nHost: app.test:${bed.gateway.ports.https}\r\n${ranges}\r\n`);
  const response = await wire.response();
  assert.ok([200, 404, 416].includes(response.status), `${response.status}`);
  assert.ok(response.bodyBytes < 100_000);
});

test("O12: times that a client or an origin names are nobody's timers", async (t) => {
  const bed = await open(t, { origin: { reply: () => answer(200, "ok", [["Keep-Alive", "timeout=18446744073709551615, max=-1"], ["Retry-After", "99999999999999999999"]]) } });
  const session = await connectH2(t, bed.gateway.ports.https);
  for (const value of ["99999999H", "99999999999999999999S", "-1S", "x"]) {
    const response = await ask(session, { ":path": "/x", "grpc-timeout": value });
    assert.equal(response.status, 200, value);
  }
  const response = await once(t, bed, "GET /x", "Keep-Alive: timeout=4294967297\r\n");
  assert.equal(response.status, 200);
  assert.equal(fieldOf(response, "retry-after"), "99999999999999999999", "what is the origin's stays its own");
});

test("O14: bodies of any size near every buffer pass whole, in each framing", async (t) => {
  const bed = await open(t, { origin: { reply: (request) => answer(200, request.body.toString("latin1")) } });
  const session = await connectH2(t, bed.gateway.ports.https);
  const wire = await wireTo(t, bed);
  for (const around of [0, 1, 1024, 4096, 8192, 16384, 32768, 65536, 98304, 131072]) {
    for (const size of [around - 1, around, around + 1].filter((n) => n >= 0)) {
      const body = "0123456789abcdef".repeat(Math.ceil(size / 16)).slice(0, size);
      await wire.send(head(bed, "POST /b", `Content-Length: ${size}\r\n`) + body, ["POST"]);
      assert.equal((await wire.response()).body.toString(), body, `length ${size}`);
      await wire.send(head(bed, "POST /b", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"), ["POST"]);
      await wire.send(size ? `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n` : "0\r\n\r\n");
      assert.equal((await wire.response()).body.toString(), body, `chunked ${size}`);
      assert.equal((await ask(session, { ":method": "POST", ":path": "/b" }, body)).body.toString(), body, `HTTP/2 ${size}`);
    }
  }
});

test("O15: odd lists of fields from an origin harm nothing", async (t) => {
  const odd = ["Set-Cookie2: a=1", "Set-Cookie2:", "Connection:", "Connection: ,,,", "Vary: ,", "Vary:", "Cache-Control: ,,", "Set-Cookie:", "Set-Cookie: =", "Set-Cookie: ;;;", "Transfer-Encoding: chunked", "Trailer: X, ,Y"];
  const bed = await open(t, { origin: { reply: () => `HTTP/1.1 200 OK\r\n${odd.join("\r\n")}\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\nSet-Cookie: t=1\r\n\r\n` } });
  for (let i = 0; i < 3; i++) {
    const response = await once(t, bed, "GET /x", "TE: trailers\r\n");
    assert.equal(response.body.toString(), "ok");
    assert.deepEqual(fieldsOf({ fields: response.trailers }, "set-cookie"), [], "a trailer sets no cookie");
  }
  const session = await connectH2(t, bed.gateway.ports.https);
  assert.equal((await ask(session, { ":path": "/x" })).body.toString(), "ok");
});

/// A small generator that repeats: failures can be run again.
function* numbers(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

test("S09: what one message leaves behind changes no later one of the connection", async (t) => {
  const bed = await open(t, { origin: { reply: (request) => (request.target.startsWith("/304") ? "HTTP/1.1 304 x\r\n\r\n" : request.method === "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : echo(request)) } });
  const messages = [
    ["GET", "/plain", "", ""], ["HEAD", "/head", "", ""], ["GET", "/304", "", ""], ["POST", "/length", "Content-Length: 5\r\nX-A: 1\r\n", "12345"], ["POST", "/chunked", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"],
    ["GET", "/fields", "X-B: 2\r\nCookie: a=1\r\nCookie: b=2\r\nTE: trailers\r\n", ""], ["POST", "/expect", "Content-Length: 2\r\nExpect: 100-continue\r\n", "hi"], ["GET", "/up", "Connection: upgrade\r\nUpgrade: foo\r\n", ""], ["PUT", "/empty", "Content-Length: 0\r\n", ""],
    ["GET", "/%zz", "", ""], ["GET", "/range", "Range: bytes=0-1\r\nIf-None-Match: \"x\"\r\n", ""],
  ];
  const seen = (response) => {
    if (!response.body.length || response.status !== 200) return { status: response.status, length: response.bodyBytes > 0 };
    const { method, target, fields, body } = JSON.parse(response.body);
    return { method, target, body, fields: fields.filter(([name]) => !["x-request-id", "forwarded", "x-forwarded-for"].includes(name.toLowerCase())) };
  };
  const fresh = new Map();
  for (const message of messages) fresh.set(message[1], seen(await once(t, bed, `${message[0]} ${message[1]}`, message[2], message[3])));
  for (let seed = 1; seed <= 12; seed++) {
    const random = numbers(seed);
    let wire = await wireTo(t, bed);
    for (let i = 0; i < 15; i++) {
      const [method, target, fields, body] = messages[random.next().value % messages.length];
      if (wire.closed) wire = await wireTo(t, bed);
      await wire.send(head(bed, `${method} ${target}`, fields) + body, [method]);
      assert.deepEqual(seen(await wire.response()), fresh.get(target), `seed ${seed}, message ${i}: ${target}`);
    }
    wire.close();
  }
});
