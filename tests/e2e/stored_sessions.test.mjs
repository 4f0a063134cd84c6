// Sessions in a store: checked again with the provider, one refresh for all workers and replicas, ended when it says so
// (attack rows K09, K27, L06, M01; the modules oidcc-client-test-refresh-token, -invalid-issuer, -invalid-sub).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { movableClock } from "./support/clock.mjs";
import { runGateway, writeConfig } from "./support/gateway.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { users } from "./support/provider_users.mjs";
import { startRedis } from "./support/stores.mjs";
import { until } from "./support/wait.mjs";

const minutes = (count) => count * 60;
const open = (bed, visitor, host = "app.test") => visitor.get(bed.url(host, "/x"));

/// A bed whose sessions are in `store`, checked every ten minutes by a clock that the test moves.
async function startStored(t, store = "memory", more = {}, login = {}) {
  const clock = movableClock();
  const bed = await startBed(t, {
    start: { environment: clock.environment },
    login: { session: { store, refresh: "10m" }, ...login },
    config: (parts, own) => ({ ...parts, workers: 3, ...more, login: { ...parts.login, providers: { main: own.provider.configuration() } } }),
  });
  bed.provider.refreshTokens = new Map();
  bed.provider.claims = (claims) => ({ ...claims, iat: claims.iat + bed.moved, exp: claims.exp + bed.moved });
  bed.moved = 0;
  bed.move = (seconds) => { bed.moved = seconds; clock.move(seconds); };
  return bed;
}

const refreshes = (bed) => bed.provider.to("token").filter((request) => request.parameters.get("grant_type") === "refresh_token").length;

for (const kind of ["memory", "storage", "redis"]) {
  test(`store: ${kind}: one refresh serves every worker and host, and changed groups act`, async (t) => {
    const redis = kind === "redis" ? await startRedis(t) : undefined;
    const bed = await startStored(t, redis ? redis.url : kind);
    const alice = await bed.signedIn("alice");
    assert.equal((await alice.open(bed.url("wiki.test", "/"))).status, 200);
    for (const cookie of alice.jar.cookies.filter((each) => each.name === "__Host-gateway")) assert.ok(cookie.value.length < 700, cookie.value.length);
    bed.provider.refreshTokens.forEach((entry) => { entry.user = { ...users.alice, groups: ["staff", "promoted"] }; });
    bed.move(minutes(10) + 1);
    for (let i = 0; i < 12; ++i) {
      const page = await open(bed, alice, i % 2 ? "app.test" : "wiki.test").expect(200);
      assert.deepEqual(fieldsOf(page.json(), "x-auth-request-groups"), ["staff,promoted"]);
    }
    assert.equal(refreshes(bed), 1);
    bed.provider.refreshTokens.forEach((entry) => { entry.user = { ...users.alice, groups: ["visitors"] }; });
    bed.move(minutes(20) + 2);
    await open(bed, alice, "wiki.test").expect(403);
    assert.equal(refreshes(bed), 2);
    if (redis) {
      const stored = await redis.keys("gateway:sessions/*");
      assert.equal(stored.length, 1);
      const value = execFileSync("redis-cli", ["-p", String(redis.port), "--raw", "get", stored[0]], { encoding: "utf8" });
      for (const secret of ["alice", "refresh-", "u-alice"]) assert.ok(!value.includes(secret));
    }
  });
}

test("a user whom the provider has disabled is out on every host", async (t) => {
  const bed = await startStored(t);
  const alice = await bed.signedIn("alice");
  await alice.open(bed.url("wiki.test", "/"));
  bed.provider.refreshTokens.clear();
  bed.move(minutes(10) + 1);
  assert.equal((await open(bed, alice)).status, 302);
  for (let i = 0; i < 6; ++i) assert.equal((await open(bed, alice, "wiki.test")).status, 302);
  await bed.gateway.event("a session ends: its provider does not vouch for it any more");
});

for (const [what, change] of Object.entries({ sub: (claims) => ({ ...claims, sub: "u-admin" }), iss: (claims) => ({ ...claims, iss: "https://evil.test" }) })) {
  test(`a refreshed ID token with another ${what} ends the session`, async (t) => {
    const bed = await startStored(t);
    const alice = await bed.signedIn("alice");
    const honest = bed.provider.claims;
    bed.provider.claims = (claims) => change(honest(claims));
    bed.move(minutes(10) + 1);
    assert.equal((await open(bed, alice)).status, 302);
    bed.provider.claims = honest;
    assert.equal((await open(bed, alice)).status, 302);
  });
}

test("a provider that is down throws nobody out until refresh has passed three times; then it is 503", async (t) => {
  const bed = await startStored(t);
  const alice = await bed.signedIn("alice");
  bed.provider.broken.token = (_, response) => response.writeHead(500).end();
  for (const after of [minutes(10) + 1, minutes(20), minutes(30) - 5]) {
    bed.move(after);
    for (let i = 0; i < 6; ++i) await open(bed, alice).expect(200);
  }
  bed.move(minutes(30) + 1);
  const page = await open(bed, alice).expect(503);
  assert.ok(page.headers["retry-after"]);
  delete bed.provider.broken.token;
  await until("the provider to be asked again", async () => (await open(bed, alice)).status === 200, 20_000);
});

test("M01: a store that is down lets nobody in, and throws nobody out who is known", async (t) => {
  const redis = await startRedis(t);
  const bed = await startStored(t, redis.url, { workers: 1 });
  const alice = await bed.signedIn("alice");
  await open(bed, alice).expect(200);
  await redis.kill();
  await open(bed, alice).expect(200);
  const bob = bed.visitor();
  bed.provider.user = users.bob;
  const page = await bob.open(bed.url("app.test", "/"));
  assert.equal(page.status, 503);
  assert.ok(!bob.jar.cookies.some((cookie) => cookie.name === "__Host-gateway"));
});

test("M01: a store that hangs delays nobody who is known, and a full one makes no session", async (t) => {
  const redis = await startRedis(t);
  const bed = await startStored(t, redis.url, { workers: 1 }, { rate: "off", sign_in_rate: "off" });
  const alice = await bed.signedIn("alice");
  redis.hang();
  await open(bed, alice).expect(200);
  bed.provider.user = users.bob;
  const waiting = bed.visitor();
  const late = waiting.open(bed.url("app.test", "/"));
  await open(bed, alice).expect(200);
  await bed.visitor().get(bed.url("app.test", "/public/x")).expect(200);
  assert.equal((await late).status, 503);
  redis.goOn();
  await redis.fill();
  const newcomer = bed.visitor();
  await until("the store to say that it is full", async () => {
    assert.equal((await newcomer.open(bed.url("app.test", "/"))).status, 503);
    return bed.gateway.stderr.text.includes("OOM");
  });
  for (const visitor of [waiting, newcomer]) assert.ok(!visitor.jar.cookies.some((cookie) => cookie.name === "__Host-gateway"));
  await open(bed, alice).expect(200);
});

test("a real provider is asked again once for all workers and hosts, each time with the token that it gave last", async (t) => {
  const clock = movableClock();
  const redis = await startRedis(t);
  const bed = await startBed(t, {
    real: { refreshes: true }, start: { environment: clock.environment }, login: { session: { store: redis.url, refresh: "1m" } },
    config: (parts, own) => ({ ...parts, workers: 3, login: { ...parts.login, providers: { main: own.provider.configuration() } } }),
  });
  const asked = () => bed.provider.requests.filter((each) => each === "POST /token").length;
  const alice = await bed.signedIn("alice");
  await alice.open(bed.url("wiki.test", "/"));
  assert.equal(asked(), 1);
  const together = () => Promise.all(Array.from({ length: 8 }, (_, i) => open(bed, alice, i % 2 ? "app.test" : "wiki.test").promise));
  for (const round of [1, 2, 3]) {
    bed.provider.people = { ...users, alice: { ...users.alice, groups: ["staff", `round-${round}`] } };
    clock.move(61 * round);
    for (const page of await together()) assert.equal(page.status, 200);
    await until("the new groups", async () => fieldsOf((await open(bed, alice)).json(), "x-auth-request-groups")[0] === `staff,round-${round}`);
    assert.equal(asked(), 1 + round);
  }
  bed.provider.disabled.add(users.alice.sub);
  clock.move(61 * 4);
  await until("the end of the session", async () => (await open(bed, alice)).status === 302);
  assert.equal((await open(bed, alice, "wiki.test")).status, 302);
  await bed.gateway.event("a session ends: its provider does not vouch for it any more");
});

test("sign-out sends the provider the ID token of the session", async (t) => {
  const bed = await startStored(t);
  const alice = await bed.signedIn("alice");
  const page = await alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" }, body: "" });
  const hint = new URL(page.location).searchParams.get("id_token_hint");
  assert.equal(JSON.parse(Buffer.from(hint.split(".")[1], "base64url")).sub, users.alice.sub);
  const end = await alice.open(page.location);
  assert.equal(end.status, 200);
  assert.equal((await open(bed, alice)).status, 302);
});

test("check says what refresh needs", async () => {
  const run = runGateway(["check", writeConfig("login:\n  session: {refresh: 10m}\nroutes: []\n")]);
  assert.notEqual(run.status, 0);
  assert.match(run.stdout + run.stderr, /login\.session\.refresh: needs a store: with store: cookie .* id_token_hint/);
});
