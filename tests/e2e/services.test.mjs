// to: kubernetes://NAMESPACE/SERVICE:PORT: endpoints are followed as the API says, whatever becomes of the API.
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { reservePorts, runGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { command } from "./support/replaced.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";
import { startKubernetes } from "./support/stores.mjs";
import { until } from "./support/wait.mjs";

/// Pods that listen at one port, each at an address of its own, and say who they are.
async function startPods(t, count) {
  const port = await reservePort();
  const pods = [];
  for (let i = 1; i <= count; ++i) {
    const address = `127.0.0.${10 + i}`;
    const pod = { address, name: `pod-${i}`, served: 0 };
    pod.origin = await startOrigin(t, { host: address, port, reply: () => { ++pod.served; return answer(200, pod.name); } });
    pods.push(pod);
  }
  return { port, pods, addresses: (...which) => which.map((i) => pods[i - 1].address) };
}

const openBed = (t, kubernetes, { to = "kubernetes://shop/web:http", zone, ...route } = {}) => startBed(t, {
  routes: () => [{ host: "other.test", public: true, to, ...route }],
  login: { host: "auth.test" },
  start: { environment: kubernetes.environment },
  config: (parts) => ({ workers: 1, ...parts, kubernetes: { service_account: kubernetes.account, ...(zone ? { zone } : {}) } }),
});

async function asked(bed, count) {
  const visitor = bed.visitor({ navigates: false });
  const counts = {};
  for (let i = 0; i < count; ++i) {
    const page = await visitor.get(bed.url("other.test", "/x")).expect(200);
    counts[page.body] = (counts[page.body] ?? 0) + 1;
  }
  return counts;
}

const servedBy = (bed, names) => until(`${names} to serve`, async () => Object.keys(await asked(bed, 12)).sort().join() === names);

async function start(t, { count = 3, first = [1, 2], ...route } = {}) {
  const kubernetes = await startKubernetes(t);
  const all = await startPods(t, count);
  const put = (which, more) => kubernetes.slices.put("shop", "web", which.map((one) => (typeof one === "number" ? all.pods[one - 1].address : one)), { ports: { http: all.port }, ...more });
  put(first);
  const bed = await openBed(t, kubernetes, route);
  return { kubernetes, ...all, put, bed };
}

test("endpoints are known before the first request, and followed at once", async (t) => {
  const all = await start(t);
  assert.deepEqual(await asked(all.bed, 10), { "pod-1": 5, "pod-2": 5 });
  all.put([2, 3]);
  await servedBy(all.bed, "pod-2,pod-3");
  all.put([1], { name: "web-2" });
  await servedBy(all.bed, "pod-1,pod-2,pod-3");
  all.kubernetes.slices.remove("shop", "web-1");
  await servedBy(all.bed, "pod-1");
  assert.equal(all.kubernetes.slices.lists, 1, "watched, not listed again");
});

test("a list in pages is read whole", async (t) => {
  const kubernetes = await startKubernetes(t);
  const { port, pods } = await startPods(t, 3);
  kubernetes.pageSize = 1;
  for (const pod of pods) kubernetes.slices.put("shop", "web", [pod.address], { name: pod.name, ports: { http: port } });
  const bed = await openBed(t, kubernetes);
  assert.deepEqual(await asked(bed, 9), { "pod-1": 3, "pod-2": 3, "pod-3": 3 });
});

test("endpoints come and go under load without a request lost", async (t) => {
  const all = await start(t);
  let running = true;
  const statuses = {};
  const load = Array.from({ length: 4 }, async () => {
    const visitor = all.bed.visitor({ navigates: false });
    while (running) {
      const { status } = await visitor.get(all.bed.url("other.test", "/x"));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  const turns = [[1], [2, 3], [3, 1], [2], [1, 2, 3], [3]];
  for (const turn of turns) {
    const before = turn.map((i) => all.pods[i - 1].served);
    all.put(turn);
    await until("the endpoints to serve", () => turn.every((i, at) => all.pods[i - 1].served > before[at]));
  }
  running = false;
  await Promise.all(load);
  assert.deepEqual(Object.keys(statuses), ["200"], JSON.stringify(statuses));
});

test("ready ones serve; those that end only where no other is; sick ones never", async (t) => {
  const all = await start(t);
  const [one, two, three] = all.pods.map((pod) => pod.address);
  const ending = { addresses: [two], conditions: { ready: false, serving: true, terminating: true } };
  const sick = { addresses: [three], conditions: { ready: false, serving: false, terminating: false } };
  all.put([one, ending, sick]);
  await servedBy(all.bed, "pod-1");
  all.put([ending, sick]);
  await servedBy(all.bed, "pod-2");
  all.put([sick]);
  const visitor = all.bed.visitor({ navigates: false });
  await until("nobody to serve", async () => (await visitor.get(all.bed.url("other.test", "/x"))).status === 503);
  assert.ok(await all.bed.gateway.event("cannot be used as it is", (event) => event.error === "none of its endpoints is ready"));
  all.put([three]);
  await servedBy(all.bed, "pod-3");
  assert.equal(all.pods[2].served > 0, true);
});

test("those of the own zone are preferred, as long as there are any", async (t) => {
  const all = await start(t, { zone: "par-1" });
  const [one, two] = all.pods.map((pod) => pod.address);
  const inZone = (address, zone, ready = true) => ({ addresses: [address], zone, conditions: { ready } });
  all.put([inZone(one, "par-1"), inZone(two, "par-2")]);
  await servedBy(all.bed, "pod-1");
  all.put([inZone(one, "par-1", false), inZone(two, "par-2")]);
  await servedBy(all.bed, "pod-2");
});

test("an API that is killed takes nobody along: what was known serves, and what changed is seen when it is back", async (t) => {
  const all = await start(t);
  assert.deepEqual(await asked(all.bed, 4), { "pod-1": 2, "pod-2": 2 });
  await all.kubernetes.kill();
  await all.bed.gateway.event("cannot be followed; those known last are used");
  all.put([3]);
  assert.deepEqual(await asked(all.bed, 4), { "pod-1": 2, "pod-2": 2 });
  all.kubernetes.back();
  await servedBy(all.bed, "pod-3");
  assert.ok(await all.bed.gateway.event("are followed again"));
});

test("410 is followed by a list, a time-out by a watch from where it was", async (t) => {
  const all = await start(t);
  const { slices } = all.kubernetes;
  await until("the watch", () => slices.watches.size === 1);
  slices.bookmark();
  all.put([2]);
  await servedBy(all.bed, "pod-2");
  const { version } = all.kubernetes;
  slices.endWatches();
  await until("another watch", () => slices.watched === 2 && slices.watches.size === 1);
  assert.deepEqual([slices.lists, slices.begun.at(-1)], [1, version]);
  slices.endWatches();
  all.put([3]);
  slices.forget();
  await servedBy(all.bed, "pod-3");
  assert.equal(slices.lists, 2);
  assert.equal(all.bed.gateway.events.filter((event) => JSON.stringify(event).includes("cannot be followed")).length, 0);
});

test("a hostile answer changes nothing, is said with its reason, and a list follows", async (t) => {
  const all = await start(t);
  const { slices } = all.kubernetes;
  await until("the watch", () => slices.watches.size === 1);
  const { port } = all;
  const elsewhere = { kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1", metadata: { name: "x", namespace: "kube-system", labels: { "kubernetes.io/service-name": "web" }, resourceVersion: "9" }, addressType: "IPv4", endpoints: [{ addresses: ["127.0.0.13"] }], ports: [{ name: "http", port }] };
  slices.say(`${JSON.stringify({ type: "ADDED", object: elsewhere })}\n`);
  assert.ok(await all.bed.gateway.event("cannot be followed", (event) => event.error.includes("another service")));
  await until("another list", () => slices.lists === 2);
  assert.deepEqual(await asked(all.bed, 4), { "pod-1": 2, "pod-2": 2 });
  assert.equal(all.pods[2].served, 0);
});

test("a token that rotates is followed", async (t) => {
  const all = await start(t);
  all.kubernetes.rotate("second");
  all.kubernetes.slices.endWatches();
  all.put([3]);
  await servedBy(all.bed, "pod-3");
});

test("a reload serves a new service from its first request on, and goes on with those it knows", async (t) => {
  const all = await start(t);
  const { slices } = all.kubernetes;
  slices.put("ops", "api", all.addresses(3), { ports: { http: all.port } });
  const file = path.join(all.bed.gateway.folder, "gateway.yaml");
  const config = JSON.parse(readFileSync(file, "utf8"));
  config.routes.push({ host: "other.test", path: "/api", public: true, to: "kubernetes://ops/api:http" });
  writeFileSync(`${file}.new`, JSON.stringify(config));
  renameSync(`${file}.new`, file);
  const visitor = all.bed.visitor({ navigates: false });
  const seen = new Set();
  await until("the new route", async () => {
    const page = await visitor.get(all.bed.url("other.test", "/api/x"));
    seen.add(`${page.status} ${page.body}`);
    return page.body === "pod-3";
  });
  assert.deepEqual([...seen].filter((one) => !one.startsWith("200 ")), [], "nobody was turned away");
  await until("one watch each", () => slices.watches.size === 2);
  all.put([1]);
  await servedBy(all.bed, "pod-1");
});

test("a port is never guessed, and what is missing is said", async (t) => {
  const all = await start(t, { to: "kubernetes://shop/web:admin" });
  assert.ok(await all.bed.gateway.event("cannot be used as it is", (event) => event.error.includes(`there are http (${all.port})`)));
  assert.equal((await all.bed.visitor({ navigates: false }).get(all.bed.url("other.test", "/x"))).status, 503);
});

const fileOf = async (kubernetes, more = {}) => ({
  ...usualConfig(await reservePorts(), scratch("services")),
  login: { host: "auth.test" },
  kubernetes: { service_account: kubernetes.account },
  routes: [{ host: "a.test", to: "kubernetes://shop/web:http", public: true }, { host: "b.test", to: "kubernetes+h2c://ops/api:50051", public: true }],
  ...more,
});

test("check says which permissions it takes; --online asks the API; explain knows where it leads", async (t) => {
  const kubernetes = await startKubernetes(t);
  kubernetes.slices.put("shop", "web", ["127.0.0.1", "127.0.0.2"]);
  kubernetes.forbidden.add("ops");
  const config = await fileOf(kubernetes);
  const file = writeConfig(config);
  const plain = await command("check", file, { environment: { KUBERNETES_SERVICE_HOST: "" } });
  assert.equal(plain.status, 0, plain.stderr);
  assert.match(plain.stderr, /note: routes\.to: kubernetes:\/\/ needs a Role: .*get, list and watch endpointslices \(discovery\.k8s\.io\) in the namespaces ops, shop/);
  const online = await command("check", file, "--online", { environment: kubernetes.environment });
  assert.equal(online.status, 1);
  assert.match(online.stderr, /note: origin kubernetes:\/\/shop\/web:http: 2 endpoints would be used/);
  assert.match(online.stderr, /error: origin kubernetes\+h2c:\/\/ops\/api:50051: .*403 .*forbidden.*; let the service account get, list and watch endpointslices/);
  const explained = runGateway(["explain", `https://a.test:${config.listen.https.split(":").at(-1)}/x`, "--config", file]);
  assert.equal(explained.status, 0, explained.stderr);
  assert.match(explained.stdout, /kubernetes:\/\/shop\/web:http/);
});

test("outside a cluster a start is refused with the mend", async (t) => {
  const kubernetes = await startKubernetes(t);
  const file = writeConfig(await fileOf(kubernetes));
  const run = runGateway(["run", "--config", file], { environment: { KUBERNETES_SERVICE_HOST: "" } });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /kubernetes:\/\/ needs a pod with a service account/);
});
