// How the gateway is known to a provider, and requests that are handed in first, with the npm provider (attack rows K03, K26; RFC 7523,
// RFC 8705, RFC 9126).
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { keyPair } from "./support/key_pair.mjs";
import { authority, certificateFor, scratch } from "./support/run_folder.mjs";

/// A bed with the npm provider, where `keys` prove who the gateway is.
const startKnownBy = (t, keys, real = true) => startBed(t, { real,
  config: (parts, bed) => {
    const { client_secret: secret, ...usual } = bed.provider.configuration();
    return { ...parts, login: { ...parts.login, providers: { main: { ...usual, ...(keys ?? { client_secret: secret }) } } } };
  } });

async function arrives(bed) {
  const visitor = bed.visitor();
  const page = await bed.signIn(visitor, "alice", bed.url("app.test", "/")).catch(() => undefined);
  return page?.status === 200 && page.url.startsWith(bed.url("app.test"));
}

test("a request is handed in first, and the browser carries its name alone", async (t) => {
  const bed = await startKnownBy(t);
  const visitor = bed.visitor();
  await bed.signIn(visitor, "alice", bed.url("app.test", "/"));
  const asked = visitor.pages.map((page) => new URL(page.url)).filter((url) => url.origin === bed.provider.issuer && url.pathname === "/auth");
  assert.equal(asked.length, 1);
  assert.deepEqual([...asked[0].searchParams.keys()].sort(), ["client_id", "request_uri"]);
  assert.ok(bed.provider.requests.includes("POST /request"));
  await visitor.get(bed.url("app.test", "/")).expect(200);
});

for (const [type, options] of [["ec", { namedCurve: "P-256" }], ["rsa", { modulusLength: 2048 }]]) {
  test(`a key of kind ${type} signs an assertion for each request`, async (t) => {
    const file = path.join(scratch("key"), "client.pem");
    const { privateKey, publicKey } = keyPair(type, options);
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const jwk = publicKey.export({ format: "jwk" });
    const client = { token_endpoint_auth_method: "private_key_jwt", client_secret: undefined, jwks: { keys: [{ ...jwk, use: "sig", kid: "ours" }] } };
    const bed = await startKnownBy(t, { client_key: { file }, client_key_id: "ours" }, { client });
    assert.equal(await arrives(bed), true);
    assert.equal(await arrives(bed), true, "a second assertion");
  });
}

test("a certificate says who the gateway is, and another one does not", async (t) => {
  const mine = certificateFor(["gateway.client.test"], { client: true, own: true });
  const other = certificateFor(["other.client.test"], { client: true, own: true });
  const real = { client: { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_san_dns: "gateway.client.test", client_secret: undefined }, clientAuthority: authority().certificate };
  const pair = ({ certificate, key }) => ({ client_certificate: { certificate, key } });
  assert.equal(await arrives(await startKnownBy(t, pair(mine), real)), true);
  assert.equal(await arrives(await startKnownBy(t, pair(other), real)), false);
});
