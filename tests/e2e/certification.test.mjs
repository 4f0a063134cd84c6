// The test modules of the OpenID Foundation's relying-party certification (basic, config, form post and RP-initiated logout
// profiles), by their names without oidcc-client-test: the provider misbehaves as the module's does. A module that must fail
// fails here when the browser got a session, or when userinfo was asked after the bad token. The modules of back-channel and
// front-channel logout are in provider_sign_out.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, startBrowser } from "./support/browser.mjs";
import { newKey, signToken, startLyingProvider } from "./support/lying_provider.mjs";

const without = (...names) => (claims) => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
const spoilt = (token) => `${token.slice(0, -6)}${token.endsWith("AAAAAA") ? "BBBBBB" : "AAAAAA"}`;
const signedBy = (key, header) => (claims) => signToken(claims, key, { header });

/// name → what the provider does. `enters`: the sign-in is to succeed. `asked`: looks at what the provider was asked.
function basicModules(provider) {
  const [honest] = provider.keys;
  const elliptic = newKey("ec-1", "ec");
  // Groups come from userinfo alone, so that the sign-in has to ask for it.
  const scarce = { claims: without("groups", "email", "email_verified") };
  return {
    plain: { ...scarce, enters: true, asked: () => assert.ok(provider.to("userinfo").length) },
    "invalid-iss": { claims: (c) => ({ ...c, iss: "https://elsewhere.test" }) },
    "missing-sub": { claims: without("sub") },
    "invalid-aud": { claims: (c) => ({ ...c, aud: "somebody-else" }) },
    "missing-aud": { claims: without("aud") },
    "missing-iat": { claims: without("iat") },
    "kid-absent-single-jwks": { token: signedBy(honest, { kid: undefined }), enters: true },
    "kid-absent-multiple-jwks": { keys: [newKey("a"), elliptic, honest], token: signedBy(honest, { kid: undefined }), enters: true },
    "idtoken-sig-rs256": { enters: true },
    "idtoken-sig-none": { token: signedBy(honest, { alg: "none" }) },
    "invalid-sig-rs256": { token: (claims) => spoilt(signToken(claims, honest)) },
    "invalid-sig-es256": { keys: [honest, elliptic], token: (claims) => spoilt(signToken(claims, elliptic)) },
    "invalid-sig-hs256": { token: (claims) => signToken(claims, honest, { header: { alg: "HS256" }, secret: "not the client's" }) },
    "userinfo-bearer-header": {
      ...scarce, enters: true,
      asked: () => { for (const one of provider.to("userinfo")) { assert.match(one.headers.authorization, /^Bearer /); assert.ok(!one.url.search && !one.body); } },
    },
    "userinfo-invalid-sub": { ...scarce, userinfo: (c) => ({ ...c, sub: "u-somebody-else" }), mayAskUserinfo: true },
    "nonce-invalid": { claims: (c) => ({ ...c, nonce: "another" }) },
    "nonce-unless-code-flow": { enters: true, asked: () => assert.ok(provider.to("authorize").at(-1).parameters.get("nonce")) },
    "scope-userinfo-claims": {
      ...scarce, enters: true,
      asked: () => assert.deepEqual(["openid", "email", "profile"].filter((scope) => !provider.to("authorize").at(-1).parameters.get("scope").split(" ").includes(scope)), []),
    },
    "client-secret-basic": {
      metadata: (d) => ({ ...d, token_endpoint_auth_methods_supported: ["client_secret_basic"] }), enters: true,
      asked: () => { const { headers, parameters } = provider.to("token").at(-1); assert.match(headers.authorization, /^Basic /); assert.ok(!parameters.has("client_secret")); },
    },
    "invalid-athash": { claims: (c) => ({ ...c, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }) },
    "aggregated-claims": { claims: (c) => ({ ...c, _claim_names: { address: "one" }, _claim_sources: { one: { JWT: "x.y.z" } } }), enters: true },
    "distributed-claims": {
      claims: (c) => ({ ...c, _claim_names: { address: "one" }, _claim_sources: { one: { endpoint: `${provider.issuer}/elsewhere`, access_token: "t" } } }), enters: true,
      asked: () => assert.equal(provider.to("unknown").length, 0),
    },
    "token-type-case-insensitivity": { tokenAnswer: (body) => ({ ...body, token_type: "BEARER" }), enters: true },
    "token-endpoint-response-without-expires_in": { tokenAnswer: without("expires_in"), enters: true },
  };
}

/// Brings the provider's answer to the gateway as a browser does: as a redirect, or as the form of its page.
async function open(bed, url) {
  const visitor = bed.visitor();
  const page = await visitor.open(url);
  const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1];
  if (!action || !action.startsWith(bed.url("auth.test"))) return { visitor, page };
  const fields = new URLSearchParams([...page.body.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  // From another site: the browser sends no cookie that is SameSite=Lax.
  const posted = await visitor.post(action, { cookies: false, body: fields.toString(), headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site", Origin: bed.provider.issuer } });
  assert.equal(posted.status, 303, posted.body);
  return { visitor, page: await visitor.open(posted.location) };
}

const entered = ({ visitor, page }) => {
  const session = visitor.jar.of("app.test").some((cookie) => cookie.name === "__Host-gateway");
  assert.equal(page.status === 200, session, `status ${page.status}, session ${session}`);
  return session;
};

async function runModules(t, bed, modules) {
  const { provider } = bed;
  const honest = { claims: provider.claims, token: provider.token, userinfo: provider.userinfo, tokenAnswer: provider.tokenAnswer, keys: provider.keys };
  for (const [name, { enters = false, mayAskUserinfo = false, asked, metadata: _, ...lie }] of Object.entries(modules)) {
    await t.test(name, async () => {
      Object.assign(provider, honest, lie);
      provider.requests = [];
      assert.equal(entered(await open(bed, bed.url("app.test", "/"))), enters);
      if (!enters && !mayAskUserinfo) assert.equal(provider.to("userinfo").length, 0, "userinfo was asked after a bad token");
      asked?.();
    });
  }
  Object.assign(provider, honest);
}

const groupsFromUserinfo = { policies: { "signed-in": { allow: [{ group: ["staff"] }] } } };

for (const [profile, mode] of [["basic", {}], ["form post", { response_mode: "form_post" }]]) {
  test(`the modules of the ${profile} profile`, async (t) => {
    const bed = await startBed(t, {
      ...groupsFromUserinfo,
      config: (parts, { provider }) => {
        provider.metadata = (d) => ({ ...d, token_endpoint_auth_methods_supported: ["client_secret_basic"] });
        return { ...parts, login: { ...parts.login, providers: { main: provider.configuration({ extra: mode }) } } };
      },
    });
    await runModules(t, bed, basicModules(bed.provider));
    if (mode.response_mode) assert.equal(bed.provider.to("authorize").at(-1).parameters.get("response_mode"), "form_post");
    await t.test("form-post-error", async () => {
      bed.provider.callback = ({ state, iss }) => ({ state, iss, error: "login_required" });
      bed.provider.requests = [];
      assert.equal(entered(await open(bed, bed.url("app.test", "/"))), false);
      assert.equal(bed.provider.to("authorize").length, 1, "no loop");
      assert.equal(bed.provider.to("token").length, 0);
    });
  });
}

test("userinfo-bearer-body, where the file asks for it", async (t) => {
  const bed = await startBed(t, {
    ...groupsFromUserinfo,
    config: (parts, { provider }) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration({ userinfo_token: "body" }) } } }),
  });
  const { provider } = bed;
  provider.claims = without("groups", "email", "email_verified");
  provider.takesTokens = "body";
  assert.equal(entered(await open(bed, bed.url("app.test", "/"))), true);
  const asked = provider.to("userinfo");
  assert.ok(asked.length);
  for (const one of asked) {
    assert.deepEqual([one.method, one.headers.authorization, one.url.search], ["POST", undefined, ""]);
    assert.ok(provider.accessTokens.has(one.parameters.get("access_token")));
  }
});

test("the modules of the config profile", async (t) => {
  const provider = await startLyingProvider(t);
  const elsewhere = (d) => ({ ...d, jwks_uri: `${d.issuer}/run-7/keys`, token_endpoint: `${d.issuer}/run-7/token` });
  provider.metadata = elsewhere;
  // What this run's document names is there and nowhere else.
  for (const [name, serve] of [["keys", "serve_keys"], ["token", "serve_token"]]) provider.broken[name] = (_, response) => response.writeHead(404).end(serve);
  const found = [];
  provider.broken.unknown = (request, response) => {
    const seen = provider.requests.at(-1);
    found.push(seen.url.pathname);
    if (seen.url.pathname === "/run-7/keys") return provider.serve_keys(seen, response);
    if (seen.url.pathname === "/run-7/token") return provider.serve_token(seen, response);
    return response.writeHead(404).end();
  };
  const bed = await startBed(t, { config: (parts) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration() } } }) });
  bed.provider = provider;
  await t.test("discovery-openid-config, discovery-jwks-uri-keys", async () => {
    assert.equal(entered(await open(bed, bed.url("app.test", "/"))), true);
    assert.ok(found.includes("/run-7/keys") && found.includes("/run-7/token"), found.join(" "));
  });
  // Keys are fetched again once in a while, and at once where that was not done yet: a person need not try twice.
  const rotations = { "signing-key-rotation": (keys) => { provider.keys = keys; }, "signing-key-rotation-just-before-signing": () => {} };
  for (const [name, rotate] of Object.entries(rotations)) {
    await t.test(name, async () => {
      const other = await startBed(t, { config: (parts) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration() } } }) });
      other.provider = provider;
      assert.equal(entered(await open(other, other.url("app.test", "/"))), true);
      const fresh = newKey(name);
      rotate([fresh]);
      provider.token = (claims) => { provider.keys = [fresh]; return signToken(claims, fresh); };
      const fetched = () => found.filter((path) => path === "/run-7/keys").length;
      const before = fetched();
      assert.equal(entered(await open(other, other.url("app.test", "/"))), true, "refused at the first try");
      assert.equal(fetched(), before + 1);
      assert.equal(entered(await open(other, other.url("app.test", "/"))), true);
      assert.equal(fetched(), before + 1, "keys that are known are fetched again");
    });
  }
});

test("the modules of the RP-initiated logout profile", async (t) => {
  const modules = { "rp-init-logout": [(state) => state, true], "rp-init-logout-other-state": [() => "another", false], "rp-init-logout-no-state": [() => null, false] };
  for (const [name, [back, goesOn]] of Object.entries(modules)) {
    await t.test(name, async () => {
      const bed = await startBed(t);
      const alice = await bed.signedIn("alice");
      bed.provider.endSession = ({ parameters }, response) => {
        const url = new URL(parameters.get("post_logout_redirect_uri"));
        const state = back(parameters.get("state"));
        if (state !== null) url.searchParams.set("state", state);
        response.writeHead(302, { Location: url.href }).end();
      };
      const after = bed.url("other.test", "/bye");
      const page = await alice.open(bed.url("app.test", `/oauth2/sign_out?rd=${encodeURIComponent(after)}`), { headers: { "Sec-Fetch-Site": "same-origin" } });
      const asked = bed.provider.to("logout");
      assert.equal(asked.length, 1);
      const { parameters } = asked[0];
      assert.ok(parameters.get("client_id") || parameters.get("id_token_hint"));
      assert.equal(parameters.get("post_logout_redirect_uri"), bed.url("auth.test", "/oauth2/signed_out"));
      assert.ok(parameters.get("state").length >= 32, "a state that somebody could guess");
      assert.ok(!parameters.get("state").includes("bye"));
      assert.equal(page.status, 200, page.body.slice(0, 300));
      // Only our own state says where to go on.
      assert.equal(page.url === after, goesOn, page.url);
      if (!goesOn) assert.match(page.body, /signed out/i);
      assert.equal((await alice.get(bed.url("app.test", "/"))).status, 302);
    });
  }
});

test("a browser brings a posted answer back to where the sign-in began", { skip: !hasBrowser && "no Chromium here" }, async (t) => {
  const bed = await startBed(t, { config: (parts, { provider }) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration({ extra: { response_mode: "form_post" } }) } } }) });
  const context = await startBrowser(t);
  const page = await context.newPage();
  await page.goto(bed.url("app.test", "/deep/page?x=1"));
  await page.waitForURL(bed.url("app.test", "/deep/page?x=1"));
  assert.equal(bed.provider.to("authorize").at(-1).parameters.get("response_mode"), "form_post");
  assert.ok((await context.cookies(bed.url("app.test"))).some(({ name }) => name === "__Host-gateway"));
});
