// Rates that replicas count together, by the storage that they share.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { messageOf } from "./support/gateway.mjs";
import { startKubernetes, startRedis } from "./support/stores.mjs";
import { seconds, until } from "./support/wait.mjs";
import { startWatched } from "./support/watched.mjs";

const burst = 6;
const routes = (origin) => [{ host: "other.test", to: origin.url, public: true, limits: { rate: { requests: "1/h", burst } } }];
const rounds = 'gateway_rate_sharing_rounds_total{result="ok"}';
const heard = 'gateway_rate_sharing_accounts_total{result="heard"}';

const counted = async (bed, name) => (await bed.metrics()).get(name);

/// As many gateways of one storage, each of which has heard all others.
async function startReplicas(t, storage, { count = 2, start } = {}) {
  const all = [];
  for (let i = 0; i < count; ++i) all.push(await startWatched(t, { routes, start, more: { storage } }));
  await knowEachOther(all);
  return all;
}

async function knowEachOther(all) {
  for (const bed of all) await until("the others to be heard", async () => (await counted(bed, "gateway_rate_sharing_replicas")) === all.length - 1, seconds(40));
}

const ask = async (bed) => (await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x"))).status;

/// The whole burst at one; the others have none of it left, and have not been asked before.
async function spendAt(first, others) {
  const before = await Promise.all(others.map((bed) => counted(bed, heard)));
  for (let i = 0; i < burst; ++i) assert.equal(await ask(first), 200);
  assert.equal(await ask(first), 429);
  for (const [i, bed] of others.entries()) {
    await until("the news", async () => (await counted(bed, heard)) > before[i], seconds(20));
    assert.equal(await ask(bed), 429);
  }
}

test("three replicas with one Redis let one burst through together, and nobody's address stands there", async (t) => {
  const redis = await startRedis(t);
  const [first, ...others] = await startReplicas(t, redis.url, { count: 3 });
  await spendAt(first, others);
  const keys = await redis.keys("gateway:rates/*");
  assert.equal(keys.length, 3);
  for (const key of keys) {
    const value = execFileSync("redis-cli", ["-p", String(redis.port), "--raw", "get", key], { encoding: "latin1" });
    assert.match(value.trim(), /^[A-Za-z0-9_-]+$/, "sealed");
    assert.ok(Number(execFileSync("redis-cli", ["-p", String(redis.port), "ttl", key], { encoding: "utf8" })) > 0, "and it ends by itself");
  }
});

test("while Redis is away each counts by itself, says so once, and finds the others when it is back", async (t) => {
  const redis = await startRedis(t);
  const [first, second] = await startReplicas(t, redis.url);
  await redis.kill();
  for (const bed of [first, second]) await bed.gateway.event("by this replica alone");
  assert.equal(await ask(first), 200);
  assert.equal(await ask(second), 200);
  assert.equal(await counted(first, "gateway_rate_sharing_replicas"), 0);
  await redis.start();
  for (const bed of [first, second]) {
    await bed.gateway.event("by all replicas together again");
    assert.equal(bed.gateway.events.filter((event) => messageOf(event).includes("by this replica alone")).length, 1);
  }
  await knowEachOther([first, second]);
});

test("replicas of a cluster count together by nothing but its API", async (t) => {
  const kubernetes = await startKubernetes(t);
  const [first, second] = await startReplicas(t, kubernetes.storage, { start: { environment: kubernetes.environment } });
  const secrets = () => [...kubernetes.objects.values()].filter((object) => object.metadata.annotations?.["gateway/key"]?.startsWith("rates/"));
  assert.equal(secrets().length, 2);
  await spendAt(first, [second]);
});

test("one process alone shares with nobody", async (t) => {
  const bed = await startWatched(t, { routes });
  assert.equal((await bed.metrics()).has(rounds), false);
});
