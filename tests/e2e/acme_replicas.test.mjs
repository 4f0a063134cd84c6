// Replicas that share a storage order as one: one at a time, whoever dies or sleeps over it is replaced, all serve the result.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { movableClock } from "./support/clock.mjs";
import { startReplicas } from "./support/replicas.mjs";
import { scratch } from "./support/run_folder.mjs";
import { startKubernetes, startRedis } from "./support/stores.mjs";
import { seconds, until } from "./support/wait.mjs";

const day = 86400;
const keys = (redis) => ({ redis: redis.url });
const isOrdering = (request) => !/^\/(dir|renewal-info|nonce)/.test(request.url);
const finals = (front) => new Set(front.asked.filter((one) => one.path.startsWith("/certZ")).map((one) => one.path));
const newOrders = (front) => front.asked.filter((one) => one.path === "/order-plz").length;

/// Keeps who sent each request of an order; `act` is awaited with the first sender of one whose path begins with `at`.
function watch(replicas, { at, act }) {
  const senders = [];
  let isDone = false;
  replicas.front.onAsked = async (_, request) => {
    if (!isOrdering(request)) return;
    const sender = replicas.senderOf(request);
    if (senders.at(-1) !== sender) senders.push(sender);
    if (isDone || !request.url.startsWith(at)) return;
    isDone = true;
    await act(sender);
  };
  return senders;
}

/// One is killed in the middle of its order: another goes on with that order, and all serve what it gets, the dead one's successor too.
async function takesOver(replicas, senders, died, limit = seconds(60)) {
  const dead = await died;
  const serial = await replicas.agreed(() => true, replicas.living, limit);
  assert.equal(replicas.living.length, replicas.gateways.length - 1);
  assert.equal(senders[0], dead);
  assert.equal(new Set(senders.slice(1)).size, 1, "one of the others went on");
  assert.equal(newOrders(replicas.front), 1, "with the same order");
  assert.equal(finals(replicas.front).size, 1);
  await replicas.startAgain(dead);
  assert.equal(await replicas.agreed(() => true, replicas.gateways, seconds(10)), serial);
  return serial;
}

/// Starts replicas whose first one to ask for a challenge's or an order's `at` is killed at that moment.
async function startAndKill(t, options, at) {
  let senders;
  let killed;
  const died = new Promise((resolve) => { killed = resolve; });
  const replicas = await startReplicas(t, {
    ...options,
    prepare: (front, all) => {
      options.prepare?.(front, all);
      senders = watch(all, { at, act: async (sender) => { await all.kill(sender); killed(sender); } });
    },
  });
  return { replicas, senders, died };
}

test("of three replicas with one Redis one orders; another takes over when it is killed, and all renew together", async (t) => {
  const redis = await startRedis(t);
  const clock = movableClock();
  let now = 0;
  const move = (by) => { now += by; clock.move(now); };
  const dates = () => ({ from: new Date(Date.now() + now * 1000 - 3600_000), to: new Date(Date.now() + (now + 90 * day) * 1000) });
  const { replicas, senders, died } = await startAndKill(t, {
    count: 3, storage: keys(redis), environment: clock.environment, prepare: (front) => { front.dates = dates; },
  }, "/finalize-order");
  const serial = await takesOver(replicas, senders, died);
  senders.length = 0;
  const before = replicas.front.asked.length;
  move(63 * day);
  const started = Date.now();
  const renewed = await replicas.agreed((other) => other !== serial);
  assert.equal(new Set(senders).size, 1, "one of three renews");
  assert.equal(replicas.front.asked.slice(before).filter((one) => one.path === "/order-plz").length, 1);
  assert.ok(Date.now() - started < seconds(40), "all three serve it soon");
  assert.notEqual(renewed, serial);
});

test("a replica that sleeps over its order finds it done by another, and nothing is issued or stored twice", async (t) => {
  const redis = await startRedis(t);
  let slept;
  const asleep = new Promise((resolve) => { slept = resolve; });
  let senders;
  const replicas = await startReplicas(t, {
    count: 2, storage: keys(redis),
    prepare: (front, all) => {
      senders = watch(all, { at: "/finalize-order", act: (sender) => { sender.signal("SIGSTOP"); sender.isStopped = true; slept(sender); } });
    },
  });
  const sleeper = await asleep;
  const serial = await replicas.agreed();
  sleeper.signal("SIGCONT");
  sleeper.isStopped = false;
  assert.equal(await replicas.agreed(() => true, replicas.gateways, seconds(30)), serial);
  await until("the locks to be free", async () => (await redis.keys("*locks*")).length === 0, seconds(40));
  assert.equal(await replicas.agreed(() => true, replicas.gateways, seconds(10)), serial);
  assert.equal(newOrders(replicas.front), 1);
  assert.equal(finals(replicas.front).size, 1);
  assert.ok(senders.length >= 2);
});

test("two replicas of a cluster: one is killed over its order, the API goes away and its token rotates meanwhile", async (t) => {
  const kubernetes = await startKubernetes(t);
  const { replicas, senders, died } = await startAndKill(t, { count: 2, storage: kubernetes.storage, environment: kubernetes.environment }, "/finalize-order");
  await died;
  kubernetes.down = true;
  await replicas.living[0].event("storage cannot be read", undefined, seconds(20));
  kubernetes.rotate("second");
  kubernetes.down = false;
  await takesOver(replicas, senders, died, seconds(60)); // storage that fails is looked at again every 20 s
});

test("both replicas of a cluster that take the lock at one moment: one is told that the object changed, and leaves it", async (t) => {
  const kubernetes = await startKubernetes(t);
  const conflicts = () => kubernetes.answers.filter((line) => /^409 (POST|PUT) .*\/leases/.test(line)).length;
  let senders;
  kubernetes.pairs = true; // a lease is found absent by both before either may create it
  const replicas = await startReplicas(t, { count: 2, storage: kubernetes.storage, environment: kubernetes.environment, together: true, prepare: (front, all) => { senders = watch(all, { at: "/never" }); } });
  await replicas.agreed();
  assert.ok(conflicts() >= 1, kubernetes.answers.join("\n"));
  assert.equal(new Set(senders).size, 1);
  assert.equal(newOrders(replicas.front), 1);
});

test("two replicas with one directory: the lock is a file, and the one that is left goes on", async (t) => {
  const storage = path.join(scratch("shared"), "storage");
  // Before its challenge: a new account key in a directory is used at once, and the other one may not know it yet.
  const { replicas, senders, died } = await startAndKill(t, { count: 2, storage }, "/authZ/");
  await takesOver(replicas, senders, died);
});

test("a tls-alpn-01 challenge is answered by whichever of three replicas the authority reaches", async (t) => {
  const redis = await startRedis(t);
  const replicas = await startReplicas(t, { count: 3, storage: keys(redis), acme: { challenge: "tls-alpn-01" } });
  await replicas.agreed();
  assert.equal(newOrders(replicas.front), 1, "the first order was proved");
  const claimed = replicas.front.asked.filter((one) => one.path.startsWith("/chalZ/") && one.payload !== null);
  assert.equal(claimed.length, 1);
  await until("the challenge to be taken down", async () => (await redis.keys("*acme.challenges/*")).length === 0, seconds(10));
  for (const one of replicas.gateways) assert.equal(one.events.some((event) => String(event.message).includes("could not be obtained")), false);
});
