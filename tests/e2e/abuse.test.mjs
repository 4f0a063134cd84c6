// Clients that take more than their share: memory stays bounded, others are served, and it passes (attack rows A11, K19, O01-O05,
// O16, S01, N08 in HTTP/1).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const MiB = 1024 * 1024;
const slow = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1;
const allowance = (slow ? 200 : 32) * MiB; // a sanitizer keeps freed memory back
const wireTo = (t, bed, host = "other.test") => connectTls(t, bed.gateway.ports.https, { servername: host });
const head = (bed, start, fields = "", host = "other.test") => `${start} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n${fields}\r\n`;

async function isServed(t, bed) {
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "GET /victim"));
  assert.equal((await wire.response()).status, 200);
  wire.close();
}

test("a client that asks and never reads is not read from any more", async (t) => {
  const bed = await startBed(t);
  for (const [host, target] of [["other.test", "/x"], ["app.test", "/private"], ["auth.test", "/nowhere"]]) {
    const before = bed.gateway.residentBytes();
    const wire = await wireTo(t, bed, host);
    wire.socket.pause();
    const batch = head(bed, `GET ${target}`, "", host).repeat(500);
    let accepted = 0;
    let stopped = false;
    for (let i = 0; i < 400 && !stopped; ++i) {
      if (wire.socket.write(batch)) accepted += 500;
      else stopped = !(await Promise.race([new Promise((resolve) => wire.socket.once("drain", () => resolve(true))), quiet().then(quiet).then(() => false)]));
    }
    assert.ok(bed.gateway.residentBytes() - before < allowance, `${target}: grew by ${((bed.gateway.residentBytes() - before) / MiB).toFixed(1)} MiB`);
    await isServed(t, bed);
    wire.reset();
    assert.ok(stopped || accepted > 0);
  }
});

test("a body in chunks of one byte with long extensions is refused or costs no memory", async (t) => {
  const bed = await startBed(t);
  const before = bed.gateway.residentBytes();
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /drops", "Transfer-Encoding: chunked\r\n"));
  const chunk = `1;${"e".repeat(4000)}\r\nx\r\n`;
  for (let i = 0; i < 500 && !wire.closed; ++i) await wire.send(chunk);
  assert.ok(bed.gateway.residentBytes() - before < allowance);
  await until("the end of a body that is two megabytes of extensions for 500 bytes", () => wire.closed);
  await isServed(t, bed);
});

test("a hundred thousand one-byte chunks arrive without more memory than their bytes", async (t) => {
  const bed = await startBed(t, { origin: { keepsBytes: false } });
  const before = bed.gateway.residentBytes();
  const wire = await wireTo(t, bed);
  await wire.send(head(bed, "POST /drops", "Transfer-Encoding: chunked\r\n"));
  for (let i = 0; i < 100; ++i) await wire.send("1\r\nx\r\n".repeat(1000));
  await wire.send("0\r\n\r\n");
  const response = await wire.response(seconds(30));
  assert.equal(response.status, 200);
  assert.equal(JSON.parse(response.body).body.length, 100_000);
  assert.ok(bed.gateway.residentBytes() - before < allowance);
});

test("starting sign-ins without end costs the gateway no memory", async (t) => {
  const bed = await startBed(t, { login: { rate: "off" } });
  const begin = async (count, tag) => {
    for (let i = 0; i < count; i += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, k) => bed.visitor().get(bed.url("auth.test", `/oauth2/start?rd=${encodeURIComponent(bed.url("app.test", `/${tag}-${i + k}`))}`))));
    }
  };
  await begin(200, "warm");
  const before = bed.gateway.residentBytes();
  await begin(slow ? 200 : 600, "more");
  assert.ok(bed.gateway.residentBytes() - before < 8 * MiB * (slow ? 8 : 1), `grew by ${((bed.gateway.residentBytes() - before) / MiB).toFixed(1)} MiB`);
});

test("a client that goes away in the middle of a sign-in harms nobody", async (t) => {
  const bed = await startBed(t);
  const held = [];
  for (const endpoint of ["token", "userinfo", "keys"]) {
    bed.provider.claims = ({ groups: _, email: __, ...claims }) => claims;
    bed.provider.broken[endpoint] = (_, response) => held.push(response);
    for (const breakOff of ["close", "reset", "end"]) {
      const visitor = bed.visitor();
      let page = await visitor.get(bed.url("app.test", "/x"));
      while (!page.location.includes("/oauth2/callback")) page = await visitor.follow(page);
      const callback = new URL(page.location);
      const wire = await wireTo(t, bed, "auth.test");
      const count = bed.provider.to(endpoint).length;
      await wire.send(head(bed, `GET ${callback.pathname}${callback.search}`, `Cookie: ${visitor.jar.header(callback.href)}\r\nAccept: text/html\r\n`, "auth.test"));
      await Promise.race([until(endpoint, () => bed.provider.to(endpoint).length > count, seconds(5)).catch(() => {}), wire.response().catch(() => {})]);
      wire[breakOff]();
      await isServed(t, bed);
      for (const response of held.splice(0)) response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    }
    delete bed.provider.broken[endpoint];
  }
  bed.provider.claims = (claims) => claims;
  (await bed.visitor().open(bed.url("app.test", "/"))).expect(200);
});

test("the gateway can be ended while sign-ins wait for a provider that never answers", async (t) => {
  const bed = await startBed(t, { config: (parts) => ({ ...parts, shutdown: { timeout: "1s" } }) });
  bed.provider.broken.token = () => {};
  const visitor = bed.visitor();
  let page = await visitor.get(bed.url("app.test", "/x"));
  while (!page.location.includes("/oauth2/callback")) page = await visitor.follow(page);
  const lost = visitor.get(page.location).then(() => {}, () => {});
  await until("the question at the provider", () => bed.provider.to("token").length);
  await bed.gateway.stop();
  await within("the end of the visitor", lost);
});

test("more connections than are allowed wait; those that are served go on; afterwards all is well", async (t) => {
  const limit = 24;
  const bed = await startBed(t, { config: (parts) => ({ ...parts, workers: 1, limits: { connections: limit } }) });
  const wires = [];
  for (let i = 0; i < limit - 4; ++i) wires.push(await wireTo(t, bed));
  const waiting = Array.from({ length: limit }, () => wireTo(t, bed).catch(() => undefined));
  await quiet();
  await wires[0].send(head(bed, "GET /served"));
  assert.equal((await wires[0].response()).status, 200);
  for (const wire of wires) wire.close();
  const late = await within("those who waited", Promise.all(waiting), seconds(30));
  for (const wire of late) wire?.close();
  await until("room", async () => {
    try {
      await isServed(t, bed);
      return true;
    } catch {
      return false;
    }
  });
});

test("with few descriptors, every client that is let in has one for its origin, and the others wait", async (t) => {
  const open = 200;
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const bed = await startBed(t, { origin: { reply: (request) => (request.target === "/held" ? released.then(() => answer(200, "held")) : answer(200, "ok")) },
    start: { wrapper: ["sh", "-c", 'ulimit -n 256; exec "$0" "$@"'] } });
  const ready = await bed.gateway.event("ready", (event) => event.connections !== undefined);
  assert.ok(ready.connections >= 64 && ready.connections < 128, `${ready.connections} connections of 256 descriptors`);
  const inside = [];
  let letIn = (wire) => inside.push(wire);
  const all = Array.from({ length: open }, () => wireTo(t, bed).then((wire) => letIn(wire), () => {}));
  await until("the gateway to be full", () => inside.length === ready.connections, seconds(30));
  await quiet();
  assert.equal(inside.length, ready.connections, "more were let in than there is room for");
  for (const wire of inside) await wire.send(head(bed, "GET /held"));
  await until("every request at the origin", () => bed.origin.text.split("GET /held").length - 1 === ready.connections, seconds(30));
  release();
  letIn = (wire) => wire.close();
  for (const wire of inside) {
    assert.equal((await wire.response()).status, 200);
    wire.close();
  }
  await within("those who waited", Promise.all(all), seconds(60));
  await isServed(t, bed);
});

test("a thousand idle connections cost little and are all still there", async (t) => {
  const count = slow ? 100 : 1000;
  // Opening them may take a busy machine longer than a client has for its first request.
  const bed = await startBed(t, { config: (parts) => ({ ...parts, limits: { header_time: "5m" } }) });
  const before = bed.gateway.residentBytes();
  const wires = [];
  for (let i = 0; i < count; i += 20) wires.push(...(await Promise.all(Array.from({ length: 20 }, () => wireTo(t, bed)))));
  const each = (bed.gateway.residentBytes() - before) / count;
  assert.ok(slow || each < 40 * 1024, `${Math.round(each)} bytes a connection`);
  for (const i of [0, count / 2, count - 1]) {
    await wires[i].send(head(bed, "GET /idle"));
    assert.equal((await wires[i].response()).status, 200);
  }
  const open = bed.gateway.descriptors();
  for (const wire of wires) wire.reset();
  await until("their descriptors to be closed", () => bed.gateway.descriptors() <= open - count + 20, seconds(20));
});

test("a body that never comes holds nothing that others need", async (t) => {
  const bed = await startBed(t);
  const own = await wireTo(t, bed, "app.test");
  await own.send(head(bed, "POST /private", "Content-Length: 100\r\n", "app.test"));
  assert.equal((await own.response(seconds(5))).status, 401, "an answer of our own waits for a body");
  const wires = [];
  for (let i = 0; i < 50; ++i) {
    const wire = await wireTo(t, bed);
    await wire.send(head(bed, "POST /never", "Content-Length: 100\r\n"));
    wires.push(wire);
  }
  await isServed(t, bed);
  for (const wire of wires) wire.reset();
  await until("the origin's connections to end", () => bed.origin.connections.filter((c) => c.text.includes("/never")).every((c) => c.closed || c.ended));
});
