// What an authority says besides: when to renew (RFC 9773), profiles, rate limits, failures, standing records (attack rows Q01, Q06, Q09).
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { problem, startFront } from "./support/authority_front.mjs";
import { movableClock } from "./support/clock.mjs";
import { obtained, respond, shown } from "./support/acme_bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { certificateFor, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

async function startBed(t, { acme = {}, authority: options = {}, prepare = () => {}, routes = [respond("app.test")], environment } = {}) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port, ...options });
  const front = await startFront(t, authority, { dnsPort: dns.port });
  prepare(front, dns);
  const settings = acmeSettings(front, typeof acme === "function" ? acme(dns) : acme);
  const gateway = await startGateway(t, { tls: { acme: settings }, routes, resolver: [`127.0.0.1:${dns.port}`] }, { ports, environment });
  return { ports, dns, authority, front, gateway };
}

test("advice to renew now is followed, and the order says what it replaces", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { prepare: (front) => { front.window = { start: new Date(Date.now() - 7200_000), end: new Date(Date.now() - 3600_000) }; }, environment: clock.environment });
  await obtained(bed, "app.test");
  await until("the question", () => bed.front.adviceAsked.length === 1, seconds(20));
  clock.move(7 * 3600);  // a certificate of this minute is not renewed, whatever is advised
  await bed.gateway.event("certificate renewed", undefined, seconds(40));
  bed.front.window = { start: new Date(Date.now() + 86400_000), end: new Date(Date.now() + 2 * 86400_000) };
  const orders = bed.front.asked.filter((one) => one.path === "/order-plz");
  assert.equal(orders.length, 2);
  assert.equal(orders[0].payload.replaces, undefined);
  assert.equal(orders[1].payload.replaces, bed.front.adviceAsked[0]);
});

test("advice that is garbage changes nothing", async (t) => {
  const bed = await startBed(t, { prepare: (front) => { front.window = "garbage"; } });
  await obtained(bed, "app.test");
  await until("the question", () => bed.front.adviceAsked.length === 1, seconds(20));
  assert.equal(bed.front.asked.filter((one) => one.path === "/order-plz").length, 1);
  assert.ok((await shown(bed.ports.https, "app.test")).certificate);
});

test("a profile is asked for by its name; one that is not there is an error that names those that are", async (t) => {
  const profiles = { shortlived: "six days", classic: "ninety days" };
  const bed = await startBed(t, { acme: { profile: "shortlived" }, prepare: (front) => { front.profiles = profiles; } });
  await obtained(bed, "app.test");
  assert.equal(bed.front.asked.find((one) => one.path === "/order-plz").payload.profile, "shortlived");
  const wrong = await startBed(t, { acme: { profile: "tlsclient" }, prepare: (front) => { front.profiles = profiles; } });
  const failed = await wrong.gateway.event("could not be obtained");
  assert.match(failed.why, /no profile tlsclient; it has (shortlived, classic|classic, shortlived)/);
  assert.equal(wrong.front.asked.filter((one) => one.path === "/order-plz").length, 0);
});

test("a rate limit is obeyed and explained", async (t) => {
  const bed = await startBed(t, { prepare: (front) => { front.refuse = [problem(429, "rateLimited", "too many certificates already", { "Retry-After": "7200" })]; } });
  const failed = await bed.gateway.event("could not be obtained");
  assert.match(failed.why, /rateLimited: too many certificates already; come again after 7200 s/);
  assert.ok(parseInt(failed.next_attempt_in, 10) >= 7200, failed.next_attempt_in);
});

test("a standing record proves a wildcard without any key to the DNS, and until it is there the log says what to create", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, {
    environment: clock.environment,
    routes: [respond("*.wild.test")],
    authority: { environment: { PEBBLE_VA_ALWAYS_VALID: "1" } },
    acme: (dns) => ({ challenge: "dns-persist-01", dns: { provider: "exec", command: ["/bin/false"], servers: [`127.0.0.1:${dns.port}`] } }),
    prepare: (front) => { front.persist = { issuer: "ca.example", get resolver() { return front.resolver; } }; },
  });
  const failed = await bed.gateway.event("could not be obtained");
  const record = /create the record (\S+)\. TXT "([^"]+)"/.exec(failed.why);
  assert.ok(record, failed.why);
  assert.equal(record[1], "_validation-persist.wild.test");
  assert.match(record[2], /^ca\.example; accounturi=https:\/\/127\.0\.0\.1:\d+\/my-account\/\w+; policy=wildcard$/);
  assert.equal(bed.front.asked.filter((one) => one.path.startsWith("/chalZ/") && one.payload !== null).length, 0, "no proof is claimed");
  await bed.dns.call("set-txt", { host: `${record[1]}.`, value: "ca.example; accounturi=https://127.0.0.1/my-account/somebody-else; policy=wildcard" });
  clock.move(120);
  await until("a second look", () => bed.gateway.events.filter((event) => String(event.message).includes("could not be obtained")).length === 2, seconds(40));
  await bed.dns.call("set-txt", { host: `${record[1]}.`, value: record[2] });
  clock.move(120 + 3600);
  await obtained(bed, "*.wild.test", seconds(40));
  assert.equal((await shown(bed.ports.https, "any.wild.test")).certificate.subjectAltName, "DNS:*.wild.test");
  await bed.gateway.stop();
});

/// Kills a gateway at the request with that number, starts another in its place, and says what the authority saw.
async function killedAt(t, step, lane) {
  const { ports, front, folder, config } = lane;
  const storage = path.join(folder, `storage-${step}`);
  front.asked.length = 0;
  let starting;
  const reached = new Promise((resolve) => {
    front.onAsked = async (count) => {
      if (count !== step) return;
      front.onAsked = undefined;
      const first = await starting;
      first.signal("SIGKILL");
      await first.exited;
      resolve(true);
    };
  });
  starting = startGateway(t, { ...config, storage }, { ports });
  const first = await starting;
  const ended = await Promise.race([reached, first.event("certificate obtained", undefined, seconds(40)).then(() => false)]);
  front.onAsked = undefined;
  if (!ended) {
    assert.ok(front.asked.length < step, `step ${step} was passed: ${front.asked.length} requests`);
    await first.stop();
    return false;
  }
  first.end = { code: 0, signal: null }; // it was us
  // Two minutes later, so that the pause after an attempt that left nothing behind is over.
  const second = await startGateway(t, { ...config, storage }, { ports, environment: lane.clock.environment });
  await until(`a certificate after a death at step ${step}`, async () => (await shown(ports.https, "app.test")).certificate, seconds(90));
  await second.stop();
  const count = (name) => front.asked.filter((one) => one.path.startsWith(name)).length;
  assert.ok(count("/finalize-order") <= 2, `step ${step}: finalized ${count("/finalize-order")} times`);
  assert.equal(new Set(front.asked.filter((one) => one.path.startsWith("/certZ")).map((one) => one.path)).size, 1, `step ${step}: one certificate`);
  return true;
}

test("a process killed at each step of an order is followed by one that ends with one certificate", async (t) => {
  const lanes = await Promise.all([0, 1, 2].map(async () => {
    const ports = await reservePorts();
    const dns = await startChallengeDns(t);
    const authority = await startAuthority(t, { ports, dnsPort: dns.port });
    const front = await startFront(t, authority);
    const config = { tls: { acme: acmeSettings(front) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] };
    const clock = movableClock();
    clock.move(120);
    return { ports, front, clock, folder: scratch("killed"), config };
  }));
  let deaths = 0;
  await Promise.all(lanes.map(async (lane, number) => {
    for (let step = 1 + number; step < 40; step += lanes.length) {
      if (!(await killedAt(t, step, lane))) return;
      ++deaths;
    }
  }));
  // Directory, nonce, account, order, authorization, challenge: what comes behind them depends on how fast the authority is.
  assert.ok(deaths >= 6, `${deaths} steps`);
});

test("a gateway that is told to end asks for no validation that nobody would answer, and its next goes on with the order", async (t) => {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port });
  const front = await startFront(t, authority);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  const origin = http.createServer((request, response) => held.then(() => response.end("late")));
  await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => origin.close());
  const storage = path.join(scratch("told-to-end"), "storage");
  const routes = [respond("app.test"), { host: "slow.test", to: `http://127.0.0.1:${origin.address().port}`, public: true }];
  const config = { storage, shutdown: { timeout: "30s" }, tls: { acme: acmeSettings(front), certificates: [certificateFor(["slow.test"])] }, routes, resolver: [`127.0.0.1:${dns.port}`] };
  let first;
  /// The origin has a request, the gateway closes its listeners.
  const end = async () => {
    const gateway = await first;
    const waiting = new Promise((over) => https.get({ host: "127.0.0.1", port: ports.https, servername: "slow.test", headers: { Host: `slow.test:${ports.https}` }, rejectUnauthorized: false, agent: false }, (answer) => answer.resume().on("end", over)).on("error", over));
    await until("the request at its origin", () => new Promise((look) => origin.getConnections((error, number) => look(number > 0))));
    gateway.signal("SIGTERM");
    await until("closed listeners", async () => (await shown(ports.https, "slow.test")).alert === "ECONNREFUSED");
    return { waiting };
  };
  const ended = new Promise((resolve, reject) => {
    front.onAsked = (count, request) => {
      if (!request.url.startsWith("/authZ/")) return undefined;
      front.onAsked = undefined;
      const ending = end();
      ending.then(resolve, reject);
      return ending;
    };
  });
  first = startGateway(t, config, { ports });
  const gateway = await first;
  const { waiting } = await ended;
  await gateway.event("left to the next process", undefined, seconds(20));
  release();
  await waiting;
  await gateway.exited;
  const count = (name) => front.asked.filter((one) => one.path.startsWith(name)).length;
  assert.equal(count("/chalZ"), 0);
  assert.equal(gateway.events.some((event) => String(event.message).includes("could not be obtained")), false);
  const second = await startGateway(t, config, { ports });
  await second.event("certificate obtained", undefined, seconds(40));
  assert.equal(count("/order-plz"), 1);
});
