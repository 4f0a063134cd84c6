// What other proxies ask at PREFIX/auth: nginx with auth_request and Caddy with forward_auth in front of an app that the gateway does
// not serve itself, and whose word counts (rows E11, G12).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasCaddy, startCaddy, startNginx } from "./support/front.mjs";
import { usualConfig } from "./support/gateway.mjs";

import { answer, echo, startOrigin } from "./support/origin.mjs";
import { users } from "./support/provider_users.mjs";
import { authority, certificateFor, reservePort } from "./support/run_folder.mjs";

/// a.wild.test is a route; other names below wild.test are not.
const checkBed = (t, check, options = {}) => startBed(t, {
  loginHost: "auth.wild.test",
  login: { session: { cookie_domain: "wild.test" }, auth_check: check },
  routes: (origin) => [{ host: "a.wild.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy", except: [{ path: "/staff", policy: "staff" }, { path: "/open", public: true }, { path: "/read", policy: "signed-in", methods: ["GET"] }] }],
  config: (parts) => ({ ...parts, tls: { certificates: [certificateFor(["*.wild.test"])] } }),
  ...options,
});

const here = ["127.0.0.1"];
const who = (page) => {
  const fields = new Map(JSON.parse(page.body).fields.map(([name, value]) => [name.toLowerCase(), value]));
  return [fields.get("x-user"), fields.get("x-groups")].filter(Boolean).join(" ");
};

async function startNginxInFront(t, bed) {
  const [port, app] = [await reservePort(), await startOrigin(t, { reply: echo })];
  const { certificate, key } = certificateFor(["*.wild.test"]);
  await startNginx(t, port, `server {
  listen 127.0.0.1:${port} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key};
  location = /check {
    internal; proxy_pass https://127.0.0.1:${bed.gateway.ports.https}/oauth2/auth; proxy_ssl_name auth.wild.test; proxy_ssl_server_name on;
    proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header Host auth.wild.test:${bed.gateway.ports.https};
    proxy_set_header X-Original-URL https://$http_host$request_uri; proxy_set_header X-Original-Method $request_method;
  }
  location / {
    auth_request /check; auth_request_set $user $upstream_http_x_auth_request_user; auth_request_set $groups $upstream_http_x_auth_request_groups;
    error_page 401 = @sign_in;
    proxy_set_header X-User $user; proxy_set_header X-Groups $groups; proxy_pass ${app.url};
  }
  location @sign_in { return 302 https://auth.wild.test:${bed.gateway.ports.https}/oauth2/start?rd=https://$http_host$request_uri; }
}`);
  return { app, url: (host, rest) => `https://${host}:${port}${rest}` };
}

test("nginx with auth_request: a sign-in, who it is, and each path by the rule of the route that it would be", async (t) => {
  const bed = await checkBed(t, { from: here });
  const { app, url } = await startNginxInFront(t, bed);
  await bed.visitor({ navigates: false }).get(url("a.wild.test", "/open/x")).expect(200);
  assert.equal((await bed.visitor().get(url("a.wild.test", "/page"))).status, 302);
  assert.equal(app.requests.length, 1);
  const carol = await bed.signedIn("carol", "a.wild.test");
  assert.equal(who(await carol.get(url("a.wild.test", "/page?q=1")).expect(200)), "u-carol");
  await carol.get(url("a.wild.test", "/staff/plan")).expect(403);
  const alice = await bed.signedIn("alice", "a.wild.test");
  assert.equal(who(await alice.get(url("a.wild.test", "/staff/plan")).expect(200)), "u-alice staff,admins");
  await alice.get(url("a.wild.test", "/read/x")).expect(200);
  await alice.request("DELETE", url("a.wild.test", "/read/x")).expect(403);
  await alice.get(url("b.wild.test", "/")).expect(403);
});

test("auth_check.policy judges URLs that no route serves", async (t) => {
  const bed = await checkBed(t, { from: here, policy: "staff" });
  const { url } = await startNginxInFront(t, bed);
  await (await bed.signedIn("carol", "a.wild.test")).get(url("b.wild.test", "/")).expect(403);
  assert.equal(who(await (await bed.signedIn("bob", "a.wild.test")).get(url("b.wild.test", "/")).expect(200)), "u-bob staff");
  assert.equal((await bed.visitor().get(url("b.wild.test", "/"))).status, 302);
});

test("E11: a client cannot say through the proxy that another page is meant", async (t) => {
  const bed = await checkBed(t, { from: here });
  const { app, url } = await startNginxInFront(t, bed);
  const carol = await bed.signedIn("carol", "a.wild.test");
  await carol.get(url("a.wild.test", "/staff"), { headers: { "X-Original-URL": "https://a.wild.test/open", "X-Original-Method": "GET" } }).expect(403);
  const both = await carol.get(url("a.wild.test", "/staff"), { headers: { "X-Forwarded-Uri": "/open", "X-Forwarded-Method": "GET", "X-Forwarded-Host": "a.wild.test" } });
  assert.equal(both.status, 500, "nginx takes our 400 for a failure");
  assert.equal(app.requests.length, 0);
});

test("Caddy with forward_auth", { skip: !hasCaddy && "no caddy" }, async (t) => {
  const bed = await checkBed(t, { from: here });
  const [port, app] = [await reservePort(), await startOrigin(t, { reply: echo })];
  const { certificate, key } = certificateFor(["*.wild.test"]);
  const upstream = `https://127.0.0.1:${bed.gateway.ports.https}`;
  await startCaddy(t, port, `https://*.wild.test:${port} {
  bind 127.0.0.1
  tls ${certificate} ${key}
  forward_auth ${upstream} {
    uri /oauth2/auth
    header_up Host auth.wild.test:${bed.gateway.ports.https}
    copy_headers X-Auth-Request-User>X-User X-Auth-Request-Groups>X-Groups
    transport http {
      tls_trusted_ca_certs ${authority().certificate}
      tls_server_name auth.wild.test
    }
  }
  reverse_proxy ${app.url}
}`);
  const url = (rest) => `https://a.wild.test:${port}${rest}`;
  await bed.visitor({ navigates: false }).get(url("/page")).expect(401);
  const alice = await bed.signedIn("alice", "a.wild.test");
  assert.equal(who(await alice.get(url("/staff?x=1")).expect(200)), "u-alice staff,admins");
  await (await bed.signedIn("carol", "a.wild.test")).get(url("/staff")).expect(403);
  await alice.get(url("/open"), { headers: { "X-Original-URL": "https://a.wild.test/open", "X-Original-Method": "GET" } }).expect(400);
});

test("a stranger learns whether his browser has a session, and nothing more", async (t) => {
  const bed = await checkBed(t, { from: ["127.0.0.77"] });
  const check = bed.url("auth.wild.test", "/oauth2/auth");
  const meant = { "X-Original-URL": "https://a.wild.test/staff", "X-Original-Method": "GET" };
  await bed.visitor({ navigates: false }).get(check, { headers: meant }).expect(401);
  const carol = await bed.signedIn("carol", "a.wild.test");
  const page = await carol.get(check, { headers: meant }).expect(202);
  assert.ok(!JSON.stringify(page.fields).includes("u-carol"));
  assert.equal(page.body, "");
});

test("a rule about addresses judges the client whom the proxy names, and never the proxy", async (t) => {
  const meant = { "X-Original-URL": "https://a.wild.test/home", "X-Original-Method": "GET" };
  const policies = { home: { allow: [{ authenticated: true, ip: ["127.0.0.0/8", "192.0.2.0/24"] }] }, away: { deny: [{ ip: ["203.0.113.0/24"] }], allow: [{ authenticated: true }] } };
  const options = { policies, routes: (origin) => [{ host: "a.wild.test", to: origin.url, policy: "home", except: [{ path: "/away", policy: "away" }] }] };
  const answers = async (bed, fields) => (await (await bed.signedIn("alice", "a.wild.test")).get(bed.url("auth.wild.test", "/oauth2/auth"), { headers: { ...meant, ...fields } })).status;
  const stranger = await checkBed(t, { from: here }, options);
  assert.equal(await answers(stranger, {}), 403);
  assert.equal(await answers(stranger, { "X-Forwarded-For": "192.0.2.9" }), 403);
  assert.equal(await answers(stranger, { "X-Original-URL": "https://a.wild.test/away" }), 403);
  const trusted = await checkBed(t, { from: here }, { ...options, config: (parts, _, ports) => ({ ...parts, listen: { ...usualConfig(ports, "").listen, trusted_proxies: here }, tls: { certificates: [certificateFor(["*.wild.test"])] } }) });
  assert.equal(await answers(trusted, {}), 403, "trusted, and silent");
  assert.equal(await answers(trusted, { "X-Forwarded-For": "192.0.2.9" }), 202);
  assert.equal(await answers(trusted, { "X-Forwarded-For": "198.51.100.9" }), 403);
  const away = { "X-Original-URL": "https://a.wild.test/away" };
  assert.equal(await answers(trusted, { ...away, "X-Forwarded-For": "198.51.100.9" }), 202);
  assert.equal(await answers(trusted, { ...away, "X-Forwarded-For": "203.0.113.9" }), 403);
});

test("allowed_groups, allowed_emails and allowed_email_domains of a question narrow what the policy admits", async (t) => {
  const meant = { "X-Original-URL": "https://a.wild.test/page", "X-Original-Method": "GET" };
  const bed = await checkBed(t, { from: here });
  const alice = await bed.signedIn("alice", "a.wild.test");
  const rows = [["", 202], ["allowed_groups=staff", 202], ["allowed_groups=other", 403], [`allowed_emails=${users.alice.email}`, 202], ["allowed_emails=x@example.com", 403],
    ["allowed_email_domains=nowhere.test", 403], [`allowed_groups=staff&allowed_email_domains=${users.alice.email.split("@")[1]}`, 202],
    ["allowed_groups=", 400], ["allowed_group=staff", 400], ["allowed_groups=staff&allowed_groups=x", 400]];
  for (const [query, status] of rows) assert.equal((await alice.get(bed.url("auth.wild.test", `/oauth2/auth?${query}`), { headers: meant })).status, status, query);
  assert.equal((await bed.gateway.event("audit", (event) => event.act === "denied" && event.reason.includes("whom the question allows"))).user, "u-alice");
  // Of an open page nobody is known: whoever asks for a group gets nobody.
  await alice.get(bed.url("auth.wild.test", "/oauth2/auth?allowed_groups=staff"), { headers: { ...meant, "X-Original-URL": "https://a.wild.test/open" } }).expect(403);
  // As Envoy asks, the query is the page's.
  await alice.get(bed.url("a.wild.test", "/oauth2/auth/page?allowed_groups=other")).expect(202);
  const unnamed = await checkBed(t, { from: ["127.0.0.77"] });
  const bob = await unnamed.signedIn("bob", "a.wild.test");
  await bob.get(unnamed.url("auth.wild.test", "/oauth2/auth")).expect(202);
  await bob.get(unnamed.url("auth.wild.test", "/oauth2/auth?allowed_groups=staff")).expect(403);
});

test("G12: what does not say one thing is never let through", async (t) => {
  const bed = await checkBed(t, { from: here, policy: "signed-in" });
  const alice = await bed.signedIn("alice", "a.wild.test");
  const method = { "X-Original-Method": "GET" };
  const rows = [
    [{}, 400], [method, 400], [{ "X-Original-URL": "https://a.wild.test/" }, 400], [{ ...method, "X-Original-URL": "" }, 400],
    [{ ...method, "X-Original-URL": "/relative" }, 400], [{ ...method, "X-Original-URL": "ftp://a.wild.test/" }, 400],
    [{ ...method, "X-Original-URL": `https://a.wild.test/${"x".repeat(9000)}` }, 400], [{ ...method, "X-Original-URL": "https://a.wild.test@b.wild.test/" }, 400],
    [{ ...method, "X-Original-URL": "https://a.wild.test/staff\\x" }, 400], [{ ...method, "X-Original-URL": "https://a.wild.test/..%2fstaff" }, 403],
    [{ ...method, "X-Original-URL": "https://a.wild.test/open;x" }, 403], [{ ...method, "X-Original-URL": "https://a.wild.test/oauth2/userinfo" }, 403],
    [{ "X-Forwarded-Uri": "/", "X-Forwarded-Method": "GET" }, 400], [{ "X-Forwarded-Host": "a.wild.test", "X-Forwarded-Method": "GET" }, 400],
    [{ "X-Forwarded-Host": "a.wild.test:0", "X-Forwarded-Uri": "/", "X-Forwarded-Method": "GET" }, 400],
    [{ "X-Forwarded-Host": "a.wild.test", "X-Forwarded-Uri": "https://a.wild.test/", "X-Forwarded-Method": "GET" }, 403],
    [{ ...method, "X-Original-URL": "https://a.wild.test/", "X-Forwarded-Uri": "/" }, 400],
    [{ ...method, "X-Original-URL": "https://a.wild.test/page" }, 202], [{ "X-Forwarded-Host": "a.wild.test", "X-Forwarded-Uri": "/page?a", "X-Forwarded-Method": "POST" }, 202],
  ];
  for (const [headers, status] of rows) {
    const page = await alice.get(bed.url("auth.wild.test", "/oauth2/auth"), { headers });
    assert.equal(page.status, status, JSON.stringify(headers).slice(0, 200));
  }
  // As Envoy asks: the page below the endpoint's path, on its own host.
  await alice.get(bed.url("a.wild.test", "/oauth2/auth/staff?x")).expect(202);
  await alice.get(bed.url("a.wild.test", "/oauth2/auth/open"), { headers: { ...method, "X-Original-URL": "https://a.wild.test/open" } }).expect(400);
  await (await bed.signedIn("carol", "a.wild.test")).get(bed.url("a.wild.test", "/oauth2/auth/staff")).expect(403);
});

test("a decision engine is not told that the proxy which asks is the client", async (t) => {
  const engine = await startOrigin(t);
  // As engines that let insiders pass.
  engine.reply = (request) => answer(/^127\./.test(request.fields.find(([name]) => name.toLowerCase() === "x-forwarded-for")?.[1] ?? "127.") ? 200 : 401, "", []);
  const routes = (origin) => [{ host: "a.wild.test", to: origin.url, authorize: { url: `${engine.url}/check` } }];
  const asked = { "X-Original-URL": "https://a.wild.test/secret", "X-Original-Method": "GET", "X-Forwarded-For": "203.0.113.9" };
  const bed = await checkBed(t, { from: here }, { routes });
  await bed.visitor().get(bed.url("auth.wild.test", "/oauth2/auth"), { headers: asked }).expect(403);
  assert.equal(engine.requests.length, 0);
});
