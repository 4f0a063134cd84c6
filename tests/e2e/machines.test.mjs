// Machines with bearer tokens of the npm provider: which open a route, what the others read, and what an origin sees of them (attack
// rows K07, K08, K09, K31, M11, P01; RFC 6750, RFC 9728).
import assert from "node:assert/strict";
import { test } from "node:test";

import { WebSocket } from "ws";

import { startBed } from "./support/bed.mjs";
import { echo } from "./support/origin.mjs";
import { robot } from "./support/real_provider.mjs";
import { authority } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";
import { startSocketOrigin } from "./support/web_sockets.mjs";

/// app.test is for persons and the machine ci, wiki.test for ci with the scope write, other.test public.
async function startMachineBed(t, client = {}) {
  const sockets = await startSocketOrigin(t);
  const bed = await startBed(t, {
    real: { machines: true }, origin: { reply: echo },
    policies: { both: { allow: [{ authenticated: true }, { client: "ci" }] }, writers: { allow: [{ client: "ci", claim: { scope: "write" } }] } },
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "both", identity: "oauth2-proxy", except: [{ path: "/staff", policy: "staff" }] },
      { host: "app.test", path: "/.well-known/oauth-protected-resource/own", to: origin.url, public: true },
      { host: "app.test", path: "/socket", to: sockets.url, policy: "both" },
      { host: "wiki.test", to: origin.url, policy: "writers" },
      { host: "other.test", to: origin.url, public: true },
    ],
    config: (parts, self) => ({ ...parts, login: { ...parts.login, clients: { ci: { issuer: self.provider.issuer, audience: "gateway-api", ca: authority().certificate, ...client } } } }),
  });
  await bed.gateway.event("provider is ready", (event) => event.provider === "clients.ci");
  bed.ask = (url, token, more = {}) => bed.visitor({ navigates: false }).get(url, { headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more } });
  return bed;
}

const challenge = (page) => page.headers["www-authenticate"] ?? "";

test("a machine's JWT opens what a rule for it opens, and goes no further", async (t) => {
  const bed = await startMachineBed(t);
  const token = await bed.provider.machineToken();
  const page = await bed.ask(bed.url("app.test", "/api?x=1"), token, { "X-Auth-Request-User": "u-alice" }).expect(200);
  const seen = new Map(page.json().fields.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(seen.get("authorization"), undefined);
  assert.equal(seen.get("x-auth-request-user"), "robot");
  assert.equal(seen.get("x-auth-request-email"), undefined);
  for (let i = 0; i < 3; ++i) await bed.ask(bed.url("app.test"), token).expect(200);
  assert.equal(bed.provider.requests.filter((line) => line === "GET /jwks").length, 2, "keys are fetched by control alone, once for people and once for machines");

  // Each policy judges it anew.
  await bed.ask(bed.url("app.test", "/staff"), token).expect(403);
  assert.match(challenge(await bed.ask(bed.url("wiki.test"), token).expect(403)), /error="insufficient_scope"/);
  await bed.ask(bed.url("wiki.test"), await bed.provider.machineToken("urn:gateway:jwt", "read write")).expect(200);

  // What is not for us, and what is somebody else's business.
  const other = await bed.provider.machineToken("urn:other:jwt");
  assert.match(challenge(await bed.ask(bed.url("app.test"), other).expect(401)), /error="invalid_token"/);
  assert.match((await bed.gateway.event("audit", (event) => event.act === "token_refused")).reason, /aud/, "the operator reads why");
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test"), { headers: { Authorization: `Bearer ${other}` } }).expect(401);
  const own = await alice.get(bed.url("app.test"), { headers: { Authorization: "Bearer an-opaque-one-of-the-app" } }).expect(200);
  assert.ok(own.json().fields.some(([name, value]) => name.toLowerCase() === "authorization" && value === "Bearer an-opaque-one-of-the-app"));
  const open = await bed.ask(bed.url("other.test"), token).expect(200);
  assert.ok(open.json().fields.some(([name, value]) => name.toLowerCase() === "authorization" && value === `Bearer ${token}`));
  assert.ok(!bed.gateway.stderr.text.includes(token) && !bed.gateway.stdout.text.includes(token), "a token in a log");
});

test("a program without a token reads where to get one, and a page's script may read that too", async (t) => {
  const bed = await startMachineBed(t, { scopes: ["read"] });
  const refused = await bed.ask(bed.url("app.test", "/mcp?x")).expect(401);
  const link = /resource_metadata="([^"]+)"/.exec(challenge(refused))[1];
  const document = await bed.ask(link).expect(200);
  assert.deepEqual(document.json(), { resource: bed.url("app.test", "/mcp"), authorization_servers: [bed.provider.issuer], scopes_supported: ["read"], bearer_methods_supported: ["header"] });
  assert.equal(document.headers["access-control-allow-origin"], "*");
  const preflight = await bed.visitor({ navigates: false }).request("OPTIONS", link, { headers: { Origin: "https://tool.test", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "mcp-protocol-version" } }).expect(204);
  assert.equal(preflight.headers["access-control-allow-headers"], "*");
  // Where no token opens anything, the path is the app's.
  const above = await bed.ask(bed.url("other.test", "/.well-known/oauth-protected-resource")).expect(200);
  assert.equal(above.json().target, "/.well-known/oauth-protected-resource");
  const own = await bed.ask(bed.url("app.test", "/.well-known/oauth-protected-resource/own")).expect(200);
  assert.equal(own.json().target, "/.well-known/oauth-protected-resource/own", "an app may have a document of its own");
  // A person is sent to sign in as ever.
  assert.equal((await bed.visitor().get(bed.url("app.test", "/mcp"))).status, 302);

  // A socket: no page can make a browser send a token.
  const token = await bed.provider.machineToken();
  const open = (headers) => new Promise((resolve) => {
    const socket = new WebSocket(`wss://127.0.0.1:${bed.gateway.ports.https}/socket`, { ca: authority().pem, servername: "app.test", headers: { Host: `app.test:${bed.gateway.ports.https}`, ...headers } });
    socket.on("open", () => { socket.close(); resolve(101); });
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
    socket.on("error", () => {});
  });
  assert.equal(await open({ Authorization: `Bearer ${token}` }), 101);
  assert.equal(await open({ Authorization: `Bearer ${token}`, Origin: "https://evil.test" }), 403);
  assert.equal(await open({}), 401);
});

test("an opaque token is asked about at its issuer, once in a while, and not at all elsewhere", async (t) => {
  const bed = await startMachineBed(t, { introspection: { client_id: robot.client_id, client_secret: robot.client_secret, cache: "1s" } });
  const token = await bed.provider.machineToken("urn:gateway:opaque");
  assert.ok(!token.includes("."));
  const many = await Promise.all(Array.from({ length: 8 }, () => bed.ask(bed.url("app.test"), token)));
  assert.deepEqual([...new Set(many.map((page) => page.status))], [200]);
  await bed.ask(bed.url("app.test"), "nobodys-token").expect(401);
  await bed.ask(bed.url("app.test"), await bed.provider.machineToken()).expect(200);
  await bed.provider.revokeToken(token);
  await until("the end of a revoked token", async () => (await bed.ask(bed.url("app.test"), token)).status === 401);
  await bed.provider.close();
  await bed.ask(bed.url("app.test"), "another-token").expect(503);
});

test("a token that a person made opens what that person may open there, until it is revoked", async (t) => {
  const bed = await startBed(t, { origin: { reply: echo }, login: { tokens: { policy: "signed-in" } } });
  const alice = await bed.signedIn("alice");
  const page = await alice.open(bed.url("auth.test", "/oauth2/tokens"));
  const made = await alice.submit(page, { name: "the <b>build</b>", days: "7", place: "app.test/" });
  const token = /gwt_[\w-]{43}/.exec(made.expect(200).body)[0];
  const program = bed.visitor({ navigates: false });
  const bring = (host, status, text = token) => program.get(bed.url(host), { headers: { Authorization: `Bearer ${text}` } }).expect(status);
  const seen = await bring("app.test", 200);
  const fields = new Map(seen.json().fields.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(fields.get("x-auth-request-user"), "u-alice");
  assert.equal(fields.get("authorization"), undefined);
  await bring("wiki.test", 403);
  await bring("app.test", 401, `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`);
  await program.get(bed.url("auth.test", "/oauth2/tokens"), { headers: { Authorization: `Bearer ${token}` } }).expect(401);
  const list = await alice.open(bed.url("app.test", "/oauth2/tokens"));
  assert.ok(list.url.startsWith(bed.url("auth.test")), list.url);
  assert.ok(list.body.includes("the &lt;b&gt;build") && !list.body.includes(token) && !list.body.includes("<b>build"));
  await alice.submit(list, {});
  await bring("app.test", 401);
  assert.ok(!bed.gateway.stderr.text.includes(token) && !bed.gateway.stdout.text.includes(token), "a token in a log");
});
