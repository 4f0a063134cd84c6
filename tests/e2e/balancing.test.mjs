// Several origins behind a route: shares, origins that die, hang and come back, names whose addresses change, bounds.
import assert from "node:assert/strict";
import http2 from "node:http2";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { fieldOf } from "./support/http_message.mjs";
import { startNameServer } from "./support/name_server.mjs";
import { answer, Origin, startOrigin } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority, reservePort } from "./support/run_folder.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

/// An origin that says who it is, and what it is asked to: /healthz is answered by `healthy`.
async function startNamed(t, name, options = {}) {
  const state = { healthy: 200, served: 0 };
  state.origin = await startOrigin(t, {
    ...options,
    reply: (request, connection) => {
      if (request.target === "/healthz") return state.healthy === "hangs" ? undefined : answer(state.healthy, "");
      ++state.served;
      return options.reply ? options.reply(request, connection, name) : answer(200, name);
    },
  });
  state.url = state.origin.url;
  return state;
}

const openBed = (t, route, config = {}) => startBed(t, {
  routes: () => [{ host: "other.test", public: true, ...route }],
  login: { host: "auth.test" },
  config: (parts) => ({ workers: 1, ...parts, ...config }),
});

/// Asks `count` times, one after the other on connections of its own or kept alive; how often each origin answered.
async function ask(bed, count, options = {}) {
  const visitor = options.visitor ?? bed.visitor({ navigates: false });
  const counts = {};
  for (let i = 0; i < count; ++i) {
    const page = await visitor.get(bed.url("other.test", "/x"), options).expect(200);
    counts[page.body] = (counts[page.body] ?? 0) + 1;
  }
  return counts;
}

test("origins take turns by their weights", async (t) => {
  const [a, b] = [await startNamed(t, "a"), await startNamed(t, "b")];
  const bed = await openBed(t, { to: [{ url: a.url, weight: 3 }, b.url] });
  assert.deepEqual(await ask(bed, 40), { a: 30, b: 10 });
});

test("an origin that dies in the middle of everything is not noticed by clients, and is used again when it is back", async (t) => {
  const [a, b] = [await startNamed(t, "a"), await startNamed(t, "b")];
  const bed = await openBed(t, { to: [a.url, b.url] });
  assert.deepEqual(await ask(bed, 10), { a: 5, b: 5 });
  const port = a.origin.port;
  await a.origin.close();
  assert.deepEqual(await ask(bed, 30), { b: 30 });
  assert.ok(await bed.gateway.event("left out for a while", (e) => e.origin === `127.0.0.1:${port}`));
  const back = await new Origin({ reply: () => answer(200, "a again") }).listen(port);
  cleanup(t, () => back.close());
  await until("the origin to be used again", async () => (await ask(bed, 2))["a again"], seconds(20));
});

test("a request that was sent and not answered goes to another origin only if that is harmless", async (t) => {
  const reply = (_request, connection, name) => (name === "bad" ? connection.reset() : answer(200, name));
  const [good, bad] = [await startNamed(t, "good", { reply }), await startNamed(t, "bad", { reply })];
  const bed = await openBed(t, { to: [good.url, bad.url] });
  const visitor = bed.visitor({ navigates: false });
  const statuses = [];
  for (let i = 0; i < 2; ++i) statuses.push((await visitor.post(bed.url("other.test", "/x"), { body: "once" })).status);
  assert.deepEqual(statuses.sort(), [200, 502]);
  assert.deepEqual(await ask(bed, 8), { good: 8 });
  assert.ok(bad.served > 2);
  assert.equal(good.served + bad.served, 10 + bad.served - 1); // each that failed was sent once more, but for the POST
});

test("retry: off sends nothing twice", async (t) => {
  const reply = (_request, connection, name) => (name === "bad" ? connection.reset() : answer(200, name));
  const [good, bad] = [await startNamed(t, "good", { reply }), await startNamed(t, "bad", { reply })];
  const bed = await openBed(t, { to: [good.url, bad.url], retry: "off" });
  const visitor = bed.visitor({ navigates: false });
  const statuses = [];
  for (let i = 0; i < 4; ++i) statuses.push((await visitor.get(bed.url("other.test", "/x"))).status);
  assert.deepEqual(statuses.sort(), [200, 200, 502, 502]);
  assert.equal(good.served + bad.served, 4);
});

test("health checks take out an origin that says it is ill or hangs, before anybody meets it, once for all workers", async (t) => {
  const [a, b] = [await startNamed(t, "a"), await startNamed(t, "b")];
  const bed = await openBed(t, { to: [a.url, b.url], health: { path: "/healthz", interval: "200ms", timeout: "300ms", healthy: 1, unhealthy: 2 } }, { workers: 3 });
  for (const illness of [503, "hangs"]) {
    const before = bed.gateway.events.length;
    a.healthy = illness;
    await until("the check to fail", () => bed.gateway.events.slice(before).some((e) => e.message?.includes("fails its check") && e.origin === `127.0.0.1:${a.origin.port}`));
    const served = a.served;
    for (let i = 0; i < 12; ++i) assert.deepEqual(await ask(bed, 1), { b: 1 }); // whichever worker
    assert.equal(a.served, served);
    a.healthy = 200;
    await until("the check to pass", () => bed.gateway.events.slice(before).some((e) => e.message?.includes("passes its check")));
    await until("a to be used", async () => (await ask(bed, 4)).a);
  }
  const check = a.origin.requests.find((request) => request.target === "/healthz");
  assert.equal(fieldOf(check, "host"), "other.test");
  for (const field of ["cookie", "x-forwarded-for", "authorization"]) assert.equal(fieldOf(check, field), undefined);
});

test("all addresses of a name are used, and when they change no request is lost", async (t) => {
  const names = await startNameServer(t);
  const port = await reservePort();
  const held = [];
  const reply = (request, connection, name) => {
    if (request.target !== "/slow") return answer(200, name);
    held.push(() => connection.write(answer(200, `slow ${name}`)));
    return undefined;
  };
  const at = {};
  for (const last of [2, 3, 4]) at[last] = await startNamed(t, `127.0.0.${last}`, { host: `127.0.0.${last}`, port, reply });
  names.table["app.svc.test"] = ["127.0.0.2", "127.0.0.3"];
  const bed = await openBed(t, { to: `http://app.svc.test:${port}` }, { resolver: [names.address] });
  await until("both addresses", async () => Object.keys(await ask(bed, 4)).length === 2);
  assert.deepEqual(await ask(bed, 10), { "127.0.0.2": 5, "127.0.0.3": 5 });
  // Two that are still running when their address goes.
  const visitor = bed.visitor({ navigates: false });
  const running = [visitor.get(bed.url("other.test", "/slow")), bed.visitor({ navigates: false }).get(bed.url("other.test", "/slow"))];
  running.forEach((page) => page.then(() => {}, () => {}));
  await until("both to be running", () => held.length === 2);
  names.table["app.svc.test"] = ["127.0.0.4", "127.0.0.3"];
  await until("the new address", async () => (await ask(bed, 2))["127.0.0.4"], seconds(20));
  const before = at[2].served;
  assert.deepEqual(await ask(bed, 10), { "127.0.0.3": 5, "127.0.0.4": 5 });
  assert.equal(at[2].served, before);
  for (const finish of held) finish();
  for (const page of running) assert.match((await page).body, /^slow 127\.0\.0\.[23]$/);
  // The last one takes everything; then the name is gone and clients are told.
  names.table["app.svc.test"] = ["127.0.0.3", "127.0.0.2"];
  await until("the old address again", async () => (await ask(bed, 2))["127.0.0.2"], seconds(20));
});

test("a name with one address is followed too, kept-alive connections to the old address included", async (t) => {
  const names = await startNameServer(t);
  const port = await reservePort();
  const old = await startNamed(t, "old", { host: "127.0.0.2", port });
  await startNamed(t, "new", { host: "127.0.0.3", port });
  names.table["app.svc.test"] = ["127.0.0.2"];
  const bed = await openBed(t, { to: `http://app.svc.test:${port}` }, { resolver: [names.address] });
  assert.deepEqual(await ask(bed, 5), { old: 5 });
  names.table["app.svc.test"] = ["127.0.0.3"];
  await until("the new address", async () => (await ask(bed, 1)).new, seconds(20));
  assert.deepEqual(await ask(bed, 5), { new: 5 });
  await until("the old connections to be closed", () => old.origin.connections.every((connection) => connection.ended || connection.closed));
});

test("cookie: a browser stays with its origin until that is gone; the cookie is ours alone", async (t) => {
  const [a, b, c] = [await startNamed(t, "a"), await startNamed(t, "b"), await startNamed(t, "c")];
  const bed = await openBed(t, { to: [a.url, b.url, c.url], balance: "cookie" });
  const visitors = [1, 2, 3].map(() => bed.visitor());
  const first = [];
  for (const visitor of visitors) first.push((await visitor.get(bed.url("other.test", "/")).expect(200)).body);
  assert.deepEqual([...first].sort(), ["a", "b", "c"]);
  for (const [i, visitor] of visitors.entries()) assert.deepEqual(await ask(bed, 5, { visitor }), { [first[i]]: 5 });
  for (const origin of [a, b, c]) assert.ok(!origin.origin.text.includes("-origin-"));
  await a.origin.close();
  const left = visitors[first.indexOf("a")];
  const next = Object.keys(await ask(bed, 5, { visitor: left }));
  assert.equal(next.length, 1);
  assert.notEqual(next[0], "a");
});

test("client_ip: one client has one origin, whatever its connection and worker", async (t) => {
  const [a, b, c] = [await startNamed(t, "a"), await startNamed(t, "b"), await startNamed(t, "c")];
  const bed = await openBed(t, { to: [a.url, b.url, c.url], balance: "client_ip" }, { workers: 3 });
  const answered = new Set();
  for (let i = 0; i < 9; ++i) for (const name of Object.keys(await ask(bed, 1))) answered.add(name);
  assert.equal(answered.size, 1);
});

test("least_requests: an origin that is slow gets less", async (t) => {
  const held = [];
  const reply = (_request, connection, name) => {
    if (name !== "slow") return answer(200, name);
    held.push(connection);
    return undefined;
  };
  const [slow, fast] = [await startNamed(t, "slow", { reply }), await startNamed(t, "fast", { reply })];
  const bed = await openBed(t, { to: [slow.url, fast.url], balance: "least_requests" });
  const pages = [];
  const asking = async () => { for (let i = 0; i < 20; ++i) pages.push(await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x"))); };
  const all = Array.from({ length: 4 }, asking);
  await until("the slow one to hold somebody", () => held.length > 0);
  const end = Promise.all(all);
  let over = false;
  end.then(() => { over = true; });
  await until("all to be answered", () => { held.splice(0).forEach((c, i) => setTimeout(() => c.write(answer(200, "slow")), 100 + i)); return over; }, seconds(30));
  assert.equal(pages.length, 80);
  assert.ok(slow.served < fast.served / 2, `${slow.served} and ${fast.served}`);
});

test("circuit: no more connections than said; who finds the line full is told to come back", async (t) => {
  const held = [];
  const { url, origin } = await startNamed(t, "a", { reply: (_request, connection) => { held.push(connection); } });
  const bed = await openBed(t, { to: url, circuit: { connections: 2, pending: 1 } });
  const head = `GET /x HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`;
  const wires = [];
  for (let i = 0; i < 3; ++i) {
    wires.push(await connectTls(t, bed.gateway.ports.https, { servername: "other.test" }));
    await wires[i].send(head, ["GET"]);
    if (i < 2) await until("the request", () => held.length === i + 1);
  }
  await quiet();
  const late = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await late.send(head, ["GET"]);
  const refusal = await late.response();
  assert.equal(refusal.status, 503);
  assert.equal(fieldOf(refusal, "retry-after"), "1");
  assert.equal(origin.connections.length, 2);
  held[0].write(answer(200, "first"));
  await until("the third request", () => held.length === 3);
  held[1].write(answer(200, "second"));
  held[2].write(answer(200, "third"));
  const bodies = [];
  for (const wire of wires) bodies.push((await wire.response()).body.toString());
  assert.deepEqual(bodies.sort(), ["first", "second", "third"]);
  assert.equal(origin.connections.length, 2);
});

test("one client with many HTTP/2 streams cannot open more connections to origins than clients may be", async (t) => {
  const held = [];
  const { url, origin } = await startNamed(t, "a", { reply: (_request, connection) => { held.push(connection); } });
  const bed = await openBed(t, { to: url, timeouts: { connect: "30s" } }, { limits: { connections: 8 } });
  const client = http2.connect(`https://127.0.0.1:${bed.gateway.ports.https}`, { ca: authority().pem, servername: "other.test" });
  cleanup(t, () => client.destroy());
  client.on("error", () => {});
  const statuses = [];
  for (let i = 0; i < 60; ++i) {
    const stream = client.request({ ":path": "/x", ":authority": `other.test:${bed.gateway.ports.https}` });
    stream.on("response", (fields) => statuses.push(fields[":status"])).on("error", () => {}).resume();
  }
  await until("the bound to be reached", () => held.length === 8);
  await quiet();
  assert.equal(held.length, 8);
  await until("all to be answered", () => { held.splice(0).forEach((connection) => connection.write(answer(200, "ok"))); return statuses.length === 60; }, seconds(30));
  assert.ok(statuses.every((status) => status === 200));
  assert.equal(origin.connections.length, 8);
});

test("timeouts.total ends what drips on for ever", async (t) => {
  const { url } = await startNamed(t, "a", {
    reply: (_request, connection) => {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      const drip = setInterval(() => connection.write("x"), 50);
      connection.socket.on("close", () => clearInterval(drip));
    },
  });
  const bed = await openBed(t, { to: url, timeouts: { total: "700ms" } });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /x HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`, ["GET"]);
  await wire.ended();
  assert.ok(wire.text.startsWith("HTTP/1.1 200 "));
  assert.ok(!wire.text.endsWith("x".repeat(900)));
});
