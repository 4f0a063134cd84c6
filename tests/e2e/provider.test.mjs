// A provider that lies, breaks, is slow or absent: nobody is let in by mistake, and nobody is locked out for good
// (attack rows K01-K18, K23-K25, K30; the relying-party modules of the OpenID conformance suite).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { newKey, signToken, startLyingProvider } from "./support/lying_provider.mjs";
import { client } from "./support/provider_users.mjs";
import { reservePort } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

const now = () => Math.floor(Date.now() / 1000);

/// Signs in with the provider as it is set now; true if the app was reached.
async function arrives(bed) {
  const visitor = bed.visitor();
  const page = await visitor.open(bed.url("app.test", "/"));
  const session = visitor.jar.of("app.test").some((cookie) => cookie.name === "__Host-gateway");
  assert.equal(page.status === 200, session, `status ${page.status}, session ${session}`);
  return page.status === 200;
}

/// Each change alone must keep a visitor out; afterwards the provider is honest again and lets him in.
async function refusesEach(t, bed, changes, apply, restore) {
  for (const [name, change] of Object.entries(changes)) {
    apply(change);
    assert.equal(await arrives(bed), false, name);
  }
  restore();
  assert.equal(await arrives(bed), true, "an honest provider is refused afterwards");
}

test("an ID token with one wrong claim lets nobody in", async (t) => {
  const bed = await startBed(t);
  const changes = {
    "other nonce": (c) => ({ ...c, nonce: "other" }), "no nonce": ({ nonce: _, ...c }) => c, "empty nonce": (c) => ({ ...c, nonce: "" }), "nonce array": (c) => ({ ...c, nonce: [c.nonce] }),
    "other issuer": (c) => ({ ...c, iss: "https://evil.test" }), "issuer with slash": (c) => ({ ...c, iss: `${c.iss}/` }), "issuer over http": (c) => ({ ...c, iss: c.iss.replace("https", "http") }),
    "issuer in capitals": (c) => ({ ...c, iss: c.iss.toUpperCase() }), "no issuer": ({ iss: _, ...c }) => c,
    "other audience": (c) => ({ ...c, aud: "other" }), "no audience": ({ aud: _, ...c }) => c, "empty audience": (c) => ({ ...c, aud: [] }), "audience prefix": (c) => ({ ...c, aud: `${client.id}-x` }),
    "two audiences, azp other": (c) => ({ ...c, aud: [client.id, "other"], azp: "other" }),
    "no sub": ({ sub: _, ...c }) => c, "empty sub": (c) => ({ ...c, sub: "" }), "sub number": (c) => ({ ...c, sub: 7 }),
    "no exp": ({ exp: _, ...c }) => c, "expired": (c) => ({ ...c, exp: now() - 3600 }), "exp string": (c) => ({ ...c, exp: String(now() + 300) }), "exp null": (c) => ({ ...c, exp: null }), "exp negative": (c) => ({ ...c, exp: -1 }),
    "no iat": ({ iat: _, ...c }) => c, "iat in the future": (c) => ({ ...c, iat: now() + 3600 }), "nbf in the future": (c) => ({ ...c, nbf: now() + 3600 }),
  };
  await refusesEach(t, bed, changes, (change) => { bed.provider.claims = change; }, () => { bed.provider.claims = (c) => c; });
});

test("claims as text that JSON readers read differently let nobody in", async (t) => {
  const bed = await startBed(t);
  const changes = {
    "exp 1e300": (c) => JSON.stringify(c).replace(/"exp":\d+/, '"exp":1e300'), "duplicate iss": (c) => JSON.stringify(c).replace("{", '{"iss":"https://evil.test",'),
    "duplicate sub": (c) => JSON.stringify(c).replace("{", '{"sub":"u-admin",'), "trailing text": (c) => `${JSON.stringify(c)} x`, "an array": (c) => JSON.stringify([c]),
    "deep": (c) => JSON.stringify(c).replace("{", `{"deep":${"[".repeat(5000)}${"]".repeat(5000)},`), "lone surrogate": (c) => JSON.stringify(c).replace("{", '{"x":"\\ud800",'), "not JSON": () => "hello",
  };
  await refusesEach(t, bed, changes, (change) => { bed.provider.token = (claims) => signToken(change(claims), bed.provider.keys[0]); }, () => { bed.provider.token = (claims) => signToken(claims, bed.provider.keys[0]); });
});

test("an ID token signed in any other way lets nobody in", async (t) => {
  const bed = await startBed(t);
  const honest = bed.provider.keys[0];
  const other = newKey("key-1"); // the same id, not the same key
  const curve = newKey("key-1", "ec");
  const pem = honest.publicKey.export({ type: "spki", format: "pem" });
  const changes = {
    "alg none": (c) => signToken(c, honest, { header: { alg: "none" } }), "alg None": (c) => signToken(c, honest, { header: { alg: "None" } }), "alg nOnE": (c) => signToken(c, honest, { header: { alg: "nOnE" } }),
    "no alg": (c) => signToken(c, honest, { header: { alg: undefined } }), "alg array": (c) => signToken(c, honest, { header: { alg: ["RS256"] } }),
    "HS256 with the public key": (c) => signToken(c, honest, { header: { alg: "HS256" }, secret: pem }), "HS256 with the JWK": (c) => signToken(c, honest, { header: { alg: "HS256" }, secret: JSON.stringify(honest.jwk) }),
    "HS256 with the client secret": (c) => signToken(c, honest, { header: { alg: "HS256" }, secret: client.secret }), "HS256 with nothing": (c) => signToken(c, honest, { header: { alg: "HS256" }, secret: "" }),
    "another key": (c) => signToken(c, other), "a key of another kind": (c) => signToken(c, curve), "RS256 said of ES256": (c) => signToken(c, curve, { header: { alg: "RS256" } }),
    "no signature": (c) => signToken(c, honest).replace(/\.[^.]*$/, "."), "one bit of the signature": (c) => flip(signToken(c, honest), -3), "one bit of the claims": (c) => flip(signToken(c, honest), signToken(c, honest).indexOf(".") + 9),
    "key in the header": (c) => signToken(c, other, { header: { jwk: other.jwk } }), "crit": (c) => signToken(c, honest, { header: { crit: ["b64"], b64: false } }),
    "five parts": (c) => `${signToken(c, honest)}.x.y`, "two parts": (c) => signToken(c, honest).replace(/\.[^.]*$/, ""), "empty": () => "", "many dots": () => ".".repeat(100000), "padding": (c) => `${signToken(c, honest)}=`,
    "unknown kid": (c) => signToken(c, newKey("key-9")), "JSON serialization": (c) => JSON.stringify({ payload: signToken(c, honest).split(".")[1], signatures: [] }),
  };
  await refusesEach(t, bed, changes, (change) => { bed.provider.token = change; }, () => { bed.provider.token = (claims) => signToken(claims, honest); });
});

function flip(token, at) {
  const index = at < 0 ? token.length + at : at;
  return token.slice(0, index) + (token[index] === "A" ? "B" : "A") + token.slice(index + 1);
}

test("keys that the provider rotates are found at the first try, whether before or after they are first used", async (t) => {
  for (const isFirst of [true, false]) {
    const bed = await startBed(t);
    if (!isFirst) assert.equal(await arrives(bed), true);
    const fetched = bed.provider.to("keys").length;
    const fresh = newKey("key-2", "ec");
    bed.provider.keys = [fresh];
    bed.provider.token = (claims) => signToken(claims, fresh);
    assert.equal(await arrives(bed), true);
    assert.equal(bed.provider.to("keys").length, fetched + 1);
  }
});

test("a token without a key id is verified by the keys that fit", async (t) => {
  const bed = await startBed(t);
  bed.provider.keys = [newKey("a"), newKey("b", "ec"), newKey("c")];
  bed.provider.token = (claims) => signToken(claims, bed.provider.keys[2], { header: { kid: undefined } });
  assert.equal(await arrives(bed), true);
});

test("unknown key ids do not make the gateway hammer the provider", async (t) => {
  const bed = await startBed(t);
  bed.provider.token = (claims) => signToken(claims, newKey(`k-${Math.random()}`, "ec"));
  for (let i = 0; i < 15; ++i) assert.equal(await arrives(bed), false);
  assert.ok(bed.provider.to("keys").length <= 3, `${bed.provider.to("keys").length} fetches of the keys`);
});

test("a callback that names another issuer is refused before the code is redeemed", async (t) => {
  const bed = await startBed(t);
  await refusesEach(t, bed, { other: "https://evil.test", slash: `${bed.provider.issuer}/`, missing: undefined, empty: "" },
    (iss) => { bed.provider.callback = (p) => ({ ...p, iss }); }, () => { assert.equal(bed.provider.to("token").length, 0); bed.provider.callback = (p) => p; });
});

test("an error from the provider is a page that does not repeat its words", async (t) => {
  const bed = await startBed(t);
  bed.provider.callback = ({ state, iss }) => ({ state, iss, error: "access_denied", error_description: "<script>alert(1)</script> call 555" });
  const page = await bed.visitor().open(bed.url("app.test", "/"));
  assert.ok(page.status >= 400 && page.status < 500, String(page.status));
  assert.ok(!page.body.includes("<script>") && !page.body.includes("call 555"));
  assert.match(page.headers["content-security-policy"], /default-src 'none'/);
  assert.equal(bed.provider.to("token").length, 0);
});

test("token answers that are no token answers let nobody in", async (t) => {
  const bed = await startBed(t);
  const raw = (status, type, body) => (_, response) => response.writeHead(status, { "Content-Type": type }).end(body);
  const broken = {
    "500": raw(500, "text/html", "<h1>oops</h1>"), "html": raw(200, "text/html", "<h1>hi</h1>"), "empty": raw(200, "application/json", ""), "array": raw(200, "application/json", "[]"), "null": raw(200, "application/json", "null"),
    "error with 200": raw(200, "application/json", '{"error":"invalid_grant"}'), "no id_token": raw(200, "application/json", '{"access_token":"x","token_type":"Bearer"}'), "id_token number": raw(200, "application/json", '{"id_token":7}'),
    "redirect": (_, response) => response.writeHead(307, { Location: "https://evil.test/token" }).end(), "reset": (request) => request.socket.destroy(),
    "too long": raw(200, "application/json", `{"x":"${"y".repeat(3 * 1024 * 1024)}"}`), "gzip": (_, response) => response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" }).end("x"),
  };
  await refusesEach(t, bed, broken, (change) => { bed.provider.broken.token = change; }, () => { delete bed.provider.broken.token; });
});

test("userinfo that is not about this person, or no object, is not believed", async (t) => {
  const bed = await startBed(t);
  const changes = { "other sub": (c) => ({ ...c, sub: "u-admin" }), "no sub": ({ sub: _, ...c }) => c, "array": () => [], "null": () => "null", "text": () => '"x"', "html": () => "<h1>x</h1>" };
  // The ID token lacks what the policy needs, so that userinfo decides.
  bed.provider.claims = ({ groups: _, email: __, ...claims }) => claims;
  for (const [name, change] of Object.entries(changes)) {
    bed.provider.userinfo = change;
    const page = await bed.visitor().open(bed.url("wiki.test", "/"));
    assert.notEqual(page.status, 200, name);
  }
  bed.provider.userinfo = (c) => c;
  assert.equal((await bed.visitor().open(bed.url("wiki.test", "/"))).status, 200);
});

test("a provider that is down at the start is used as soon as it is there", async (t) => {
  const port = await reservePort();
  const bed = await startBed(t, { providerReady: false, config: (parts, own) => ({ ...parts, login: { ...parts.login, providers: { main: own.provider.configuration({ issuer: `https://op.localhost:${port}` }) } } }) });
  const page = await bed.visitor().open(bed.url("app.test", "/"));
  assert.ok([502, 503].includes(page.status), `status ${page.status}`);
  await bed.visitor().get(bed.url("other.test", "/")).expect(200);
  const late = await startLyingProvider(t, port);
  await until("the sign-in to work", async () => (await bed.visitor().open(bed.url("app.test", "/"))).status === 200, seconds(40));
  assert.ok(late.to("discovery").length >= 1);
});

test("a provider that goes away keeps nobody out who is signed in already", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  await bed.provider.close();
  await alice.get(bed.url("app.test", "/x")).expect(200);
  const page = await bed.visitor().open(bed.url("app.test", "/x")).catch((error) => error);
  assert.ok(page instanceof Error || page.status >= 300, "somebody got in without a provider");
  await alice.get(bed.url("app.test", "/y")).expect(200);
});

test("a discovery document about another issuer, or with endpoints elsewhere, is refused", async (t) => {
  const bad = {
    "other issuer": (d) => ({ ...d, issuer: "https://evil.test" }), "issuer with slash": (d) => ({ ...d, issuer: `${d.issuer}/` }), "http token endpoint": (d) => ({ ...d, token_endpoint: d.token_endpoint.replace("https", "http") }),
    "metadata service": (d) => ({ ...d, jwks_uri: "http://169.254.169.254/keys" }), "file": (d) => ({ ...d, jwks_uri: "file:///etc/passwd" }), "no jwks": ({ jwks_uri: _, ...d }) => d, "array": () => [], "javascript": (d) => ({ ...d, authorization_endpoint: "javascript:alert(1)" }),
  };
  for (const [name, change] of Object.entries(bad)) {
    const provider = await startLyingProvider(t);
    provider.metadata = change;
    const bed = await startBed(t, { providerReady: false, config: (parts) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration() } } }) });
    await until("the question for metadata", () => provider.to("discovery").length);
    const page = await bed.visitor().get(bed.url("auth.test", `/oauth2/start?rd=${encodeURIComponent(bed.url("app.test", "/"))}`));
    assert.ok(page.status >= 500 && page.status < 600, `${name}: ${page.status} ${page.location ?? ""}`);
    assert.equal(provider.to("token").length, 0);
    await bed.gateway.stop();
  }
});

test("PKCE is always used, with a fresh verifier that is never shown", async (t) => {
  const bed = await startBed(t);
  bed.provider.metadata = ({ code_challenge_methods_supported: _, ...d }) => d;
  await arrives(bed);
  await arrives(bed);
  const asked = bed.provider.to("authorize").map((request) => Object.fromEntries(request.parameters));
  assert.equal(asked.length, 2);
  for (const question of asked) {
    assert.equal(question.code_challenge_method, "S256");
    assert.equal(question.response_type, "code");
    assert.ok(question.nonce.length >= 22 && question.state.length >= 22);
  }
  for (const name of ["code_challenge", "nonce", "state"]) assert.notEqual(asked[0][name], asked[1][name]);
  const verifiers = bed.provider.to("token").map((request) => request.parameters.get("code_verifier"));
  for (const verifier of verifiers) {
    assert.ok(verifier.length >= 43);
    assert.ok(!bed.gateway.stderr.text.includes(verifier) && !bed.gateway.stdout.text.includes(verifier));
  }
});

test("an issuer that is reached in another place keeps its name, in TLS too", async (t) => {
  const at = (host) => ({
    issuerHost: "id.company.test",
    config: (parts, bed) => ({ ...parts, login: { ...parts.login, providers: { main: bed.provider.configuration({ connect_to: `https://${host}:${bed.provider.port}` }) } } }),
  });
  const bed = await startBed(t, at("127.0.0.1"));
  assert.equal(await arrives(bed), true);
  for (const endpoint of ["discovery", "keys", "token"]) {
    assert.ok(bed.provider.to(endpoint).length > 0, endpoint);
    for (const request of bed.provider.to(endpoint)) assert.equal(request.headers.host, `id.company.test:${bed.provider.port}`);
  }
});

test("claims of userinfo that come as a JWT end the sign-in, and the log says what to do", async (t) => {
  const bed = await startBed(t);
  bed.provider.claims = ({ groups: _, ...claims }) => claims;
  bed.provider.broken.userinfo = (_, response) => response.writeHead(200, { "Content-Type": "application/jwt" }).end(signToken({ sub: "u-alice" }, bed.provider.keys[0]));
  assert.equal(await arrives(bed), false);
  await bed.gateway.event("sign-in failed", (event) => /userinfo_signed_response_alg/.test(event.error));
});

test("keycloak's roles come from its access token, which must be for us and about this person", async (t) => {
  const bed = await startBed(t, {
    policies: { admins: { allow: [{ group: ["admin"] }] } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "admins" }],
    config: (parts, it) => ({ ...parts, login: { ...parts.login, providers: { main: it.provider.configuration({ type: "keycloak", claims: { groups: "realm_access.roles" } }) } } }),
  });
  const access = (changes, key = bed.provider.keys[0]) => (body) => {
    const token = signToken({ iss: bed.provider.issuer, sub: "u-alice", azp: client.id, aud: "account", exp: now() + 300, typ: "Bearer", realm_access: { roles: ["admin"] }, ...changes }, key);
    bed.provider.accessTokens.set(token, bed.provider.user); // userinfo takes it
    return { ...body, access_token: token };
  };
  bed.provider.claims = ({ groups: _, ...claims }) => claims;
  bed.provider.userinfo = ({ groups: _, ...claims }) => claims;
  await refusesEach(t, bed,
    { "another client's": access({ azp: "other" }), "about somebody else": access({ sub: "u-bob" }), "of another issuer": access({ iss: "https://evil.test" }), "over": access({ exp: now() - 300 }), "opaque": (body) => body,
      "signed by nobody we know": access({}, newKey("key-1")) },
    (change) => { bed.provider.tokenAnswer = change; }, () => { bed.provider.tokenAnswer = access({}); });
});
