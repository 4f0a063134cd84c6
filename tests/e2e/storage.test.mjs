// Storage that replicas share: one session for all of them, ended everywhere at once, whatever keeps it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { messageOf, reservePorts, runGateway, startGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { authority, scratch } from "./support/run_folder.mjs";
import { startKubernetes, startRedis } from "./support/stores.mjs";
import { quiet, until } from "./support/wait.mjs";

/// A bed whose gateway keeps things in `storage`, and a second gateway beside it: {bed, second}.
async function replicas(t, storage, { environment, more = {} } = {}) {
  let file;
  const bed = await startBed(t, { start: { environment }, config: (parts) => { file = { ...parts, storage, ...more }; return file; } });
  // The second is the same file on other ports; sign-in stays with the first.
  const second = await startGateway(t, file, { environment });
  await second.event("provider is ready");
  return { bed, second };
}

/// The cookies of the visitor, asked of a gateway: the status.
async function seenBy(visitor, gateway) {
  return (await visitor.get(gateway.url("app.test", "/x"))).status;
}

const sameSite = (bed) => ({ headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" }, body: "" });

async function oneSessionForAll({ bed, second }) {
  const alice = await bed.signedIn("alice");
  assert.equal(await seenBy(alice, second), 200, "the other replica knows the session");
  const elsewhere = await bed.signedIn("alice");
  await elsewhere.post(bed.url("app.test", "/oauth2/sign_out"), sameSite(bed));
  assert.equal(await seenBy(alice, second), 200, "another sign-in of the same person goes on");
}

/// Signs out at the first; a copy of the cookie ends at the second.
async function endedEverywhere(bed, second) {
  const bob = await bed.signedIn("bob");
  const copy = bed.visitor();
  const request = await bob.get(bed.url("app.test", "/x")).expect(200);
  const cookie = bob.jar.header(request.url);
  const asCopy = () => copy.get(second.url("app.test", "/x"), { headers: { Cookie: cookie }, cookies: false });
  assert.equal((await asCopy()).status, 200);
  await bob.post(bed.url("app.test", "/oauth2/sign_out"), sameSite(bed));
  await until("the other replica to refuse the copied cookie", async () => (await asCopy()).status !== 200);
}

test("replicas with one Redis know each other's sessions and end them together", async (t) => {
  const redis = await startRedis(t, { args: ["--requirepass", "opensesame"] });
  const both = await replicas(t, { redis: `${redis.url}/1`, password: "opensesame" });
  await oneSessionForAll(both);
  await endedEverywhere(both.bed, both.second);
});

test("replicas of a cluster need nothing but its API, and a token that rotates", async (t) => {
  const kubernetes = await startKubernetes(t);
  const both = await replicas(t, kubernetes.storage, { environment: kubernetes.environment });
  await oneSessionForAll(both);
  kubernetes.rotate("second");
  await endedEverywhere(both.bed, both.second);
  const secret = [...kubernetes.objects.values()].find((object) => object.metadata.annotations["gateway/key"].startsWith("revocations/"));
  assert.equal(secret.metadata.labels["app.kubernetes.io/managed-by"], "gateway");
  assert.ok(kubernetes.connections < kubernetes.requests.length / 2, `${kubernetes.connections} connections for ${kubernetes.requests.length} requests`);
});

test("a replica takes people once it knows its providers, for the others serve meanwhile, and waits a moment only", async (t) => {
  const redis = await startRedis(t);
  const held = [];
  let provider;
  let isUp = false;
  const starting = startBed(t, { providerReady: false, config: (parts, own) => {
    provider = own.provider;
    provider.broken.discovery = (_, response) => held.push(response);
    return { ...parts, storage: redis.url };
  } }).then((bed) => { isUp = true; return bed; });
  await until("the provider to be asked", () => held.length > 0);
  await quiet();
  assert.equal(isUp, false, "ready, and would send people away");
  delete provider.broken.discovery;
  provider.serve_discovery({}, held[0]);
  const bed = await starting;
  assert.equal((await bed.signedIn("alice")).pages.at(-1).status, 200);
  // One that does not answer holds nobody up for long.
  const silent = await startBed(t, { providerReady: false, config: (parts, own) => { own.provider.broken.discovery = () => {}; return { ...parts, storage: redis.url }; } });
  assert.equal((await silent.visitor().open(silent.url("app.test", "/public/x"))).status, 200);
});

test("replicas may share a directory", async (t) => {
  const folder = scratch("shared");
  const both = await replicas(t, path.join(folder, "storage"));
  await endedEverywhere(both.bed, both.second);
});

test("a store that goes away ends nobody's session, is said once, and is used again when it is back", async (t) => {
  const redis = await startRedis(t);
  const bed = await startBed(t, { config: (parts) => ({ ...parts, storage: redis.url, login: { ...parts.login, session: { keys: [randomBytes(32).toString("base64")] } } }) });
  const alice = await bed.signedIn("alice");
  await redis.kill();
  await bed.gateway.event("are not seen until storage can be read again");
  assert.equal((await alice.get(bed.url("app.test", "/x"))).status, 200);
  await redis.start();
  await bed.gateway.event("storage can be read again", (event) => !messageOf(event).includes("until"));
  assert.equal(bed.gateway.events.filter((event) => messageOf(event).includes("are not seen until")).length, 1);
});

/// Every file below a folder, as text.
function everythingBelow(folder) {
  return readdirSync(folder).map((name) => path.join(folder, name)).map((place) => (statSync(place).isDirectory() ? everythingBelow(place) : readFileSync(place, "latin1"))).join("");
}

test("storage_key seals what is stored, also what was there before, and another key is refused at start", async (t) => {
  const place = path.join(scratch("sealed"), "storage");
  const key = randomBytes(32).toString("base64");
  const clear = await startBed(t, { config: (parts) => ({ ...parts, storage: place }) });
  const sessionKey = /[A-Za-z0-9+/]{43}=/.exec(everythingBelow(place))[0];
  await clear.gateway.stop();
  const sealed = await startBed(t, { config: (parts) => ({ ...parts, storage: place, storage_key: key }) });
  await sealed.signedIn("alice");
  assert.ok(!everythingBelow(place).includes(sessionKey), "the session key can be read in the store");
  await sealed.gateway.stop();
  const other = randomBytes(32).toString("base64");
  const file = writeConfig({ ...usualConfig(await reservePorts(), scratch("other")), storage: place, storage_key: other, login: { host: "auth.test", providers: { main: sealed.provider.configuration() } }, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "x" }], policies: { x: { allow: [{ authenticated: true }] } } });
  const run = runGateway(["run", "--config", file]);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /not sealed under a storage_key/);
});

test("a store that cannot be used at start is one sentence with the mend", async () => {
  const closed = net.createServer();
  await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  const ports = await reservePorts();
  const base = () => ({ ...usualConfig(ports, scratch("start")), login: { host: "auth.test", providers: { main: { type: "oidc", issuer: "https://op.localhost:1", client_id: "x", client_secret: "y" } } }, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "x" }], policies: { x: { allow: [{ authenticated: true }] } } });
  const account = scratch("account");
  for (const [name, content] of [["namespace", "edge"], ["token", "t"], ["ca.crt", authority().pem]]) writeFileSync(path.join(account, name), content);
  for (const [storage, says, environment] of [
    [`redis://127.0.0.1:${port}`, /redis at 127\.0\.0\.1:\d+: /], ["kubernetes", /needs a pod with a service account/, { KUBERNETES_SERVICE_HOST: "" }],
    [{ kubernetes: "x", service_account: account }, /kubernetes: /, { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) }],
  ]) {
    const run = runGateway(["run", "--config", writeConfig({ ...base(), storage })], { environment });
    assert.equal(run.status, 2, run.stderr);
    assert.match(run.stderr, says);
  }
});
