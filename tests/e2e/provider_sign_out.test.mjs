// Sign-outs that begin at the provider: back-channel (a signed logout token) and front-channel (our page in its frame).
// Attack rows K16, K26, K27, L06; the modules oidcc-client-back-channel-logout-rp-basic and -front-channel-logout-rp-basic.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { newKey, signToken } from "./support/lying_provider.mjs";
import { client, users } from "./support/provider_users.mjs";
import { startRedis } from "./support/stores.mjs";
import { until } from "./support/wait.mjs";

const now = () => Math.floor(Date.now() / 1000);
const event = "http://schemas.openid.net/event/backchannel-logout";
const isIn = async (bed, visitor, host) => (await visitor.get(bed.url(host, "/x"))).status === 200;

function logoutClaims(bed, more) {
  return { iss: bed.provider.issuer, aud: client.id, iat: now(), exp: now() + 120, jti: randomUUID(), events: { [event]: {} }, ...more };
}

/// What the gateway answers to a provider that posts this token.
function tell(bed, token, { body = new URLSearchParams({ logout_token: token }).toString(), type = "application/x-www-form-urlencoded", host = "auth.test" } = {}) {
  return bed.visitor({ navigates: false }).post(bed.url(host, "/oauth2/backchannel_logout"), { headers: { "Content-Type": type }, body });
}

const sign = (bed, claims, options) => signToken(claims, bed.provider.keys[0], { header: { typ: "logout+jwt" }, ...options });

/// Alice on two hosts with one sign-in, whose session at the provider is `sid`.
async function signedInTwice(bed, sid) {
  bed.provider.claims = (claims) => ({ ...claims, sid });
  const visitor = await bed.signedIn("alice");
  assert.equal((await visitor.open(bed.url("wiki.test", "/"))).status, 200);
  return visitor;
}

/// Times in tokens are whole seconds: what happens in the second of a logout counts as before it.
const nextSecond = async () => { const began = now(); await until("the next second", () => now() > began); };

test("signing out at a real provider ends the session on every host", async (t) => {
  const bed = await startBed(t, { real: true });
  const alice = await bed.signedIn("alice");
  assert.equal((await alice.open(bed.url("wiki.test", "/"))).status, 200);
  const other = await bed.signedIn("alice"); // another browser: another session at the provider
  const form = await alice.open(`${bed.provider.issuer}/session/end`);
  const page = await alice.submit(form, { logout: "yes" });
  assert.equal(page.status, 200, page.body);
  await bed.gateway.event("sessions ended by their provider");
  assert.equal(await isIn(bed, alice, "app.test"), false);
  assert.equal(await isIn(bed, alice, "wiki.test"), false);
  assert.equal(await isIn(bed, other, "app.test"), true);
});

test("a logout token acts in every worker at once, and a sign-in after it stands", async (t) => {
  const bed = await startBed(t, { config: (parts) => ({ ...parts, workers: 4 }) });
  const alice = await signedInTwice(bed, "s-1");
  const bob = await bed.signedIn("bob");
  const token = sign(bed, logoutClaims(bed, { sub: users.alice.sub }));
  const answer = await tell(bed, token).expect(200);
  assert.equal(answer.headers["cache-control"], "no-store");
  for (let i = 0; i < 24; ++i) assert.equal(await isIn(bed, alice, i % 2 ? "app.test" : "wiki.test"), false);
  assert.equal(await isIn(bed, bob, "app.test"), true);
  await nextSecond();
  const again = await bed.signedIn("alice");
  await tell(bed, token).expect(400);
  assert.equal(await isIn(bed, again, "app.test"), true);
});

test("K16 K26: what is no logout token ends nothing", async (t) => {
  const bed = await startBed(t);
  const alice = await signedInTwice(bed, "s-1");
  const claims = logoutClaims(bed, { sid: "s-1" });
  const without = (name) => { const { [name]: _, ...rest } = claims; return rest; };
  const honest = bed.provider.keys[0];
  const bad = {
    "alg none": signToken(claims, honest, { header: { alg: "none" } }), "HS256": sign(bed, claims, { header: { alg: "HS256" }, secret: client.secret }),
    "another key": signToken(claims, newKey("key-1")), "wrong iss": sign(bed, { ...claims, iss: "https://evil.test" }), "wrong aud": sign(bed, { ...claims, aud: "other" }),
    "no event": sign(bed, without("events")), "wrong event": sign(bed, { ...claims, events: { "http://schemas.openid.net/event/other": {} } }), "with nonce": sign(bed, { ...claims, nonce: "n" }),
    "no jti": sign(bed, without("jti")), "no iat": sign(bed, without("iat")), "no exp": sign(bed, without("exp")), "over": sign(bed, { ...claims, exp: now() - 300 }), "nobody": sign(bed, without("sid")),
    "an access token's type": sign(bed, claims, { header: { typ: "at+jwt" } }), "an ID token": signToken({ ...users.alice, iss: bed.provider.issuer, aud: client.id, iat: now(), exp: now() + 300, sid: "s-1" }, honest),
    "no token at all": "x", "empty": "", "dots": ".".repeat(10000),
  };
  for (const [name, token] of Object.entries(bad)) {
    const answer = await tell(bed, token);
    assert.equal(answer.status, 400, name);
    assert.equal(answer.headers["cache-control"], "no-store", name);
  }
  const token = sign(bed, claims);
  const once = `logout_token=${token}`;
  for (const body of ["", "x=1", `${once}&${once}`, `${once}&logout_token=`, `${once}&logout_token[]=x`, "%"]) await tell(bed, token, { body }).expect(400);
  await tell(bed, token, { type: "application/json" }).expect(400);
  await tell(bed, token, { host: "app.test" }).expect(404);
  const large = await tell(bed, token, { body: `${once}&x=${"y".repeat(100_000)}` });
  assert.ok(large.status === 400 || large.status === 413, String(large.status));
  const question = await bed.visitor().get(bed.url("auth.test", `/oauth2/backchannel_logout?${once}`));
  assert.equal(question.status, 405);
  assert.equal(await isIn(bed, alice, "app.test"), true);
  await tell(bed, token).expect(200);
  assert.equal(await isIn(bed, alice, "app.test"), false);
});

test("K27: a logout that storage cannot keep is not acknowledged, and is when it comes again", async (t) => {
  const redis = await startRedis(t);
  const bed = await startBed(t, { config: (parts) => ({ ...parts, storage: redis.url }) });
  const alice = await signedInTwice(bed, "s-1");
  const token = sign(bed, logoutClaims(bed, { sid: "s-1" }));
  await redis.kill();
  await tell(bed, token).expect(503);
  assert.equal(await isIn(bed, alice, "app.test"), false);
  await redis.start();
  await until("the logout to be acknowledged", async () => (await tell(bed, token)).status === 200);
  assert.equal(await isIn(bed, alice, "app.test"), false);
});

test("front-channel: the frame ends its own session, never one that it only names", async (t) => {
  const bed = await startBed(t);
  const alice = await signedInTwice(bed, "s-1");
  const url = (sid, iss = bed.provider.issuer) => bed.url("auth.test", `/oauth2/frontchannel_logout?${new URLSearchParams({ iss, sid })}`);
  const framed = { headers: { "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site" } };
  await bed.visitor().get(url("s-1"), framed).expect(200); // without the cookie
  for (const strange of [url("s-2"), url("s-1", "https://evil.test"), bed.url("auth.test", "/oauth2/frontchannel_logout"), `${url("s-1")}&sid=s-1`]) {
    const page = await alice.get(strange, framed).expect(200);
    assert.deepEqual(page.setCookies, []);
  }
  assert.equal(await isIn(bed, alice, "app.test"), true);
  const page = await alice.get(url("s-1"), framed).expect(200);
  assert.equal(page.headers["x-frame-options"], undefined);
  assert.doesNotMatch(page.headers["content-security-policy"], /frame-ancestors/);
  assert.equal(page.headers["cache-control"], "no-store");
  for (const host of ["app.test", "wiki.test"]) assert.equal(await isIn(bed, alice, host), false);
});
