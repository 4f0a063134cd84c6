// What applications behind the gateway are told, and how they can hold it to be true: presets, signed assertions.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";

import { policies, startBed } from "./support/bed.mjs";
import { fieldsOf, foldedFields } from "./support/http_message.mjs";
import { reservePorts, runGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";

const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

/// As an application verifies it: by the key of its id, for itself, in time. Gives the claims.
function verified(token, keySet, audience) {
  const [header, payload, signature] = token.split(".");
  const { alg, kid } = decode(header);
  assert.equal(alg, "ES256");
  const jwk = keySet.keys.find((key) => key.kid === kid);
  assert.ok(jwk, "the key is not published");
  assert.deepEqual([jwk.kty, jwk.crv, jwk.use, jwk.d], ["EC", "P-256", "sig", undefined]);
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  assert.ok(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")), "the signature does not hold");
  const claims = decode(payload);
  const now = Date.now() / 1000;
  assert.deepEqual([claims.iss, claims.aud], [audience, audience]);
  assert.ok(claims.iat <= now + 1 && claims.exp > now && claims.exp <= claims.iat + 300, JSON.stringify(claims));
  return claims;
}

const routes = (origin) => [
  { host: "app.test", to: origin.url, policy: "signed-in", app: "grafana-jwt", except: [{ path: "/open", public: true }] },
  { host: "wiki.test", to: origin.url, policy: "signed-in", identity: "pomerium-jwt" },
  { host: "wiki.test", path: "/music", to: origin.url, policy: "signed-in", app: "navidrome" },
];

test("an application verifies who asks by the keys of its own host, and no client can say it", async (t) => {
  const bed = await startBed(t, { routes, config: (parts) => ({ ...parts, workers: 1 }) }); // each worker signs its own
  const alice = await bed.signedIn("alice");
  const stranger = bed.visitor();
  const keySet = (await stranger.get(bed.url("app.test", "/oauth2/jwks")).expect(200)).json();
  const ask = async (url, name) => {
    await alice.open(url);
    const fields = fieldsOf(bed.origin.lastRequest, name);
    assert.equal(fields.length, 1, `${name} is not there once`);
    return fields[0];
  };
  const token = await ask(bed.url("app.test", "/"), "X-JWT-Assertion");
  const claims = verified(token, keySet, "app.test");
  assert.equal(claims.email, "alice@example.test");
  assert.equal(await ask(bed.url("app.test", "/again"), "X-JWT-Assertion"), token, "signed anew for each request");
  const other = await ask(bed.url("wiki.test", "/"), "X-Pomerium-Jwt-Assertion");
  const pomerium = await stranger.get(bed.url("wiki.test", "/.well-known/pomerium/jwks.json")).expect(200);
  assert.equal(verified(other, pomerium.json(), "wiki.test").sub, claims.sub);
  assert.deepEqual((await stranger.get(bed.url("auth.test", "/oauth2/jwks")).expect(200)).json(), keySet);
  for (const who of [alice, stranger]) {
    await who.get(bed.url("app.test", "/open/x"), { headers: { "X-JWT-Assertion": token, X_JWT_Assertion: token } }).expect(200);
    assert.ok(!bed.origin.lastRequest.raw.includes(token), "on a public path");
  }
});

test("a preset opens the paths of an app's own clients, without a name, and nothing else", async (t) => {
  const bed = await startBed(t, { routes });
  const alice = await bed.signedIn("alice", "wiki.test");
  await alice.get(bed.url("wiki.test", "/music/app/"), { headers: { "Remote-User": "forged" } }).expect(200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Remote-User"), ["alice"]);
  for (const who of [alice, bed.visitor()]) {
    await who.get(bed.url("wiki.test", "/music/rest/ping"), { headers: { "Remote-User": "forged" } }).expect(200);
    assert.equal(foldedFields(bed.origin.lastRequest).get("remote-user"), undefined);
  }
  assert.equal((await bed.visitor().get(bed.url("wiki.test", "/music/restless"))).status, 302);
});

test("an upstream gets the gateway's password or the person's token from those who are admitted, and nobody else's", async (t) => {
  const except = [{ path: "/open", public: true }];
  const bed = await startBed(t, { login: { session: { store: "memory", refresh: "5m" } }, routes: (origin) => [
    { host: "app.test", to: origin.url, policy: "signed-in", basic: { user: "gate", password: "pass: wörd" }, except },
    { host: "wiki.test", to: origin.url, policy: "signed-in", forward_token: "access", except },
    { host: "other.test", to: origin.url, policy: "signed-in", forward_token: "id", except }] });
  const alice = await bed.signedIn("alice");
  const own = { headers: { Authorization: "Bearer of-the-client" } };
  const sent = async (host, path) => {
    await alice.open(bed.url(host, path), own);
    const fields = fieldsOf(bed.origin.lastRequest, "Authorization");
    assert.equal(fields.length, 1, host);
    return fields[0];
  };
  for (const host of ["app.test", "wiki.test", "other.test"]) assert.equal(await sent(host, "/open"), "Bearer of-the-client");
  assert.equal(await sent("app.test", "/"), `Basic ${Buffer.from("gate:pass: wörd").toString("base64")}`);
  const [accessToken] = [...bed.provider.accessTokens.keys()];
  assert.equal(await sent("wiki.test", "/"), `Bearer ${accessToken}`);
  assert.equal(decode((await sent("other.test", "/")).split(".")[1]).email, "alice@example.test");
});

test("check prints what an app's own configuration says", async () => {
  const provider = { type: "oidc", issuer: "https://op.localhost:1", client_id: "x", client_secret: "y" };
  const config = { ...usualConfig(await reservePorts(), scratch("storage")), login: { host: "auth.test", providers: { main: provider } }, policies, routes: routes({ url: "http://127.0.0.1:1" }) };
  const run = runGateway(["check", writeConfig(config)]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /note: wiki\.test\/music: the configuration of navidrome itself says:\n {4}ND_BASEURL=\/music\n/);
  assert.match(run.stderr, /\n {4}expect_claims = \{"iss": "app\.test", "aud": "app\.test"\}\n/);
});
