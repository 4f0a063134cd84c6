// Several gateways, each on a machine of its own, behind one balancer that speaks PROXY protocol v2 and one Redis: they are replaced,
// killed and cut off, and people notice nothing but what was under way where it died.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Bed, policies } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { startHaproxy } from "./support/front.mjs";
import { messageOf, startGateway } from "./support/gateway.mjs";
import { noLan, startLan } from "./support/lan.mjs";
import { startLyingProvider } from "./support/lying_provider.mjs";
import { certificateFor, reservePort } from "./support/run_folder.mjs";
import { startRedis } from "./support/stores.mjs";
import { seconds, until } from "./support/wait.mjs";
import { Ledger } from "./soak/ledger.mjs";
import { Lanes } from "./soak/lanes.mjs";
import { startSoakOrigin } from "./soak/soak_origin.mjs";

const count = 3;
const inside = { https: 8443, http: 8080 }; // on each machine
const names = ["app.test", "mine.test", "breaks.test", "auth.test"];
const skip = noLan() ?? false;

/// As a Service of type LoadBalancer has it: connections, no more; who is not ready gets none.
function balancer(port, machines) {
  const servers = machines.map(({ address }, i) => ` server r${i} ${address}:${inside.https} send-proxy-v2 check port ${inside.http} check-send-proxy inter 100ms fall 1 rise 1`).join("\n");
  return `listen public\n mode tcp\n bind 127.0.0.1:${port}\n balance roundrobin\n retries 2\n option redispatch\n option httpchk\n http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host health.test\n timeout connect 500ms\n${servers}`;
}

class Cluster extends Bed {
  url(host, rest = "") { return `https://${host}:${this.port}${rest}`; }
  start(i) { return startGateway(this.t, this.config, { ports: inside, wrapper: this.machines[i].wrapper }); }

  /// How many of them the balancer uses; each has a connection to Redis then, too.
  ready() { return until("all replicas to be used", async () => (await this.used()).size === count, seconds(30)); }

  /// Which replicas answer, by what they have logged of as many requests as there are replicas.
  async used() {
    const id = `/who/${this.asked = (this.asked ?? 0) + 1}`;
    const visitor = this.visitor({ navigates: false });
    for (let i = 0; i < count; ++i) await visitor.get(this.url("app.test", id)).promise.catch(() => {});
    return until("their log lines", () => {
      const by = this.gateways.flatMap((gateway, i) => gateway.access.filter((line) => line["url.path"] === id).map(() => i));
      return by.length >= count ? new Set(by) : undefined;
    }, seconds(2)).catch(() => new Set());
  }

  /// As a rolling update does: TERM, and another in its place when it has ended.
  async replace(i) {
    await this.gateways[i].stop();
    this.gateways[i] = await this.start(i);
    await this.ready();
  }

  /// SIGKILL is no fault of the process.
  async kill(i) {
    const gateway = this.gateways[i];
    gateway.signal("SIGKILL");
    await gateway.exited;
    gateway.end = { code: 0, signal: null };
  }
}

async function startCluster(t) {
  const cluster = new Cluster();
  const lan = await startLan(t);
  const ledger = new Ledger();
  const port = await reservePort();
  const origin = await startSoakOrigin(t, ledger);
  const provider = await startLyingProvider(t);
  const redis = await startRedis(t);
  const [at, providerAt, redisAt] = [await lan.show(t, origin.port), await lan.show(t, provider.port), await lan.show(t, redis.port)];
  const machines = Array.from({ length: count }, () => lan.machine());
  const config = {
    listen: { https: `0.0.0.0:${inside.https}`, http: `0.0.0.0:${inside.http}`, public_port: port, health_path: "/healthz", proxy_protocol: { from: [lan.address] }, admin: "off" },
    workers: 1,
    storage: `redis://${redisAt}/0`,
    shutdown: { delay: "500ms", timeout: "5s" },
    tls: { certificates: [certificateFor(names)] },
    login: { host: "auth.test", session: { store: "storage" }, providers: { main: { ...provider.configuration(), connect_to: `https://${providerAt}` } } },
    policies,
    routes: [
      { host: "app.test", path: "/who", respond: { status: 200, body: "me" } },
      { host: "app.test", to: `http://${at}`, public: true },
      { host: "mine.test", to: `http://${at}`, policy: "signed-in", identity: { "X-Soak-User": "{email}" } },
    ],
  };
  Object.assign(cluster, { t, lan, ledger, port, origin, provider, redis, machines, config, gateways: [] });
  for (let i = 0; i < count; ++i) cluster.gateways.push(await cluster.start(i));
  for (const gateway of cluster.gateways) await gateway.event("provider is ready");
  await startHaproxy(t, port, balancer(port, machines));
  await cluster.ready();
  return cluster;
}

/// People and programs whose every request is counted until `work` has ended.
async function underLoad(t, cluster, work) {
  const lanes = new Lanes(cluster, cluster.ledger);
  cleanup(t, () => lanes.stop().catch(() => {}));
  lanes.start({ keepAlive: 2, newConnection: 2, http2: 1, person: 2, leaver: 1 });
  await work();
  await lanes.stop();
  return cluster.ledger;
}

test("a rolling update loses no request and no session", { skip }, async (t) => {
  const cluster = await startCluster(t);
  const ledger = await underLoad(t, cluster, async () => {
    for (let i = 0; i < count; ++i) await cluster.replace(i);
  });
  assert.deepEqual(ledger.differences, []);
  assert.equal(ledger.open.size, 0);
  assert.ok(ledger.counts["person answered"] > 20, JSON.stringify(ledger.counts));
});

test("one that is killed takes with it what it was doing, and nobody's session", { skip }, async (t) => {
  const cluster = await startCluster(t);
  const alice = await cluster.signedIn("alice", "mine.test");
  await cluster.kill(0);
  let answered = 0;
  await until("the balancer to know", async () => {
    answered = (await alice.get(cluster.url("mine.test", "/x/r0/plain")).promise.then((page) => page.status === 200, () => false)) ? answered + 1 : 0;
    return answered > 2 * count;
  }, seconds(20));
  await cluster.kill(1);
  await until("the last one to serve her", async () => alice.get(cluster.url("mine.test", "/x/r0/plain")).promise.then((page) => page.status === 200, () => false), seconds(20));
  for (const i of [0, 1]) cluster.gateways[i] = await cluster.start(i);
  await cluster.ready();
  for (let i = 0; i < 2 * count; ++i) await alice.get(cluster.url("mine.test", "/x/r0/plain")).expect(200);
});

test("one that is cut off is left out; back again, it knows who was signed out meanwhile", { skip }, async (t) => {
  const cluster = await startCluster(t);
  const alice = await cluster.signedIn("alice", "mine.test");
  const bob = await cluster.signedIn("bob", "mine.test");
  const cookie = bob.jar.header(cluster.url("mine.test", "/"));
  cluster.machines[0].pull();
  let left = 0;
  await until("the balancer to leave it out", async () => {
    left = (await alice.get(cluster.url("mine.test", "/x/r0/plain")).promise.then((page) => page.status === 200, () => false)) ? left + 1 : 0;
    return left > 2 * count;
  }, seconds(20));
  await bob.get(cluster.url("mine.test", "/oauth2/sign_out"), { headers: { "Sec-Fetch-Site": "same-origin" } });
  const asBob = () => cluster.visitor({ navigates: false }).get(cluster.url("mine.test", "/x/r0/plain"), { headers: { Cookie: cookie }, cookies: false });
  await until("the others to refuse his copied cookie", async () => (await asBob()).status === 401);
  cluster.machines[0].plug();
  await cluster.ready();
  await until("all to refuse it", async () => {
    const statuses = [];
    for (let i = 0; i < 2 * count; ++i) statuses.push((await asBob()).status);
    return statuses.every((status) => status === 401);
  }, seconds(20));
  for (let i = 0; i < 2 * count; ++i) await alice.get(cluster.url("mine.test", "/x/r0/plain")).expect(200);
  assert.deepEqual(cluster.gateways.flatMap((gateway) => gateway.events.filter((event) => event.level === "error").map(messageOf)).filter((text) => !/storage|provider|Redis/i.test(text)), []);
});
