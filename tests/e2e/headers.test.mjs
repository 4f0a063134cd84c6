// What the origin is told about a request: identity fields are ours and only ours, in every spelling, on every route
// (attack rows E01-E14, F01, F02, F07, L11).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { fieldsOf, foldedFields } from "./support/http_message.mjs";
import { connectTls } from "./support/raw_client.mjs";

const identityNames = ["X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups", "X-Auth-Request-Preferred-Username"];
const foreignNames = [
  "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "X-Auth-Request-Access-Token",
  "Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups", "REMOTE_USER", "HTTP_REMOTE_USER", "X-Remote-User", "X-Remote-Group", "X-WEBAUTH-USER", "X-WEBAUTH-EMAIL",
  "X-Authentik-Username", "X-Pomerium-Jwt-Assertion", "X-Goog-Authenticated-User-Email", "Cf-Access-Authenticated-User-Email", "X-Amzn-Oidc-Identity",
  "Ssl-Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Client-Verify", "X-Client-Cert-Dn", "X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Envoy-Original-Path",
  "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Path", "Proxy",
];

/// Spellings that CGI, WSGI, PHP or nginx read as `name`: case, and other bytes for the dashes.
function spellings(name) {
  const forms = [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll("-", "_"), name.replaceAll("-", "."), name.replace("-", "_")];
  if (!/^HTTP/.test(name)) forms.push(`HTTP_${name.replaceAll("-", "_")}`);
  return [...new Set(forms)];
}

/// Sends a raw GET with these fields and gives what the origin saw.
async function sendRaw(t, bed, { host = "app.test", target = "/", fields = [], visitor } = {}) {
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: host });
  const cookie = visitor?.jar.header(bed.url(host, "/"));
  const all = [["Host", `${host}:${bed.gateway.ports.https}`], ...(cookie ? [["Cookie", cookie]] : []), ...fields];
  await wire.send(`GET ${target} HTTP/1.1\r\n${all.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`);
  const response = await wire.response();
  wire.close();
  return { response, seen: bed.origin.lastRequest };
}

test("no spelling of an identity field passes from a client, on a protected route", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  for (const name of [...identityNames, ...foreignNames]) {
    const fields = spellings(name).map((spelling) => [spelling, "forged-value"]);
    const { response, seen } = await sendRaw(t, bed, { visitor: alice, fields });
    assert.equal(response.status, 200, name);
    assert.ok(!seen.raw.includes("forged-value"), `${name} passed:\n${seen.raw}`);
  }
  const { seen } = await sendRaw(t, bed, { visitor: alice });
  for (const name of identityNames) assert.equal(foldedFields(seen).get(name.toLowerCase()).length, 1, `${name} is there once`);
});

test("no spelling of an identity field passes on public routes either", async (t) => {
  const bed = await startBed(t);
  for (const [host, target] of [["other.test", "/"], ["app.test", "/public/x"]]) {
    const fields = [...identityNames, ...foreignNames].flatMap(spellings).slice(0, 100).map((spelling) => [spelling, "forged-value"]);
    for (let at = 0; at < fields.length; at += 50) {
      const { response, seen } = await sendRaw(t, bed, { host, target, fields: fields.slice(at, at + 50) });
      assert.equal(response.status, 200, host);
      assert.ok(!seen.raw.includes("forged-value"), seen.raw);
    }
  }
});

test("a claim that a user does not have leaves its header absent, whatever the client sends", async (t) => {
  const bed = await startBed(t);
  const bare = await bed.signedIn("bare");
  const { seen } = await sendRaw(t, bed, { visitor: bare, fields: identityNames.map((name) => [name, "forged-value"]) });
  assert.deepEqual(fieldsOf(seen, "X-Auth-Request-User"), ["u-bare"]);
  for (const name of ["x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username"]) assert.equal(foldedFields(seen).get(name), undefined, name);
});

test("an e-mail that the provider has not verified is no e-mail", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [
    { host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy" }, { host: "wiki.test", to: origin.url, policy: "alice" }] });
  const mallory = await bed.signedIn("mallory");
  const { seen } = await sendRaw(t, bed, { visitor: mallory });
  assert.equal(foldedFields(seen).get("x-auth-request-email"), undefined);
  assert.equal((await mallory.open(bed.url("wiki.test", "/"))).status, 403);
});

test("Connection cannot name a field that the gateway adds", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const added = [...identityNames, "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "X-Request-Id", "Cookie", "Authorization"];
  for (const list of [added.join(", "), added.map((n) => n.toLowerCase()).join(","), ` ${added.join(" ,  ")} `]) {
    const { response, seen } = await sendRaw(t, bed, { visitor: alice, fields: [["Connection", list]] });
    if (response.status === 400) continue; // refusing is as good
    assert.equal(response.status, 200);
    for (const name of identityNames) assert.equal(fieldsOf(seen, name).length, 1, `${name} was removed by Connection`);
    for (const name of ["X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id"]) assert.equal(fieldsOf(seen, name).length, 1, `${name} was removed by Connection`);
    assert.equal(fieldsOf(seen, "Connection").join().toLowerCase().includes("x-"), false);
  }
});

test("fields that Connection names are taken out and no hop-by-hop field passes", async (t) => {
  const bed = await startBed(t);
  const { seen } = await sendRaw(t, bed, { host: "other.test", fields: [["Connection", "keep-alive, X-Hop"], ["X-Hop", "1"], ["Keep-Alive", "timeout=5"], ["Proxy-Connection", "keep-alive"], ["TE", "gzip"], ["X-End", "2"]] });
  for (const name of ["x-hop", "keep-alive", "proxy-connection", "te"]) assert.deepEqual(fieldsOf(seen, name), [], name);
  assert.deepEqual(fieldsOf(seen, "X-End"), ["2"]);
});

test("forwarding fields say what is true, whatever the client says", async (t) => {
  const bed = await startBed(t);
  const lies = [["X-Forwarded-For", "6.6.6.6"], ["X-Forwarded-Proto", "http"], ["X-Forwarded-Host", "evil.test"], ["X-Forwarded-Port", "1"], ["X-Forwarded-Prefix", "/evil"],
    ["Forwarded", "for=6.6.6.6;host=evil.test"], ["X-Real-IP", "6.6.6.6"], ["True-Client-IP", "6.6.6.6"], ["CF-Connecting-IP", "6.6.6.6"], ["X-Client-IP", "6.6.6.6"], ["X_Forwarded_For", "6.6.6.6"],
    ["X-Cluster-Client-IP", "6.6.6.6"], ["X-Forwarded-Something", "evil.test"]];
  const { response, seen } = await sendRaw(t, bed, { host: "other.test", fields: lies });
  assert.equal(response.status, 200);
  assert.ok(!seen.raw.includes("6.6.6.6") && !seen.raw.includes("evil"), seen.raw);
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-For"), ["127.0.0.1"]);
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-Proto"), ["https"]);
  assert.deepEqual(fieldsOf(seen, "Forwarded"), [`for=127.0.0.1;host="other.test:${bed.gateway.ports.https}";proto=https`]);
  assert.deepEqual(fieldsOf(seen, "X-Forwarded-Host"), [`other.test:${bed.gateway.ports.https}`]);
  assert.deepEqual(fieldsOf(seen, "Host"), [`other.test:${bed.gateway.ports.https}`]);
});

test("X-Forwarded-* of a client does not decide which rule counts", async (t) => {
  const bed = await startBed(t);
  const { response } = await sendRaw(t, bed, { target: "/private", fields: [["X-Forwarded-Uri", "/public/x"], ["X-Forwarded-Path", "/public/x"], ["X-Original-URL", "/public"], ["X-Forwarded-Host", "other.test"], ["User-Agent", "kube-probe/1.30"]] });
  assert.ok([302, 401].includes(response.status), String(response.status));
  assert.equal(bed.origin.text, "");
});

test("ordinary fields pass byte for byte, in order and count", async (t) => {
  const bed = await startBed(t);
  const ordinary = [["Accept", "a, b ;q=0.1"], ["x-CaSe", "Kept"], ["X-Twice", "1"], ["X-Other", "\xe4\xff"], ["X-Twice", "2"], ["Authorization", "Basic abc"], ["Cookie", "a=1; b=\"2\"; c"], ["Referer", "https://x.test/?code=1"], ["Content-Language", ""]];
  const { seen } = await sendRaw(t, bed, { host: "other.test", fields: ordinary });
  const kept = seen.fields.filter(([name]) => ordinary.some(([n]) => n === name));
  assert.deepEqual(kept, ordinary);
});

test("our own cookies never reach the origin, all others do as they came", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const session = alice.jar.header(bed.url("app.test", "/"));
  const cases = [
    [`a=1; ${session}; b=2`, "a=1; b=2"], [`${session}; a=1`, "a=1"], [`a=1;${session};b=2`, undefined], [`a=1; ${session}; __Host-gateway-state-x=1; gateway=2; b=2`, "a=1; b=2"],
    [`a="x;y"; ${session}`, undefined], [`=; ; ${session}; a`, undefined],
  ];
  for (const [sent, expected] of cases) {
    const { response, seen } = await sendRaw(t, bed, { fields: [["Cookie", sent]] });
    assert.equal(response.status, 200, sent);
    const cookies = fieldsOf(seen, "Cookie").join("; ");
    assert.ok(!cookies.includes(session.split("=")[1].slice(0, 40)), `the session reached the origin: ${cookies}`);
    assert.ok(!/gateway/.test(cookies), cookies);
    if (expected !== undefined) assert.equal(cookies, expected);
  }
  const { seen } = await sendRaw(t, bed, { fields: [["Cookie", session]] });
  assert.deepEqual(fieldsOf(seen, "Cookie"), [], "an empty Cookie field is left");
});

test("a claim with line breaks or controls makes no new header", async (t) => {
  const bed = await startBed(t);
  const evil = ["a\r\nX-Role: admin", "a\nb", "a\u0000b", "a\u007fb", "a\tb", "\u2028x"];
  for (const name of evil) {
    bed.provider.claims = (claims) => ({ ...claims, preferred_username: name, groups: ["staff", `g,${name}`, "x,y", name] });
    const visitor = bed.visitor();
    const page = await visitor.open(bed.url("app.test", "/"));
    if (page.status !== 200) continue; // refusing such a person is as good
    const seen = page.json();
    assert.equal(fieldsOf(seen, "X-Role").length, 0);
    assert.ok(!fieldsOf(seen, "X-Auth-Request-Groups").join().includes("x,y"), "a group with a comma became two");
    for (const [, value] of seen.fields) assert.ok(!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value), JSON.stringify(value));
  }
});

test("umlauts in claims arrive as UTF-8 and templates are never expanded twice", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in", identity: { "X-Name": "{name}", "X-Both": "{user}/{email}", "X-Missing": "a {claim.nope.deep} b" } }] });
  bed.provider.claims = (claims) => ({ ...claims, name: "Jürgen {email} ${HOME} {{x" });
  const page = await bed.visitor().open(bed.url("app.test", "/"));
  page.expect(200);
  const seen = page.json();
  assert.equal(Buffer.from(fieldsOf(seen, "X-Name")[0], "latin1").toString("utf8"), "Jürgen {email} ${HOME} {{x");
  assert.deepEqual(fieldsOf(seen, "X-Both"), ["u-alice/alice@example.test"]);
  assert.deepEqual(fieldsOf(seen, "X-Missing"), []);
});

test("no field of a client reaches what the gateway itself knows a request by", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{
    host: "app.test", to: origin.url, policy: "signed-in",
    identity: { "X-Who": "{user}", "X-Mail": "{email}", "X-Groups": "{groups}", "X-Role": "{claim.role}", "X-By": "{provider}" },
    request_headers: { set: { "X-Where": "{host}{path}" } },
  }] });
  const bare = await bed.signedIn("bare");
  const alice = await bed.signedIn("alice");
  const cookie = alice.jar.of("app.test").find((each) => each.name === "__Host-gateway");
  const names = ["Session", "Session-Id", "Gateway", "Gateway-Session", "gateway", "__Host-gateway", "User", "Email", "Sub", "Subject", "Name", "Groups", "Provider", "Claim", "Claim.role", "claim-role", "Role", "Identity", "Admitted", "Policy",
    "Route", "Upstream", "Path", "Uri", "Client", "Request-Id", "X-Role", "X_Role", "X-Who", "X-Where", "X.Where"];
  const forged = names.map((name) => [name, name.includes("gateway") ? cookie.value : "forged"]);
  const { response, seen } = await sendRaw(t, bed, { visitor: bare, fields: forged });
  assert.equal(response.status, 200);
  const told = foldedFields(seen);
  for (const [name, value] of [["x-who", "u-bare"], ["x-by", "main"], ["x-where", "app.test/"]]) assert.deepEqual(told.get(name), [value], name);
  for (const name of ["x-mail", "x-groups", "x-role"]) assert.equal(told.get(name), undefined, `${name}: ${told.get(name)}`);
  // What is no cookie is no session.
  bed.origin.forget();
  for (const fields of [forged, [["Session", cookie.value], ["__Host-gateway", cookie.value], ["Set-Cookie", `__Host-gateway=${cookie.value}`], ["Cookie2", `__Host-gateway=${cookie.value}`]]]) {
    assert.equal((await sendRaw(t, bed, { fields })).response.status, 401);
  }
  for (const name of ["{email}", "{user}", "claim[role]", "__Host-gateway="]) assert.equal((await sendRaw(t, bed, { visitor: bare, fields: [[name, "forged"]] })).response.status, 400, name);
  assert.equal(bed.origin.text, "");
});
