// Requests that two readers would read differently: refused once, the connection closed, the origin's log empty, and the
// next visitor unharmed (attack rows A01-A30, B11, C01-C06, C09, C10, D01-D03).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { quiet, until } from "./support/wait.mjs";

const routes = (origin) => [{ host: "other.test", to: origin.url, public: true }, { host: "app.test", to: origin.url, policy: "signed-in" }];
const hidden = "GET /hidden HTTP/1.1\r\nHost: other.test\r\n\r\n";

/// Two innocent visitors get their own answers through the same pool, and nobody ever asked for /hidden.
async function victimsAreFine(t, bed, name) {
  for (const target of ["/victim-1", "/victim-2"]) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
    const response = await wire.response();
    assert.equal(JSON.parse(response.body).target, target, `${name}: a victim got another answer`);
    assert.equal(wire.responses.length, 1, name);
    wire.close();
  }
  assert.ok(!bed.origin.requests.some((request) => request.target.includes("hidden")), `${name}: the hidden request reached the origin`);
}

/// Sends raw bytes; they must be refused with one of `statuses`, the connection must end, the origin must hear nothing.
async function refused(t, bed, name, bytes, statuses = [400]) {
  bed.origin.forget();
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(bytes.replaceAll("HOST", `other.test:${bed.gateway.ports.https}`));
  await wire.ended();
  assert.ok(wire.responses.length <= 1, `${name}: ${wire.responses.length} answers`);
  if (wire.responses.length) assert.ok(statuses.includes(wire.responses[0].status), `${name}: ${wire.responses[0].status}`);
  else assert.ok(statuses.includes("close"), `${name}: closed without an answer`);
  assert.equal(bed.origin.text, "", `${name}: bytes reached the origin`);
  wire.close();
}

const post = (fields, body = hidden) => `POST /x HTTP/1.1\r\nHost: HOST\r\n${fields}\r\n${body}`;

test("two framings, or a framing that is not exact, are refused", async (t) => {
  const bed = await startBed(t, { routes });
  const cases = {
    "CL and TE": post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${hidden}`), "TE and CL": post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", `5c\r\n${hidden}`),
    "TE twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${hidden}`), "TE chunked, identity": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", `0\r\n\r\n${hidden}`),
    "CL twice equal": post("Content-Length: 5\r\nContent-Length: 5\r\n", `12345${hidden}`), "CL twice": post("Content-Length: 5\r\nContent-Length: 50\r\n"), "CL list": post("Content-Length: 5, 5\r\n"), "CL empty": post("Content-Length: \r\n"),
    "CL empty then number": post("Content-Length:\r\nContent-Length: 3\r\n"), "TE on 1.0": `POST /x HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  };
  for (const value of ["+5", "-1", "0x10", "5,", "5, 6", "1Z", "1_0", "18446744073709551616", "9223372036854775808", "5 5", "５", "5;", "1e1", "05x"]) cases[`CL ${value}`] = post(`Content-Length: ${value}\r\n`);
  for (const [name, bytes] of Object.entries(cases)) await refused(t, bed, name, bytes);
  for (const value of ["gzip", "chunked, gzip", "xchunked", "chunked;q=1", ",chunked", "\"chunked\"", "chunk", "identity", "chunked,", "chunked chunked", "\x0bchunked", "chunked\x0c", "\xa0chunked", "'chunked'", "x, chunked", "chunked, chunked", "gzip, chunked", "identity, chunked"]) {
    await refused(t, bed, `TE ${value}`, post(`Transfer-Encoding: ${value}\r\n`, `0\r\n\r\n${hidden}`), [400, 501]);
    await refused(t, bed, `TE ${value} with CL`, post(`Content-Length: 3\r\nTransfer-Encoding: ${value}\r\n`, `0\r\n\r\n${hidden}`), [400, 501]);
  }
  await victimsAreFine(t, bed, "framings");
});

test("fields that are no fields are refused", async (t) => {
  const bed = await startBed(t, { routes, config: (parts) => ({ ...parts, limits: { header_time: "2s" } }) });
  const get = (lines) => `GET /x HTTP/1.1\r\nHost: HOST\r\n${lines}\r\n${hidden}`;
  const cases = {
    "space before colon": get("Content-Length : 5\r\n"), "tab before colon": get("Transfer-Encoding\t: chunked\r\n"), "space before name": get(" Content-Length: 5\r\n"), "first field folded": `GET /x HTTP/1.1\r\n Host: HOST\r\n\r\n`,
    "folded value": get("X: a\r\n Transfer-Encoding: chunked\r\n"), "folded with tab": get("X: a\r\n\tb\r\n"), "no colon": get("Content-Length 10\r\n"), "empty name": get(": x\r\n"), "only colon": get(":\r\n"),
    "name over two lines": get("Te\nst: x\r\n"), "name broken by CRLF": get("Transfer-\r\nEncoding: chunked\r\n"), "NUL in value": get("X: a\0b\r\n"), "NUL in name": get("X\0Y: a\r\n"), "CR in value": get("X: a\rb\r\n"), "LF ends a line": get("X: a\nY: b\r\n"),
    "LF ends the head": "GET /x HTTP/1.1\nHost: HOST\n\n", "CRLF LF": "GET /x HTTP/1.1\r\nHost: HOST\r\n\n", "CR CR": "GET /x HTTP/1.1\r\nHost: HOST\r\n\rZ", "byte 0x85 in name": get("Content-Length\x85: 5\r\n"), "bytes in name": get("X\xe4: 5\r\n"),
    "braces in name": get("X{y}: 5\r\n"), "vertical tab": get("X: a\x0bb\r\n"), "DEL in value": get("X: a\x7fb\r\n"), "field name of 70000 bytes": get(`${"a".repeat(70000)}content-length0: 5\r\n`), "quoted name": get("\"Host\": x\r\n"),
    "130 fields too many": get(Array.from({ length: 140 }, (_, i) => `X-${i}: 1\r\n`).join("")), "64 KiB value": get(`X: ${"v".repeat(65536)}\r\n`),
  };
  for (const [name, bytes] of Object.entries(cases)) await refused(t, bed, name, bytes, [400, 431, 408]);
  await victimsAreFine(t, bed, "fields");
});

test("request lines that are none are refused", async (t) => {
  const bed = await startBed(t, { routes });
  const lines = ["GET /admin? HTTP/1.1 HTTP/1.1", "GET /a b HTTP/1.1", "GET  /x HTTP/1.1", "GET\t/x HTTP/1.1", "G@T /x HTTP/1.1", "GET /x HTTP/1.10", "GET /x HTTP/4294967297.1", "GET /x HTTP/2.0", "GET /x HTTP/1.2", "GET /x http/1.1", "GET /x HTTP/1,1", "GET /x", "GET /x ", "PRI * HTTP/2.0",
    " GET /x HTTP/1.1", "GET /x HTTP/1.1 ", "/x HTTP/1.1", "GET", "\x16\x03\x01", "GET /x HTTP/ 1.1", "GET /x\x00 HTTP/1.1", "GET /x\r HTTP/1.1", `${"G".repeat(3000)} /x HTTP/1.1`, "get\0 /x HTTP/1.1"];
  for (const line of lines) await refused(t, bed, JSON.stringify(line), `${line}\r\nHost: HOST\r\n\r\n`, [400, 405, 414, 431, 501, 505]);
  for (const line of ["CONNECT a:443 HTTP/1.1", "CONNECT / HTTP/1.1", "CONNECT other.test:443 HTTP/1.1"]) await refused(t, bed, line, `${line}\r\nHost: HOST\r\nContent-Length: 5\r\n\r\n${hidden}`, [400, 405, 501]);
  await victimsAreFine(t, bed, "request lines");
});

test("chunks that are none are refused, and nothing behind them is read", async (t) => {
  const bed = await startBed(t, { routes });
  const bodies = ["-1\r\nx\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "0_5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5x\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\nx", "10000000000000000\r\nx", "00000000000000005\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nno colon\r\n\r\n", "0\r\n X: y\r\n\r\n", "1;a=\"\r\nX\r\n0\r\n\r\n", "1;a=\r\r\nx\r\n0\r\n\r\n", "1 ;\r\nx\r\n0\r\n\r\n", "1;\nx\r\n0\r\n\r\n", "g\r\n", "5\r\nhello\r\n0\n\n", "5\0\r\nhello\r\n0\r\n\r\n", "5\r\rhello\r\n0\r\n\r\n"];
  for (const body of bodies) {
    bed.origin.forget();
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(post("Transfer-Encoding: chunked\r\n", body + hidden).replaceAll("HOST", `other.test:${bed.gateway.ports.https}`));
    await wire.ended();
    assert.ok(wire.responses.length <= 1, `${JSON.stringify(body)}: ${wire.text}`);
    assert.ok(!wire.responses.length || wire.responses[0].status === 400, `${JSON.stringify(body)}: ${wire.responses[0]?.status}`);
    assert.ok(!bed.origin.text.includes("hidden"), `${JSON.stringify(body)}: ${bed.origin.text}`);
    wire.close();
  }
  await victimsAreFine(t, bed, "chunks");
});

test("trailers never become headers, of this request or the next", async (t) => {
  const bed = await startBed(t, { routes });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  const host = `other.test:${bed.gateway.ports.https}`;
  await wire.send(`POST /t HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Auth-Request-User: admin\r\nContent-Length: 9\r\nHost: evil.test\r\nCookie: a=b\r\nAuthorization: x\r\n\r\n`);
  const first = await wire.response();
  if (first.status === 200) {
    assert.ok(!/admin|evil/.test(bed.origin.text), bed.origin.text);
    await wire.send(`GET /u HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(JSON.parse((await wire.response()).body).target, "/u");
    assert.ok(!/admin|evil/.test(bed.origin.text));
  } else {
    assert.equal(first.status, 400);
  }
  await victimsAreFine(t, bed, "trailers");
});

test("a body of any method keeps its framing, and is never read as a request", async (t) => {
  const bed = await startBed(t, { routes });
  for (const method of ["GET", "HEAD", "OPTIONS", "DELETE", "PROPFIND", "FOO"]) {
    bed.origin.forget();
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`${method} /m HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`, [method]);
    await wire.response();
    await quiet();
    assert.ok(!bed.origin.requests.some((request) => request.target === "/hidden"), method);
    assert.ok(wire.responses.length <= 1, `${method}: the body was answered`);
    wire.close();
  }
  await victimsAreFine(t, bed, "bodies");
});

test("an answer of our own to a request with a body leaves nothing in the connection", async (t) => {
  const bed = await startBed(t, { routes });
  const port = bed.gateway.ports.https;
  const own = [["app.test", "/private"], ["app.test", "/oauth2/userinfo"], ["auth.test", "/oauth2/nothing"], ["auth.test", "/nowhere"], ["app.test", "/a%00"], ["app.test", "/.well-known/acme-challenge/x"]];
  for (const [host, target] of own) {
    const wire = await connectTls(t, port, { servername: host });
    await wire.send(`POST ${target} HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`);
    const first = await wire.response();
    assert.ok(first.status >= 300, `${target}: ${first.status}`);
    await quiet();
    assert.equal(wire.responses.length, 1, `${host}${target}: the body was read as a request`);
    wire.close();
  }
  assert.equal(bed.origin.text, "");
  await victimsAreFine(t, bed, "own answers");
});

test("the head, a pause, then bytes: the connection is closed before they can count", async (t) => {
  const bed = await startBed(t, { routes, config: (parts) => ({ ...parts, limits: { header_time: "1s" } }) });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send("GET /slow HTTP/1.1\r\nHost: other");
  await wire.ended();
  assert.ok(!wire.responses.length || wire.responses[0].status === 408);
  await wire.send(`.test\r\n\r\n${hidden}`);
  assert.equal(bed.origin.text, "");
  const silent = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await silent.ended();
});

test("h2c and other upgrades are not carried to the origin", async (t) => {
  const bed = await startBed(t, { routes });
  const upgrades = ["Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", "Connection: Upgrade\r\nUpgrade: H2C\r\n", "Upgrade: h2c\r\n", "Connection: upgrade\r\nUpgrade: h2c, websocket\r\n", "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n", "Connection: HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nUpgrade: foo\r\n"];
  for (const fields of upgrades) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`GET /up HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n${fields}\r\n`);
    const response = await wire.response();
    assert.notEqual(response.status, 101);
    if (response.status === 200) {
      assert.ok(!/h2c|tls|foo/i.test(bed.origin.lastRequest.raw), bed.origin.lastRequest.raw);
      assert.deepEqual(fieldsOf(bed.origin.lastRequest, "http2-settings"), [], fields);
    }
    wire.close();
  }
});

test("hostile answers of an origin are 502 and harm nobody else", async (t) => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const hostile = {
    "/nul": `${ok}X: a\0b\r\nContent-Length: 0\r\n\r\n`, "/cr": `${ok}X: a\rb\r\nContent-Length: 0\r\n\r\n`, "/fold": `${ok}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`, "/lf": "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "/space-name": `${ok}X y: a\r\nContent-Length: 0\r\n\r\n`,
    "/two-lengths": `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, "/both": `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "/te": `${ok}Transfer-Encoding: gzip\r\n\r\nx`, "/code-20": "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "/code-1000": "HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n",
    "/code-minus": "HTTP/1.1 -1 OK\r\nContent-Length: 0\r\n\r\n", "/code-099": "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "/reason-cr": "HTTP/1.1 200 OK\rX: y\r\nContent-Length: 0\r\n\r\n", "/reason-long": `HTTP/1.1 200 ${"O".repeat(70000)}\r\nContent-Length: 0\r\n\r\n`, "/not-http": "SSH-2.0-x\r\n", "/http2": "HTTP/2 200\r\n\r\n",
    "/huge-field": `${ok}X: ${"v".repeat(300000)}\r\nContent-Length: 0\r\n\r\n`, "/many-fields": `${ok}${"X: y\r\n".repeat(5000)}Content-Length: 0\r\n\r\n`, "/switch": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "/length-big": `${ok}Content-Length: 99999999999999999999\r\n\r\nx`, "/tls": "\x15\x03\x01\x00\x02\x02\x46",
  };
  const reply = (request) => hostile[request.target] ?? answer(200, JSON.stringify({ target: request.target }));
  const bed = await startBed(t, { routes: (origin) => [{ host: "other.test", to: origin.url, public: true, timeouts: { response: "2s" } }], login: { host: "other.test" }, origin: { reply } });
  for (const target of Object.keys(hostile)) {
    const page = await bed.visitor().get(bed.url("other.test", target));
    // What never becomes a head is not told from a slow origin.
    assert.ok(page.status === 502 || (page.status === 504 && ["/not-http", "/http2", "/tls"].includes(target)), `${target}: ${page.status}`);
  }
  await victimsAreFine(t, bed, "hostile answers");
});

test("bytes behind an answer are thrown away with their connection", async (t) => {
  const extra = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
  const bodies = {
    "/two": answer(200, "one") + extra, "/after-length": `${answer(200, "one")}garbage`, "/head": `HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, "/204": "HTTP/1.1 204 No\r\n\r\npoison", "/304": "HTTP/1.1 304 No\r\n\r\npoison",
    "/chunked": `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n${extra}`,
  };
  const bed = await startBed(t, { routes, config: (parts) => ({ ...parts, workers: 1 }), origin: { reply: (request) => bodies[request.target] ?? answer(200, JSON.stringify({ target: request.target })) } });
  for (const target of Object.keys(bodies)) {
    await bed.visitor().request(target === "/head" ? "HEAD" : "GET", bed.url("other.test", target));
    await victimsAreFine(t, bed, target);
  }
});

test("a late answer after a time-out goes to nobody", async (t) => {
  const late = [];
  const bed = await startBed(t, {
    routes: (origin) => [{ host: "other.test", to: origin.url, public: true, timeouts: { response: "1s" } }], config: (parts) => ({ ...parts, workers: 1 }),
    origin: { reply: (request, connection) => (request.target === "/late" ? void late.push(connection) : answer(200, JSON.stringify({ target: request.target }))) },
  });
  await bed.visitor().get(bed.url("other.test", "/late")).expect(504);
  late[0].write(answer(200, JSON.stringify({ target: "/late" })));
  await victimsAreFine(t, bed, "late");
});

test("a client that breaks off in the middle of a body leaves no broken connection in the pool", async (t) => {
  const bed = await startBed(t, { routes, config: (parts) => ({ ...parts, workers: 1 }) });
  for (let sent = 0; sent < 10; sent += 3) {
    for (const breakOff of ["close", "reset"]) {
      const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
      await wire.send(`POST /cut HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nContent-Length: 10\r\n\r\n${"x".repeat(sent)}`);
      const count = bed.origin.connections.length;
      await until("the head at the origin", () => bed.origin.text.includes("/cut")).catch(() => {});
      wire[breakOff]();
      assert.ok(count >= 0);
      await quiet();
      await victimsAreFine(t, bed, `${breakOff} after ${sent} bytes`);
      bed.origin.forget();
    }
  }
  assert.equal(bed.origin.requests.filter((request) => request.target === "/cut").length, 0);
});

test("interim answers are passed on or dropped, never taken for the answer, and not without end", async (t) => {
  const bodies = {
    "/103": `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer(200, "final")}`, "/100": `HTTP/1.1 100 Continue\r\n\r\n${answer(200, "final")}`,
    "/endless": "HTTP/1.1 102 Processing\r\n\r\n".repeat(20000),
  };
  const bed = await startBed(t, { routes, origin: { reply: (request) => bodies[request.target] ?? answer(200, JSON.stringify({ target: request.target })) } });
  for (const target of ["/103", "/100"]) assert.equal((await bed.visitor().get(bed.url("other.test", target)).expect(200)).body, "final");
  assert.equal((await bed.visitor().get(bed.url("other.test", "/endless"))).status, 502);
  await victimsAreFine(t, bed, "interim");
});

test("a request without anything odd is served, so the refusals above mean something", async (t) => {
  const bed = await startBed(t, { routes });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`\r\nPOST /fine HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\ntransfer-ENCODING: CHUNKED\r\n\r\n00a;x="y"\r\n0123456789\r\n0\r\n\r\n`);
  const response = await wire.response();
  assert.equal(response.status, 200, fieldOf(response, "content-type"));
  assert.equal(JSON.parse(response.body).body, "0123456789");
});
