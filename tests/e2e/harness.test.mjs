// The test bed itself, without a gateway: an instrument that is off would make every other test worthless.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { startBrowser, hasBrowser } from "./support/browser.mjs";
import { CookieJar } from "./support/cookie_jar.mjs";
import { MessageReader, fieldOf, foldedFields, tolerantPath } from "./support/http_message.mjs";
import { newKey, signToken, startLyingProvider } from "./support/lying_provider.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { client } from "./support/provider_users.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { startRealProvider } from "./support/real_provider.mjs";
import { reservePort } from "./support/run_folder.mjs";
import { Visitor } from "./support/visitor.mjs";
import { seconds } from "./support/wait.mjs";
import { createHash, randomBytes, verify } from "node:crypto";

function messages(kind, bytes, { step = bytes.length, methods = [] } = {}) {
  const done = [];
  const reader = new MessageReader(kind, { end: (message) => done.push(message) });
  reader.requestMethods.push(...methods);
  for (let at = 0; at < bytes.length; at += step) reader.push(Buffer.from(bytes.slice(at, at + step), "latin1"));
  reader.close();
  return done;
}

test("the reader of messages sees the same whether bytes come at once or one by one", () => {
  const bytes = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n" +
    "GET /b HTTP/1.1\r\nhOsT: x\r\n\r\nPUT /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  for (const step of [1, 7, bytes.length]) {
    const [a, b, c] = messages("request", bytes, { step });
    assert.equal(a.body.toString(), "abcde");
    assert.deepEqual(a.trailers, ["T: 1"]);
    assert.deepEqual(b.fields, [["hOsT", "x"]]);
    assert.equal(c.body.toString(), "hi");
  }
});

test("the reader of messages knows which answers have no body", () => {
  const bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\nrest";
  const [interim, head, unchanged, last] = messages("response", bytes, { methods: ["HEAD", "GET", "GET"] });
  assert.deepEqual([interim.status, head.status, unchanged.status, last.status], [100, 200, 304, 200]);
  assert.deepEqual([head.bodyBytes, unchanged.bodyBytes, last.body.toString()], [0, 0, "rest"]);
});

test("the reader of messages throws at a chunk that is none", () => {
  assert.throws(() => messages("request", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), /no chunk size/);
  assert.throws(() => messages("request", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"), /without its end/);
});

test("keys are made and told without an end that never comes, whenever garbage is collected", () => {
  const program = `import { keyPair } from ${JSON.stringify(new URL("./support/key_pair.mjs", import.meta.url).href)};
    for (let i = 0; i < 4000; ++i) for (const key of Object.values(keyPair("ec", { namedCurve: "P-256" }))) key.export({ format: "jwk" });`;
  const run = spawnSync(process.execPath, ["--gc-interval=200", "--input-type=module", "-e", program], { encoding: "utf8", timeout: seconds(60), killSignal: "SIGKILL" });
  assert.equal(run.signal, null, "it waits for itself for ever");
  assert.equal(run.status, 0, run.stderr);
});

test("the tolerant view folds what CGI and WSGI fold", () => {
  const [request] = messages("request", "GET / HTTP/1.1\r\nX_Auth.Request-User: a\r\nx-auth-request-user: b\r\n\r\n");
  assert.deepEqual(foldedFields(request).get("x-auth-request-user"), ["a", "b"]);
  assert.equal(tolerantPath("/Public/%2e%2e/ADMIN;x=y/"), "/admin");
});

test("the cookie jar keeps what a browser keeps and drops what it drops", () => {
  const jar = new CookieJar();
  const url = "https://app.test:8443/deep/page";
  jar.store(url, [
    "plain=1", "__Host-good=2; Secure; Path=/; HttpOnly; SameSite=Lax", "__Host-bad=3; Secure; Path=/; Domain=app.test", "__Host-nopath=4; Secure",
    "__Secure-bad=5", "wide=6; Domain=app.test; Path=/", "foreign=7; Domain=wiki.test", "gone=8; Max-Age=0", `big=${"x".repeat(5000)}`,
  ]);
  assert.equal(jar.header("https://app.test/deep/x"), "plain=1; __Host-good=2; wide=6");
  assert.equal(jar.header("https://sub.app.test/deep/x"), "wide=6");
  assert.equal(jar.header("http://app.test/deep/x"), "plain=1; wide=6");
  assert.equal(jar.header("https://wiki.test/"), undefined);
  assert.deepEqual(jar.refused.map((r) => r.text.split("=")[0]), ["__Host-bad", "__Host-nopath", "__Secure-bad", "foreign", "big"]);
  jar.store(url, ["__Host-good=; Path=/; Max-Age=0"]);
  assert.equal(jar.header("https://app.test/"), "__Host-good=2; wide=6", "a deletion without Secure is ignored for __Host-");
  jar.store(url, ["__Host-good=; Secure; Path=/; Max-Age=0"]);
  assert.equal(jar.header("https://app.test/"), "wide=6");
});

test("the origin keeps every byte and answers what it is told", async (t) => {
  const origin = await startOrigin(t, { reply: (request, connection) => (request.target === "/reset" ? connection.reset() : answer(200, request.target)) });
  const wire = await connectPlain(t, origin.port);
  await wire.drip("GET /a HTTP/1.1\r\nHost:  x\r\n\r\n");
  assert.equal((await wire.response()).body.toString(), "/a");
  await wire.send("POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  await wire.send("hi");
  assert.equal((await wire.response()).body.toString(), "/b");
  assert.equal(wire.interim.length, 1);
  assert.equal(origin.text, "GET /a HTTP/1.1\r\nHost:  x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  await wire.send("GET /reset HTTP/1.1\r\n\r\n");
  await wire.ended();
  assert.equal(origin.requests.length, 3);
});

test("the origin reports a malformed request when it closes", async (t) => {
  const hooks = [];
  const origin = await startOrigin({ after: (hook) => hooks.push(hook) });
  const wire = await connectPlain(t, origin.port);
  await wire.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  await wire.ended();
  await assert.rejects(hooks[0](), /malformed/);
});

test("two reserved ports are never the same", async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, () => reservePort()));
  assert.equal(new Set(ports).size, 40);
});

test("a token is signed with the key and the header the test says", () => {
  for (const type of ["rsa", "ec"]) {
    const key = newKey("k", type);
    const [head, claims, signature] = signToken({ sub: "x" }, key).split(".");
    const options = type === "ec" ? { key: key.publicKey, dsaEncoding: "ieee-p1363" } : key.publicKey;
    assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), options, Buffer.from(signature, "base64url")));
    assert.ok(!verify("sha256", Buffer.from(`${head}.${claims}x`), options, Buffer.from(signature, "base64url")));
  }
  const key = newKey("k");
  assert.equal(signToken({}, key, { header: { alg: "none" } }).split(".")[2], "");
  assert.equal(JSON.parse(Buffer.from(signToken({}, key, { header: { kid: undefined } }).split(".")[0], "base64url")).kid, undefined);
});

/// A relying party in twenty lines, so that both providers can be shown to work without a gateway.
async function codeFlow(visitor, issuer, redirect, signIn) {
  const metadata = (await visitor.get(`${issuer}/.well-known/openid-configuration`).expect(200)).json();
  const verifier = randomBytes(32).toString("base64url");
  const question = new URLSearchParams({
    response_type: "code", client_id: client.id, redirect_uri: redirect, scope: "openid email profile groups", state: "s", nonce: "n",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256",
  });
  const callback = await signIn(`${metadata.authorization_endpoint}?${question}`);
  const code = callback.searchParams.get("code");
  assert.equal(callback.searchParams.get("iss"), issuer);
  const redeem = (with_verifier) => visitor.post(metadata.token_endpoint, {
    body: new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier: with_verifier }).toString(),
    headers: { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`, "Content-Type": "application/x-www-form-urlencoded" },
  });
  return { metadata, redeem, verifier };
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

test("the lying provider is correct when it is left alone", async (t) => {
  const provider = await startLyingProvider(t);
  const visitor = new Visitor();
  const signIn = async (url) => new URL((await visitor.get(url).expect(302)).location);
  const flow = await codeFlow(visitor, provider.issuer, "https://rp.test/cb", signIn);
  await flow.redeem("wrong").expect(400);
  const tokens = (await flow.redeem(flow.verifier).expect(200)).json();
  const claims = claimsOf(tokens.id_token);
  assert.deepEqual([claims.iss, claims.aud, claims.nonce, claims.sub], [provider.issuer, client.id, "n", "u-alice"]);
  await flow.redeem(flow.verifier).expect(400);
  const person = await visitor.get(flow.metadata.userinfo_endpoint, { headers: { Authorization: `Bearer ${tokens.access_token}` } }).expect(200);
  assert.equal(person.json().email, "alice@example.test");
  assert.deepEqual(provider.to("token").length, 3);
});

test("the real provider signs in with a form and gives claims in the ID token", async (t) => {
  const provider = await startRealProvider(t, ["https://rp.test/cb"]);
  const visitor = new Visitor();
  const signIn = async (url) => {
    const form = await visitor.open(url);
    const again = await visitor.submit(form, { login: "alice", password: "wrong" });
    assert.match(again.body, /Wrong name/);
    const fields = new URLSearchParams({ login: "alice", password: "alice" }).toString();
    let page = await visitor.post(form.url, { body: fields, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    while (!page.location.startsWith("https://rp.test/")) page = await visitor.follow(page);
    return new URL(page.location);
  };
  const flow = await codeFlow(visitor, provider.issuer, "https://rp.test/cb", signIn);
  const tokens = (await flow.redeem(flow.verifier).expect(200)).json();
  const claims = claimsOf(tokens.id_token);
  assert.deepEqual([claims.sub, claims.nonce, claims.email, claims.groups], ["u-alice", "n", "alice@example.test", ["staff", "admins"]]);
});

test("a raw client speaks TLS that is verified", async (t) => {
  const origin = await startOrigin(t, { tlsNames: ["app.test"] });
  const wire = await connectTls(t, origin.port, { servername: "app.test" });
  await wire.send("GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal(fieldOf(await wire.response(), "content-type"), "application/json");
  await assert.rejects(connectTls(t, origin.port, { servername: "wiki.test" }), /altnames/);
});

test("the browser trusts the run's authority and nobody else", { skip: !hasBrowser && "no Chromium" }, async (t) => {
  const trusted = await startOrigin(t, { tlsNames: ["app.test"], reply: () => answer(200, "<h1>hello</h1>", [["Content-Type", "text/html"]]) });
  const foreign = await startOrigin(t, { tlsNames: ["app.test"], tlsOptions: { authority: "foreign-ca" } });
  const page = await (await startBrowser(t)).newPage();
  await page.goto(`https://app.test:${trusted.port}/`);
  assert.equal(await page.textContent("h1"), "hello");
  await assert.rejects(page.goto(`https://app.test:${foreign.port}/`), /ERR_CERT/);
});
