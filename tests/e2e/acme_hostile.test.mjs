// An authority that lies, breaks, or was taken over: nothing it says becomes a file, a command, a connection elsewhere or a loop (attack
// rows Q04, Q05, Q06, Q09).
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { json, problem, startFront } from "./support/authority_front.mjs";
import { respond, shown } from "./support/acme_bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { authority as runAuthority, scratch } from "./support/run_folder.mjs";
import { seconds } from "./support/wait.mjs";

/// A gateway whose authority is Pebble as `change` makes it appear: {front, gateway, storage, ports}.
async function startLied(t, change, acme = {}) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port });
  const front = await startFront(t, authority);
  change(front, { authority });
  const storage = path.join(scratch("lied"), "storage");
  const gateway = await startGateway(t, { storage, tls: { acme: acmeSettings(front, acme) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] }, { ports });
  return { front, gateway, storage, ports, dns };
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesBelow(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
}

/// Changes the JSON of answers whose path begins with `at`.
const edited = (at, change) => (front) => {
  const edit = front.edit.bind(front);
  front.edit = (place, answer) => {
    const passed = edit(place, answer);
    if (!place.startsWith(at) || passed.status >= 300) return passed;
    const object = JSON.parse(passed.body);
    change(object, front);
    return { ...passed, body: JSON.stringify(object) };
  };
};
const answered = (at, answer) => (front) => { front.instead = (place) => (place.startsWith(at) ? answer : undefined); };
const written = (at, bytes) => answered(at, { raw: (socket) => { socket.on("error", () => {}); bytes(socket); } });
const page = (body, status = 200) => ({ status, headers: { "Content-Type": "text/html" }, body });

/// One that says all over and over until nobody listens.
function flood(socket) {
  const part = Buffer.alloc(65536, 0x20);
  socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n");
  const more = () => { while (!socket.destroyed && socket.write(part)); };
  socket.on("drain", more);
  more();
}

const rows = [
  ["a certificate of its own that nobody here trusts", () => {}, /127\.0\.0\.1.*certificate/, { get trusted_ca() { return runAuthority("stranger").certificate; } }],
  ["a directory that is a page", answered("/dir", page("<html><script>alert(1)</script></html>")), /directory/],
  ["a directory that is busy, in HTML", answered("/dir", page("<h1>503 Service Unavailable</h1>", 503)), /503/],
  ["a directory that never ends", written("/dir", flood), /too large|larger|limit|too long/i],
  ["an answer that is no HTTP", written("/dir", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")), /127\.0\.0\.1/],
  ["an answer of HTTP/1.0 that is cut off", written("/dir", (socket) => socket.end("HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n{")), /dir/],
  ["an answer a byte a second", written("/dir", (socket) => { const drip = setInterval(() => socket.write("H"), 1000); socket.on("close", () => clearInterval(drip)); }), /127\.0\.0\.1/],
  ["an answer whose two lengths differ", written("/dir", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")), /127\.0\.0\.1/],
  ["an answer cut off", written("/order-plz", (socket) => socket.end("HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{")), /order-plz/],
  ["a redirect", answered("/order-plz", { status: 307, headers: { Location: "https://169.254.169.254/latest" }, body: "" }), /redirect/],
  ["a new order without a location", answered("/order-plz", json(201, { status: "pending", authorizations: [], finalize: "https://127.0.0.1/x" })), /./],
  ["plain http for new orders", edited("/dir", (directory) => { directory.newOrder = directory.newOrder.replace("https:", "http:"); }), /not https/],
  ["new orders at another host", edited("/dir", (directory) => { directory.newOrder = "https://169.254.169.254/order"; }), /169\.254\.169\.254.*not the directory's host/],
  ["a person in front of the host", edited("/dir", (directory) => { directory.newAccount = directory.newAccount.replace("https://", "https://app.test@"); }), /newAccount/],
  ["a certificate at another host", edited("/my-order/", (order) => { if (order.certificate) order.certificate = "https://elsewhere.test/certZ/1"; }), /elsewhere\.test/],
  ["an authorization at another host", edited("/order-plz", (order) => { order.authorizations = ["https://localhost:1/authZ/1"]; }), /localhost/],
  ["a finalization by http", edited("/order-plz", (order) => { order.finalize = order.finalize.replace("https:", "http:"); }), /not https/],
  ["an order that is none", answered("/order-plz", json(201, [], { Location: "https://127.0.0.1/my-order/1" })), /object/],
  ["an authorization of another name", edited("/authZ/", (authorization) => { authorization.identifier.value = "bank.test"; }), /not ordered/],
  ["a certificate that is a page", answered("/certZ/", page("<html></html>")), /certificate/i],
  ["a certificate of a stranger", answered("/certZ/", { status: 200, headers: {}, get body() { return runAuthority().pem; } }), /key|certificate/i],
];

test("an authority that lies or breaks ends the order with a sentence, and what is served goes on", async (t) => {
  const asked = new Set();
  const one = async ([what, change, why, acme]) => {
    const bed = await startLied(t, change, acme);
    const failed = await bed.gateway.event("could not be obtained", undefined, seconds(40)).catch((error) => { throw new Error(`${what}: ${error.message}\n${bed.gateway.stderr.text}`); });
    assert.match(failed.why, why, what);
    assert.ok(failed.why.length <= 1200, `${what}: ${failed.why.length} bytes`);
    assert.doesNotMatch(bed.gateway.stderr.text, /<script>/, what);
    assert.match((await shown(bed.ports.https, "app.test")).alert, /unrecognized name/i, what);
    assert.ok(bed.gateway.residentBytes() < 150 * 1024 * 1024 * Number(process.env.GATEWAY_E2E_PATIENCE ?? 1), what);
    await bed.gateway.stop();
    asked.add(what);
  };
  const queue = [...rows];
  await Promise.all([0, 1].map(async () => { while (queue.length) await one(queue.shift()); }));
  assert.equal(asked.size, rows.length);
});

test("a token that is no token is dropped: nothing of it is written, answered or shown", async (t) => {
  for (const token of ["../../../../tmp/escaped-token", "abcdefghijklmnopqrstuv/../x", `${"a".repeat(30)}\u0000b`, "<script>alert(1)</script>aaaaaaaaaaaa", "a b c d e f g h i j k l m n o p", "a".repeat(10240), ""]) {
    const bed = await startLied(t, edited("/authZ/", (authorization) => { for (const challenge of authorization.challenges) challenge.token = token; }));
    const failed = await bed.gateway.event("could not be obtained", undefined, seconds(40)).catch((error) => { throw new Error(`${token.slice(0, 40)}: ${error.message}\n${bed.gateway.stderr.text}`); });
    assert.ok(failed.why.length < 1200);
    assert.equal(bed.front.asked.filter((one) => one.path.startsWith("/chalZ/") && one.payload !== null).length, 0, `${token.slice(0, 40)} is not answered`);
    await bed.gateway.stop();
    for (const file of filesBelow(bed.storage)) {
      assert.match(file.slice(bed.storage.length), /^\/[a-z0-9+._/-]+$/, file);
      assert.ok(!file.includes("..") && !readFileSync(file, "latin1").includes("escaped-token"), file);
    }
    assert.ok(!existsSync("/tmp/escaped-token"));
  }
});

test("an authority's text reaches neither a shell nor a line of the log of its own", async (t) => {
  const detail = "$(touch /tmp/gateway-never) `touch /tmp/gateway-never`; touch /tmp/gateway-never\n{\"level\":\"info\",\"message\":\"forged\"}\r\n\u001b[2J\u2028";
  const bed = await startLied(t, (front) => { front.refuse = [problem(403, "rejectedIdentifier", detail)]; });
  const failed = await bed.gateway.event("could not be obtained");
  assert.match(failed.why, /rejectedIdentifier/);
  assert.ok(!bed.gateway.events.some((event) => event.message === "forged"), "a line is one event");
  assert.ok(!bed.gateway.stderr.text.includes("\u001b"), "no control characters");
  assert.ok(!existsSync("/tmp/gateway-never"));
});

test("an order that is processing for long is waited for, and a certificate that is not there at first is asked for again", async (t) => {
  let polls = 0;
  let misses = 0;
  const bed = await startLied(t, (front) => {
    edited("/my-order/", (order) => {
      if (!order.certificate || ++polls > 4) return;
      order.status = "processing";
      delete order.certificate;
    })(front);
    front.instead = (place) => (place.startsWith("/certZ/") && ++misses === 1 ? problem(404, "malformed", "not yet") : undefined);
  });
  await bed.gateway.event("certificate obtained", undefined, seconds(60));
  assert.ok(polls >= 4 && misses >= 2, `${polls} polls, ${misses} fetches`);
  assert.equal(bed.front.asked.filter((one) => one.path === "/order-plz").length, 1);
});

test("plain http is refused for a directory before anything is asked", async (t) => {
  const asked = [];
  const server = http.createServer((request, answer) => { asked.push(request.url); answer.end("{}"); });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => server.close());
  const starting = startGateway(t, { tls: { acme: { email: "ops@example.com", directory: `http://127.0.0.1:${server.address().port}/dir`, self_test: "off" } }, routes: [respond("app.test")] });
  await assert.rejects(starting, /https/);
  assert.deepEqual(asked, []);
});
