// How much one client, one person or everybody may ask for: rates across workers, connections and protocols; sign-ins without
// end (row K19); bodies that are cut off while they stream.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { ask, begin, connectH2 } from "./support/h2_client.mjs";
import { fieldOf } from "./support/http_message.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { until } from "./support/wait.mjs";

const openBed = (t, limits, options = {}) => startBed(t, {
  routes: (origin) => [{ host: "other.test", to: origin.url, public: true, limits }, { host: "app.test", to: origin.url, policy: "signed-in", limits }],
  config: (parts) => ({ ...parts, workers: 4 }), ...options,
});
const from = (t, bed, localAddress, host = "other.test") => connectTls(t, bed.gateway.ports.https, { servername: host, localAddress });
const head = (bed, start, fields = "", host = "other.test") => `${start} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n${fields}\r\n`;

/// The statuses of `count` requests from `address`, sent over as many connections as `wide` says, all at once.
async function storm(t, bed, address, { count = 120, wide = 12 } = {}) {
  const statuses = [];
  await Promise.all(Array.from({ length: wide }, async () => {
    const wire = await from(t, bed, address);
    for (let i = 0; i < count / wide; ++i) {
      await wire.send(head(bed, "GET /x"));
      statuses.push((await wire.response()).status);
    }
    wire.close();
  }));
  return statuses;
}

const passed = (statuses) => {
  assert.ok(statuses.every((status) => status === 200 || status === 429), String(new Set(statuses)));
  return statuses.filter((status) => status === 200).length;
};

test("an address has one account on all workers and connections, and others have their own", async (t) => {
  const bed = await openBed(t, { rate: { requests: "1/h", burst: 20 } });
  // Two that open the account in the same instant may both begin one.
  const [first, second] = await Promise.all([storm(t, bed, "127.0.0.2"), storm(t, bed, "127.0.0.3")]);
  for (const count of [passed(first), passed(second)]) assert.ok(count >= 20 && count <= 23, `${count} of a burst of 20`);
  assert.equal(passed(await storm(t, bed, "127.0.0.2", { count: 12 })), 0);
  assert.equal(bed.origin.requests.length, passed(first) + passed(second), "what is refused reaches no origin");
  const session = await connectH2(t, bed.gateway.ports.https, "other.test", { localAddress: "127.0.0.2" });
  assert.equal((await ask(session, { ":path": "/h2" })).status, 429, "HTTP/2 is no way around");
  const line = await bed.gateway.accessLine((l) => l["http.response.status_code"] === 429);
  assert.match(line["gateway.reason"], /more than 1\/h per address/);
});

test("a 429 says when to come back, and then it is true", async (t) => {
  const bed = await openBed(t, { rate: { requests: "1/s", burst: 1 } });
  const wire = await from(t, bed, "127.0.0.2");
  await wire.send(head(bed, "GET /1") + head(bed, "GET /2") + head(bed, "GET /3", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\n"));
  assert.equal((await wire.response()).status, 200);
  const program = await wire.response();
  assert.equal(program.status, 429);
  assert.equal(fieldOf(program, "retry-after"), "1");
  assert.equal(JSON.parse(program.body).error.code, "too_many_requests");
  const page = await wire.response();
  assert.equal(page.status, 429);
  assert.match(fieldOf(page, "content-type"), /text\/html/);
  await until("a request to pass again", async () => {
    await wire.send(head(bed, "GET /later"));
    return (await wire.response()).status === 200;
  });
});

test("a person is counted wherever he comes from; strangers and other people use up nothing of his", async (t) => {
  const bed = await openBed(t, { rate: { requests: "1/h", per: "user", burst: 3 } });
  const [home, office, bob] = [await bed.signedIn("alice"), await bed.signedIn("alice"), await bed.signedIn("bob")];
  const url = bed.url("app.test", "/x");
  for (let i = 0; i < 10; ++i) await bed.visitor({ navigates: false }).get(url).expect(401);
  await home.get(url).expect(200); // the sign-in itself was the first, another the second
  const refused = await office.get(url).expect(429);
  assert.deepEqual(refused.setCookies, []);
  await home.get(url).expect(429);
  await bob.get(url).expect(200);
});

test("a route's account is its admitted requests' alone", async (t) => {
  const bed = await openBed(t, { rate: { requests: "1/h", per: "route", burst: 2 } });
  const url = bed.url("app.test", "/x");
  for (let i = 0; i < 10; ++i) await bed.visitor({ navigates: false }).get(url).expect(401);
  const alice = await bed.signedIn("alice");
  await alice.get(url).expect(200);
  await alice.get(url).expect(429);
});

test("sign-ins without end are stopped before they reach the provider, and nobody is signed out", async (t) => {
  const bed = await startBed(t, { login: { rate: { requests: "1/h", burst: 6 } } });
  const alice = await bed.signedIn("alice");
  const asked = bed.provider.to("token").length;
  const statuses = [];
  for (const endpoint of ["start", "sign_in", "callback?state=x&code=y", "return?ticket=x", "start", "callback?state=x&code=y"]) {
    for (let i = 0; i < 3; ++i) statuses.push((await bed.visitor().get(bed.url("auth.test", `/oauth2/${endpoint}`))).status);
  }
  assert.ok(statuses.filter((status) => status !== 429).length <= 6, String(statuses));
  assert.deepEqual(statuses.slice(-6), Array(6).fill(429));
  assert.equal(bed.provider.to("token").length, asked);
  await alice.get(bed.url("app.test", "/x")).expect(200);
  await alice.get(bed.url("app.test", "/oauth2/userinfo")).expect(200);
  const elsewhere = await from(t, bed, "127.0.0.9", "auth.test");
  await elsewhere.send(head(bed, "GET /oauth2/start", "", "auth.test"));
  assert.notEqual((await elsewhere.response()).status, 429);
});

// ---- bodies

const limit = 100_000;

test("a body over the limit is cut off while it streams, and the origin never has a whole request", async (t) => {
  const bed = await openBed(t, { body: `${limit}B` });
  const wire = await from(t, bed, "127.0.0.1");
  await wire.send(head(bed, "POST /up", "Transfer-Encoding: chunked\r\n"));
  const piece = "x".repeat(10_000);
  for (let i = 0; i < limit / piece.length; ++i) await wire.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
  await until("all of it at the origin", () => bed.origin.text.includes("POST /up") && bed.origin.connections.at(-1).received > limit);
  assert.equal(wire.responses.length, 0, "the limit itself is allowed");
  await wire.send("1\r\nx\r\n");
  assert.equal((await wire.response()).status, 413);
  await until("the origin's connection to end", () => bed.origin.connections.at(-1).closed || bed.origin.connections.at(-1).ended);
  assert.equal(bed.origin.requests.length, 0);
  const exact = await from(t, bed, "127.0.0.1");
  await exact.send(head(bed, "POST /up", "Transfer-Encoding: chunked\r\n") + `${limit.toString(16)}\r\n${"x".repeat(limit)}\r\n0\r\n\r\n`);
  assert.equal((await exact.response()).status, 200);
});

test("a body that says it is over the limit reaches no origin", async (t) => {
  const bed = await openBed(t, { body: `${limit}B` });
  const wire = await from(t, bed, "127.0.0.1");
  await wire.send(head(bed, "POST /up", `Content-Length: ${limit + 1}\r\nExpect: 100-continue\r\n`));
  assert.equal((await wire.response()).status, 413);
  assert.equal(wire.interim.length, 0);
  const session = await connectH2(t, bed.gateway.ports.https);
  assert.equal((await begin(session, { ":method": "POST", "content-length": String(limit + 1) }).head)[":status"], 413);
  assert.equal(bed.origin.text, "");
});

test("over HTTP/2 a body is cut off the same way, and the connection lives on", async (t) => {
  const bed = await openBed(t, { body: `${limit}B` });
  const session = await connectH2(t, bed.gateway.ports.https);
  assert.equal((await ask(session, { ":method": "POST", ":path": "/exact" }, Buffer.alloc(limit, "x"))).status, 200);
  const over = begin(session, { ":method": "POST", ":path": "/over" });
  over.stream.write(Buffer.alloc(limit, "x"));
  await until("what is allowed at the origin", () => bed.origin.connections.some((c) => c.text.includes("POST /over") && c.received > limit));
  over.stream.write(Buffer.alloc(1, "x"));
  assert.equal((await over.head)[":status"], 413);
  assert.equal(bed.origin.requests.length, 1);
  assert.equal((await ask(session, { ":path": "/after" })).status, 200);
});

const linesOf = (bed, act, reason) => bed.gateway.events.filter((event) => event.act === act && event.reason.includes(reason));

test("one person signs in so often and no more, from whatever address; others go on", async (t) => {
  const bed = await startBed(t, { login: { sign_in_rate: { requests: "1/m", burst: 3 }, session: { store: "storage" } }, config: (parts) => ({ ...parts, workers: 2 }) });
  for (let i = 0; i < 3; ++i) (await (await bed.signedIn("alice")).get(bed.url("app.test", "/"))).expect(200);
  const over = bed.visitor();
  for (let i = 0; i < 2; ++i) {
    const refused = (await bed.signIn(over, "alice", bed.url("app.test", "/"))).expect(429);
    assert.match(refused.headers["retry-after"], /^[1-9][0-9]?$/);
    assert.equal((await over.get(bed.url("app.test", "/"))).status, 302, "a session came of it");
  }
  (await (await bed.signedIn("bob")).get(bed.url("app.test", "/"))).expect(200);
  const lines = await until("its line", () => { const found = linesOf(bed, "sign_in_failed", "signs in too often"); return found.length > 0 && found; });
  assert.deepEqual(lines.map(({ user }) => user), ["u-alice"]);
});

test("who is refused over and over is told to wait, with one line in the audit for all that", async (t) => {
  const bed = await startBed(t, {
    login: { denied_rate: { requests: "1/m", burst: 3 }, auth_check: { from: ["127.0.0.1"] }, session: { cookie_domain: "test" } }, config: (parts) => ({ ...parts, workers: 2 }),
  });
  const carol = bed.visitor();
  await bed.signIn(carol, "carol", bed.url("app.test", "/"));
  for (let i = 0; i < 3; ++i) (await carol.get(bed.url("wiki.test", "/"))).expect(403);
  for (let i = 0; i < 5; ++i) assert.ok((await carol.get(bed.url("wiki.test", "/"))).expect(429).headers["retry-after"]);
  (await carol.get(bed.url("app.test", "/"))).expect(200);
  const asked = await carol.get(bed.url("auth.test", "/oauth2/auth"), { headers: { "X-Original-URL": bed.url("wiki.test", "/"), "X-Original-Method": "GET" } });
  assert.equal(asked.status, 403, "what another proxy asks");
  await bed.signedIn("alice");
  await until("the lines", () => linesOf(bed, "sign_in", "").length === 2);
  assert.deepEqual([linesOf(bed, "denied", "policy").length, linesOf(bed, "denied", "refused too often: policy staff").length], [4, 1]);
});
