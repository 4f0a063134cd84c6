// Who the client is: PROXY headers, trusted proxies and the plain listener, from raw bytes and from real programs in front
// (attack rows F01-F03, F05-F07, F09-F15, C12, L15).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import net from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";

import { startBed, users } from "./support/bed.mjs";
import { joined, startHaproxy, startNginx } from "./support/front.mjs";
import { reservePorts, usualNames } from "./support/gateway.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { ends4, ends6, tlv, version1, version2 } from "./support/proxy_header.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { authority, certificateFor, reservePort } from "./support/run_folder.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

const run = promisify(execFile);
const client = "203.0.113.9";

/// A bed whose `listen` has these keys besides. parts: further sections; ports: of the gateway.
async function startListening(t, listen, { ports, ...parts } = {}) {
  const own = ports ?? (await reservePorts());
  return startBed(t, {
    start: { ports: own },
    config: (usual) => ({ ...usual, ...parts,
      listen: { https: `127.0.0.1:${own.https}`, http: `127.0.0.1:${own.http}`, public_port: own.https, ...listen } }),
  });
}

const behindBalancer = { proxy_protocol: { from: ["127.0.0.1"] } };

/// A GET of other.test on that connection, and what the origin was told.
async function ask(bed, wire, fields = "") {
  await wire.send(`GET /x HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n${fields}\r\n`);
  const response = await wire.response();
  return { response, seen: bed.origin.lastRequest };
}

async function isAlive(t, bed) {
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", preface: version1("192.0.2.200") });
  assert.equal((await ask(bed, wire)).response.status, 200);
  wire.close();
}

/// Waits until the other side has ended, whatever is sent.
async function isClosed(t, port, bytes, options) {
  const wire = await connectPlain(t, port, options);
  await wire.send(bytes);
  await wire.ended();
  return wire.text;
}

test("a balancer's header, of either version and split anywhere, says whose connection it is", async (t) => {
  const bed = await startListening(t, behindBalancer);
  const headers = [
    [version1(client), client],
    [version1("2001:db8::9", "2001:db8::2"), "2001:db8::9"],
    [version1("::ffff:203.0.113.9", "::ffff:198.51.100.2"), client],
    [version2({ block: ends4(client) }), client],
    [version2({ block: Buffer.concat([ends4(client), tlv(0x04, Buffer.alloc(7)), tlv(0xea, Buffer.from([0xff, 0xfe, 0, 13, 10]))]) }), client],
    [version2({ family: 0x21, block: ends6("20010db8000000000000000000000009") }), "2001:db8::9"],
    [version2({ family: 0x21, block: ends6("00000000000000000000ffffcb007109") }), client],
    [version2({ command: 0x20, family: 0 }), "127.0.0.1"],
    [version2({ command: 0x20, block: ends4(client) }), "127.0.0.1"],
    [Buffer.from("PROXY UNKNOWN\r\n"), "127.0.0.1"],
    [version2({ family: 0x31, block: Buffer.alloc(216, "/") }), "127.0.0.1"],
  ];
  for (const [preface, address] of headers) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", preface });
    const { response, seen } = await ask(bed, wire, "X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n");
    assert.equal(response.status, 200);
    assert.deepEqual(fieldsOf(seen, "X-Forwarded-For"), [address]);
    assert.deepEqual(fieldsOf(seen, "X-Real-IP"), [address]);
    assert.equal(fieldsOf(seen, "Forwarded")[0].split(";")[0], address.includes(":") ? `for="[${address}]"` : `for=${address}`);
    await bed.gateway.accessLine((line) => line["client.address"] === address && line["url.path"] === "/x");
    wire.close();
  }
  const http = await connectPlain(t, bed.gateway.ports.http);
  await http.drip(version1(client).toString("latin1"));
  await http.drip(`GET /dripped HTTP/1.1\r\nHost: other.test\r\n\r\n`);
  assert.equal((await http.response()).status, 308);
  await bed.gateway.accessLine((line) => line["client.address"] === client && line["url.path"] === "/dripped");
  assert.equal(bed.gateway.events.filter((event) => event.level === "warn" || event.level === "error").length, 0);
});

test("nobody's header is half believed: what is not one closes the connection", async (t) => {
  const bed = await startListening(t, behindBalancer);
  const v1 = (text) => Buffer.from(text, "latin1");
  const bad = [
    v1("PROXY TCP4 203.0.113.9 198.51.100.2 65536 443\r\n"), v1("PROXY TCP4 203.0.113.9 198.51.100.2 -1 443\r\n"), v1("PROXY TCP4 203.0.113.9 198.51.100.2 080 443\r\n"),
    v1("PROXY TCP4 203.0.113.9 198.51.100.2 1e3 443\r\n"), v1("PROXY TCP4 203.0.113.9 198.51.100.2 443\r\n"), v1("PROXY TCP4 203.0.113.9 198.51.100.2 1 2 3\r\n"),
    v1("PROXY TCP4 203.0.113.9 198.51.100.2 1 2\n"), v1("proxy TCP4 203.0.113.9 198.51.100.2 1 2\r\n"), v1(`PROXY UNKNOWN ${"x".repeat(100)}\r\n`), v1("PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n"),
    ...Array.from({ length: 12 }, (_, length) => version2({ block: ends4(client).subarray(0, length) })),
    version2({ block: Buffer.concat([ends4(client), Buffer.from([4, 0xff, 0xff, 1])]) }), version2({ block: Buffer.concat([ends4(client), tlv(0x20, Buffer.alloc(4))]) }),
    version2({ command: 0x2f, block: ends4(client) }), version2({ command: 0x31, block: ends4(client) }), version2({ family: 0x41, block: ends4(client) }),
    version2({ family: 0x12, block: ends4(client) }), version2({ family: 0x22, block: Buffer.alloc(36) }), version2({ length: 65535 }),
    v1("\x16\x03\x01\x02\x00"), v1("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n"), Buffer.from([0]),
  ];
  for (const bytes of bad) {
    assert.equal(await isClosed(t, bed.gateway.ports.https, bytes), "", bytes.toString("latin1"));
    assert.equal(await isClosed(t, bed.gateway.ports.http, bytes), "", bytes.toString("latin1"));
  }
  assert.equal(bed.origin.text, "");
  await isAlive(t, bed);
  assert.ok(!bed.gateway.access.some((line) => line["client.address"] === client));
  const told = bed.gateway.events.filter((event) => event.level === "warn");
  assert.equal(told.length >= 1 && told.length <= 6, true, `${told.length} warnings`); // a worker each, at most every 10 s
  assert.ok(told.every((event) => event.peer.startsWith("127.0.0.1:")), JSON.stringify(told));
});

test("a listener that no balancer reaches takes nobody's header, also where the peer is listed", async (t) => {
  const [ports, inside] = [await reservePorts(), await reservePorts()];
  const address = (port) => `127.0.0.1:${port}`;
  const bed = await startListening(t, {
    https: [address(ports.https), address(inside.https)], http: [address(ports.http), address(inside.http)],
    proxy_protocol: { from: ["127.0.0.0/8"], except: [address(inside.https), address(inside.http)] },
  }, { ports });
  const wire = await connectTls(t, inside.https, { servername: "other.test", localAddress: "127.0.0.7" });
  const direct = await ask(bed, wire);
  assert.equal(direct.response.status, 200);
  assert.deepEqual(fieldsOf(direct.seen, "x-forwarded-for"), ["127.0.0.7"]);
  for (const port of [inside.https, inside.http]) assert.ok(!(await isClosed(t, port, `${version1(client)}GET / HTTP/1.1\r\nHost: other.test\r\n\r\n`)).includes("200 OK"));
  const plain = await connectPlain(t, inside.http);
  await plain.send("GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n");
  assert.equal((await plain.response()).status, 308);
  assert.equal(await isClosed(t, ports.http, "GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n"), "", "the balancer's own listeners are as before");
  await isAlive(t, bed);
});

test("a header of a peer that is not listed is a protocol error, and so is a second one", async (t) => {
  const bed = await startListening(t, behindBalancer);
  for (const header of [version1(client), version2({ block: ends4(client) })]) {
    const https = await isClosed(t, bed.gateway.ports.https, header, { localAddress: "127.0.0.2" });
    assert.ok(!https.includes("HTTP/"), https);
    const http = await isClosed(t, bed.gateway.ports.http, Buffer.concat([header, Buffer.from("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n")]), { localAddress: "127.0.0.2" });
    assert.match(http, /^HTTP\/1.1 400 /);
    const twice = Buffer.concat([version1("198.51.100.50"), header]);
    assert.ok(!(await isClosed(t, bed.gateway.ports.https, twice)).includes("HTTP/"));
    assert.match(await isClosed(t, bed.gateway.ports.http, Buffer.concat([twice, Buffer.from("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n")])), /^HTTP\/1.1 400 /);
  }
  await bed.gateway.accessLine((line) => line["client.address"] === "127.0.0.2" && line["http.response.status_code"] === 400);
  assert.ok(!bed.gateway.access.some((line) => line["client.address"] === client));
  // Without a header such a peer is an ordinary client.
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", localAddress: "127.0.0.2" });
  assert.deepEqual(fieldsOf((await ask(bed, wire)).seen, "X-Forwarded-For"), ["127.0.0.2"]);
});

test("a client without a server name gets the certificate of the address that it connected to at the balancer", async (t) => {
  const bed = await startListening(t, behindBalancer, { tls: { certificates: [certificateFor(usualNames), certificateFor(["198.51.100.2"])] } });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "", checkServerIdentity: () => undefined, preface: version1(client) });
  assert.equal(wire.socket.getPeerCertificate().subjectaltname, "IP Address:198.51.100.2");
  await assert.rejects(connectTls(t, bed.gateway.ports.https, { servername: "", checkServerIdentity: () => undefined, preface: version1(client, "198.51.100.3") }));
});

test("bytes between the header and the handshake are TLS or the end", async (t) => {
  const bed = await startListening(t, behindBalancer);
  const junk = Buffer.concat([version1(client), Buffer.from(`GET /private HTTP/1.1\r\nHost: other.test\r\n\r\n`)]);
  assert.ok(!(await isClosed(t, bed.gateway.ports.https, junk)).includes("HTTP/"));
  assert.equal(bed.origin.text, "");
});

test("a header that does not come in time ends the connection; connecting and going is no error", async (t) => {
  const bed = await startListening(t, behindBalancer, { limits: { header_time: "500ms" } });
  const begun = [Buffer.alloc(0), Buffer.from("P"), version2({ block: ends4(client) }).subarray(0, 15)];
  for (const port of [bed.gateway.ports.https, bed.gateway.ports.http])
    for (const bytes of begun) assert.equal(await isClosed(t, port, bytes), "");
  for (const port of [bed.gateway.ports.https, bed.gateway.ports.http]) {
    for (const end of ["end", "close", "reset"]) {
      const wire = await connectPlain(t, port);
      wire[end]();
    }
    const local = await connectPlain(t, port);
    await local.send(version2({ command: 0x20, family: 0 }));
    local.end();
    await local.ended();
  }
  await quiet();
  assert.deepEqual(bed.gateway.events.filter((event) => event.level === "warn" || event.level === "error"), []);
  assert.deepEqual(bed.gateway.access, []);
  await isAlive(t, bed);
});

test("optional: listed peers may come with a header and without", async (t) => {
  const bed = await startListening(t, { proxy_protocol: { from: ["127.0.0.1"], mode: "optional" } });
  const without = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  assert.deepEqual(fieldsOf((await ask(bed, without)).seen, "X-Forwarded-For"), ["127.0.0.1"]);
  const behind = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", preface: version1(client) });
  assert.deepEqual(fieldsOf((await ask(bed, behind)).seen, "X-Forwarded-For"), [client]);
  assert.equal(await isClosed(t, bed.gateway.ports.https, Buffer.from("PROXY TCP4 1.1.1.1\r\n")), "");
});

test("curl and HAProxy are balancers like any other, HTTP/2 and health checks included", async (t) => {
  const bed = await startListening(t, behindBalancer);
  const { https } = bed.gateway.ports;
  const curl = (port, ...more) => run("curl", ["--silent", "--show-error", "--cacert", authority().certificate, "--connect-to", `other.test:${https}:127.0.0.1:${port}`,
    "--write-out", "\n%{http_version} %{response_code}", ...more, `https://other.test:${https}/from-curl`]);
  assert.match((await curl(https, "--haproxy-protocol", "--http1.1")).stdout, /\n1\.1 200$/);
  await assert.rejects(curl(https, "--http1.1"));

  const [one, two, tlsTwo] = [await reservePort(), await reservePort(), await reservePort()];
  const listen = (name, port, options) => `listen ${name}\n mode tcp\n bind 127.0.0.1:${port}\n server g 127.0.0.1:${https} source 127.0.0.1 ${options}\n`;
  await startHaproxy(t, tlsTwo, listen("v1", one, "send-proxy") + listen("v2", two, "send-proxy-v2 check check-send-proxy inter 100ms") +
    listen("tlvs", tlsTwo, "send-proxy-v2 proxy-v2-options ssl,cert-cn,crc32c,unique-id check inter 100ms") + " unique-id-format %[uuid()]\n");
  for (const port of [one, two, tlsTwo]) {
    for (const version of ["--http1.1", "--http2"]) {
      const { stdout } = await curl(port, version, "--interface", "127.0.0.77");
      assert.ok(stdout.endsWith(version === "--http2" ? "\n2 200" : "\n1.1 200"), stdout);
      assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-Forwarded-For"), ["127.0.0.77"], `${port} ${version}`);
    }
  }
  await quiet(); // some rounds of checks, with and without a header
  const lines = bed.gateway.events.filter((event) => event.level === "warn" || event.level === "error");
  assert.deepEqual(lines.filter((event) => !event.reason?.includes("no PROXY header")), []);
  assert.equal(lines.length, 1, "curl without a header, and nothing of HAProxy's");
});

test("without trusted proxies nobody says who he is, and no path or scheme either", async (t) => {
  const bed = await startListening(t, {});
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "app.test" });
  const lies = ["X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X_Forwarded_For", "X-Client-IP"].map((name) => `${name}: 6.6.6.6\r\n`).join("");
  await wire.send(`GET /private HTTP/1.1\r\nHost: app.test:${bed.gateway.ports.https}\r\n${lies}Forwarded: for=6.6.6.6;proto=http\r\nX-Forwarded-Uri: /public\r\nX-Forwarded-Host: other.test\r\nX-Forwarded-Prefix: /public\r\nX-Forwarded-Method: OPTIONS\r\nX-Forwarded-Proto: http\r\n\r\n`);
  assert.equal((await wire.response()).status, 401);
  assert.equal(bed.origin.text, "");
  await bed.gateway.accessLine((line) => line["client.address"] === "127.0.0.1" && line["url.path"] === "/private");
  assert.ok(!bed.gateway.stdout.text.includes("6.6.6.6"));
});

test("a trusted proxy's client is the client in log and fields, request by request", async (t) => {
  const bed = await startListening(t, { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  const rows = [
    ["X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n", "203.0.113.9"],
    ["X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9, ::ffff:10.1.2.3\r\n", "203.0.113.9"],
    ["X-Forwarded-For: junk, 2001:DB8::9\r\n", "2001:db8::9"],
    ["X-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n", "127.0.0.1"],
  ];
  for (const [fields, address] of rows) {
    const { response, seen } = await ask(bed, wire, fields);
    assert.equal(response.status, 200);
    assert.ok(!seen.raw.includes("6.6.6.6"), seen.raw);
    assert.deepEqual(fieldsOf(seen, "X-Forwarded-For"), [address]);
    assert.deepEqual(fieldsOf(seen, "X-Real-IP"), [address]);
    await bed.gateway.accessLine((line) => line["client.address"] === address);
  }
  const stranger = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", localAddress: "127.0.0.2" });
  assert.deepEqual(fieldsOf((await ask(bed, stranger, "X-Forwarded-For: 6.6.6.6\r\n")).seen, "X-Forwarded-For"), ["127.0.0.2"]);
  const redirect = await connectPlain(t, bed.gateway.ports.http);
  await redirect.send("GET /redirected HTTP/1.1\r\nHost: other.test\r\nX-Forwarded-For: 203.0.113.10\r\n\r\n");
  assert.equal((await redirect.response()).status, 308);
  await bed.gateway.accessLine((line) => line["client.address"] === "203.0.113.10" && line["url.path"] === "/redirected");
});

test("a client that a trusted proxy does not name is refused, and no rule is asked about somebody else", async (t) => {
  const bed = await startListening(t, { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] });
  const hops = Array.from({ length: 1000 }, () => "10.0.0.1").join(",");
  for (const value of ["a", "", ",", "203.0.113.9,", "203.0.113.9:80", "[::1", "unknown", "0xcb.0.113.9", "fe80::1%lo", hops]) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    assert.equal((await ask(bed, wire, `X-Forwarded-For: ${value}\r\n`)).response.status, 400, value.slice(0, 40));
    wire.close();
  }
  assert.equal(bed.origin.text, "");
});

test("Forwarded, or a field of one address, in place of X-Forwarded-For", async (t) => {
  const bed = await startListening(t, { trusted_proxies: ["127.0.0.1"], client_ip_header: "Forwarded" });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  const { seen } = await ask(bed, wire, 'X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6, for="[2001:db8::9]:443";proto=http;by=_x\r\n');
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-For"), ["2001:db8::9"]);
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-Proto"), ["https"], "on https it is https");
  assert.deepEqual(fieldsOf(seen, "Forwarded"), [`for="[2001:db8::9]";host="other.test:${bed.gateway.ports.https}";proto=https`]);

  const cloud = await startListening(t, { trusted_proxies: ["127.0.0.1"], client_ip_header: "X-Azure-ClientIP" });
  const line = await connectTls(t, cloud.gateway.ports.https, { servername: "other.test" });
  const told = (await ask(cloud, line, "X-Azure-ClientIP: 203.0.113.9\r\nX-Forwarded-For: 6.6.6.6\r\n")).seen;
  assert.deepEqual(fieldsOf(told, "X-Forwarded-For"), ["203.0.113.9"]);
  assert.deepEqual(fieldsOf(told, "X-Azure-ClientIP"), [], "the origin is told once");
  assert.equal((await ask(cloud, line, "X-Azure-ClientIP: 203.0.113.9\r\nX-Azure-ClientIP: 203.0.113.9\r\n")).response.status, 400);
});

test("trusted proxies are looked for behind PROXY protocol, not in front of it", async (t) => {
  const bed = await startListening(t, { ...behindBalancer, trusted_proxies: ["127.0.0.1", "198.51.100.0/24"] });
  const direct = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", preface: version1(client) });
  assert.deepEqual(fieldsOf((await ask(bed, direct, "X-Forwarded-For: 6.6.6.6\r\n")).seen, "X-Forwarded-For"), [client]);
  const proxied = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", preface: version1("198.51.100.4") });
  assert.deepEqual(fieldsOf((await ask(bed, proxied, "X-Forwarded-For: 203.0.113.77\r\n")).seen, "X-Forwarded-For"), ["203.0.113.77"]);
});

test("plain answers trusted proxies alone, and only for clients that spoke https with them", async (t) => {
  const plain = await reservePort();
  const bed = await startListening(t, { plain: `127.0.0.1:${plain}`, trusted_proxies: ["127.0.0.1"], health_path: "/healthz", public_port: "auto" });
  const get = async (target, fields = "", options = {}) => {
    const wire = await connectPlain(t, plain, options);
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: other.test\r\n${fields}\r\n`);
    const response = await wire.response();
    wire.close();
    return response;
  };
  for (const target of ["/x", "/healthz", "/oauth2/auth", "http://other.test/x"]) {
    const refused = await get(target, `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n`, { localAddress: "127.0.0.2" });
    assert.equal(refused.status, 403, target);
  }
  await bed.gateway.accessLine((line) => line["client.address"] === "127.0.0.2" && line["http.response.status_code"] === 403);
  for (const fields of ["", "X-Forwarded-Proto: http\r\n", "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", "X-Forwarded-Proto: https, http\r\n", "X_Forwarded_Proto: https\r\n"]) {
    const redirect = await get("/x?y=1", fields);
    assert.equal(redirect.status, 308, fields);
    assert.deepEqual(fieldsOf(redirect, "Location"), [`https://other.test:${bed.gateway.ports.https}/x?y=1`]);
  }
  assert.equal(bed.origin.text, "");
  const served = await get("/x", "X-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.test\r\nX-Forwarded-Prefix: /evil\r\n");
  assert.equal(served.status, 200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-Forwarded-For"), ["203.0.113.9"]);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-Forwarded-Host"), ["other.test"]);
  assert.ok(!bed.origin.text.includes("evil"));
  assert.equal((await get("/healthz", "")).status, 200);
  const header = await connectPlain(t, plain);
  await header.send(Buffer.concat([version1(client), Buffer.from("GET /x HTTP/1.1\r\nHost: other.test\r\nX-Forwarded-Proto: https\r\n\r\n")]));
  assert.equal((await header.response()).status, 400);
});

test("a person signs in through nginx that ends TLS in front of plain, and cookies keep their flags", async (t) => {
  const [ports, inner, plain] = [await reservePorts(), await reservePort(), await reservePort()];
  const bed = await startListening(t, { https: `127.0.0.1:${inner}`, plain: `127.0.0.1:${plain}`, trusted_proxies: ["127.0.0.1"] }, { ports });
  const files = certificateFor(usualNames);
  await startNginx(t, ports.https, `server { listen 127.0.0.1:${ports.https} ssl; ssl_certificate ${files.certificate}; ssl_certificate_key ${files.key};
    location / { proxy_pass http://127.0.0.1:${plain}; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; } }`);
  const alice = await bed.signedIn("alice");
  const page = await alice.get(bed.url("app.test", "/after"), { headers: { "X-Forwarded-For": "6.6.6.6" } }).expect(200);
  const seen = page.json();
  assert.equal(seen.target, "/after");
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-Auth-Request-Email"), [users.alice.email]);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-Forwarded-Proto"), ["https"]);
  assert.ok(!bed.origin.text.includes("6.6.6.6,"));
  const cookies = alice.pages.flatMap((each) => each.setCookies).filter((text) => !/Max-Age=0/.test(text));
  assert.ok(cookies.length > 0);
  for (const text of cookies) assert.match(text, /; Secure; HttpOnly; SameSite=Lax|; Secure.*HttpOnly.*SameSite=Lax|HttpOnly.*Secure.*SameSite=Lax/, text);
});

test("HAProxy that ends TLS and speaks PROXY to nobody: its X-Forwarded-For is the client", async (t) => {
  const [ports, inner, plain] = [await reservePorts(), await reservePort(), await reservePort()];
  const bed = await startListening(t, { https: `127.0.0.1:${inner}`, plain: `127.0.0.1:${plain}`, trusted_proxies: ["127.0.0.1"] }, { ports });
  await startHaproxy(t, ports.https, `listen tls\n mode http\n bind 127.0.0.1:${ports.https} ssl crt ${joined(certificateFor(usualNames))}\n option forwardfor\n http-request set-header X-Forwarded-Proto https\n server g 127.0.0.1:${plain} source 127.0.0.1\n`);
  const wire = await connectTls(t, ports.https, { servername: "other.test", localAddress: "127.0.0.88" });
  const { response, seen } = await ask(bed, wire, "X-Forwarded-For: 6.6.6.6\r\n");
  assert.equal(response.status, 200);
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-For"), ["127.0.0.88"]);
  await bed.gateway.accessLine((line) => line["client.address"] === "127.0.0.88");
});

test("a hundred connections that never finish their header harm nobody", async (t) => {
  const bed = await startListening(t, behindBalancer, { limits: { header_time: "2s" } });
  const waiting = await Promise.all(Array.from({ length: 100 }, () => new Promise((resolve) => {
    const socket = net.connect({ port: bed.gateway.ports.https, host: "127.0.0.1" }, () => { socket.write("PROXY TCP4 "); resolve(socket); });
    socket.on("error", () => {});
  })));
  await isAlive(t, bed);
  await until("all of them to be closed", () => waiting.every((socket) => socket.destroyed || socket.readableEnded || !socket.readable), seconds(20));
  for (const socket of waiting) socket.destroy();
  assert.deepEqual(bed.gateway.events.filter((event) => event.level === "warn"), []);
});
