// examples/ in operation: each gateway.yaml with providers and apps of the tests in the place of the real ones, and people who sign in.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { missing, startApp } from "./support/app.mjs";
import { copyExample, linesFor, mountExample, startExample } from "./support/examples.mjs";
import { octocat, startGithub } from "./support/github.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { startLyingProvider } from "./support/lying_provider.mjs";
import { answer } from "./support/origin.mjs";
import { users } from "./support/provider_users.mjs";
import { reservePort } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

/// Signs in with the provider whose button is chosen, and comes back to `url`.
async function chooses(visitor, url, title) {
  const page = await visitor.open(url);
  const link = [...page.body.matchAll(/<a\b[^>]*href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].find(([, , text]) => text.includes(title));
  assert.ok(link, page.body);
  return visitor.open(new URL(link[1].replaceAll("&amp;", "&"), page.url).href);
}

test("grafana-scaleway runs: a sign-in at GitHub or Google is one for both apps, and each is told who it is", async (t) => {
  const [github, google] = [await startGithub(t), await startLyingProvider(t)];
  const { file } = mountExample("grafana-scaleway/platform/scaleway/gateway");
  const providers = { github: github.configuration({ title: "GitHub" }), google: google.configuration({ title: "Google", claims: { user: "email" } }) };
  const bed = await startExample(t, file, { providers, change: (config) => ({ ...config, policies: { people: { allow: [{ provider: "github", user: [octocat.user.login] }, config.policies.people.allow[1]] } } }) });
  const visitor = bed.visitor();
  (await chooses(visitor, bed.url("grafana.example.com", "/d/home"), "GitHub")).expect(200);
  const [, payload] = fieldsOf(bed.origin.lastRequest, "X-JWT-Assertion")[0].split(".");
  assert.equal(JSON.parse(Buffer.from(payload, "base64url")).email, "octo@example.test");
  const requests = github.requests.length;
  (await visitor.open(bed.url("demo.example.com", "/"))).expect(200);
  assert.equal(github.requests.length, requests, "a second sign-in");
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-User-Id"), ["github:583231"]);
  google.user = users.alice;
  (await chooses(bed.visitor(), bed.url("demo.example.com", "/"), "Google")).expect(200);
  google.user = users.bob;
  (await chooses(bed.visitor(), bed.url("demo.example.com", "/"), "Google")).expect(403);
});

test("one-machine runs: Debian's Prometheus is there for who is on the list, and a name that goes from it is out", { skip: missing("/usr/bin/prometheus") }, async (t) => {
  const { place, file, environment } = copyExample("one-machine", ["google-client-secret"]);
  const port = await reservePort();
  const options = linesFor(file, "prometheus.example.com/", environment);
  await startApp(t, "prometheus", [`--config.file=${place}/prometheus.yml`, `--storage.tsdb.path=${place}/tsdb`, `--web.listen-address=127.0.0.1:${port}`, ...options], port);
  const google = await startLyingProvider(t);
  const change = (config) => ({ ...config, routes: config.routes.map((route) => (route.app === "prometheus" ? { ...route, to: `http://127.0.0.1:${port}` } : route)) });
  const bed = await startExample(t, file, { environment, change, providers: { google: google.configuration() } });
  google.user = users.alice;
  const alice = bed.visitor();
  const query = bed.url("prometheus.example.com", "/api/v1/query?query=vector(7)");
  assert.equal(JSON.parse((await alice.open(query)).expect(200).body).data.result[0].value[1], "7");
  await bed.visitor().get(bed.url("grafana.example.com", "/")).expect(302);
  (await alice.open(bed.url("grafana.example.com", "/"))).expect(200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-WEBAUTH-USER"), [users.alice.email]);
  writeFileSync(path.join(place, "people"), "# nobody\n");
  await until("the list to count", async () => (await alice.get(query)).status === 403);
});

test("keycloak-approval runs: a newcomer waits, a role of Keycloak or an administrator's word lets in, and each app is told what it wants", async (t) => {
  const keycloak = await startLyingProvider(t);
  const { file } = mountExample("keycloak-approval");
  const bed = await startExample(t, file, { providers: { keycloak: keycloak.configuration({ type: "keycloak", claims: { roles: "resource_access.gateway.roles" }, claims_from: ["id_token"] }) } });
  const comes = async (user, roles, host) => {
    keycloak.user = { ...user, resource_access: { gateway: { roles } } };
    const visitor = bed.visitor();
    return { visitor, page: await visitor.open(bed.url(host, "/")) };
  };
  const { visitor: bob, page: waits } = await comes(users.bob, [], "superset.example.com");
  assert.match(waits.expect(403).body, /Waiting for approval[\s\S]*scout-admins@example\.com/);
  assert.equal(bed.origin.requests.length, 0);

  const { visitor: carol } = await comes(users.carol, ["scout-user"], "superset.example.com");
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Remote-User"), ["carol"]);
  (await carol.open(bed.url("temporal.example.com", "/"))).expect(200);
  assert.match(fieldsOf(bed.origin.lastRequest, "Authorization")[0], /^Bearer ./);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Remote-User"), []);
  (await carol.open(bed.url("prometheus.example.com", "/"))).expect(403);

  const { visitor: alice } = await comes(users.alice, ["scout-admin"], "prometheus.example.com");
  const list = await alice.open(bed.url("auth.example.com", "/oauth2/approvals"));
  const card = list.expect(200).body.split("<article").find((part) => part.includes(users.bob.email));
  const token = /name="token" value="([^"]*)"/.exec(card)[1];
  const form = { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" };
  await alice.post(bed.url("auth.example.com", "/oauth2/approvals"), { headers: form, body: new URLSearchParams({ token, act: "approve" }).toString() }).expect(303);
  await bob.get(bed.url("superset.example.com", "/")).expect(200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Remote-User"), ["bob"]);
  (await bob.open(bed.url("prometheus.example.com", "/"))).expect(403);
});

test("navidrome-authelia runs: Navidrome is told who signed in, its own clients pass, and of the files Authelia decides", async (t) => {
  const authelia = await startLyingProvider(t);
  const { file } = mountExample("navidrome-authelia");
  const bed = await startExample(t, file, { providers: { authelia: authelia.configuration() } });
  authelia.user = { ...users.alice, groups: ["family"] };
  const alice = bed.visitor();
  (await alice.open(bed.url("music.example.com", "/app/"), { headers: { "Remote-User": "root" } })).expect(200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Remote-User"), ["alice"]);
  await bed.visitor().get(bed.url("music.example.com", "/rest/ping.view?u=alice&t=token"), { headers: { "Remote-User": "root", remote_user: "root" } }).expect(200);
  assert.deepEqual([fieldsOf(bed.origin.lastRequest, "Remote-User"), fieldsOf(bed.origin.lastRequest, "remote_user")], [[], []]);
  authelia.user = { ...users.bob, groups: ["colleagues"] };
  (await bed.visitor().open(bed.url("music.example.com", "/app/"))).expect(403);

  // As Authelia answers: to its own pages without a session of its own, else who it is.
  const pages = bed.url("auth.example.com", "/?rd=x");
  bed.engine.reply = (request) => (/authelia_session=ada/.test(fieldOf(request, "cookie") ?? "") ? answer(200, "", [["Remote-User", "ada"], ["Remote-Groups", "family"]]) : answer(302, "", [["Location", pages]]));
  bed.origin.forget();
  const stranger = bed.visitor();
  assert.equal((await stranger.get(bed.url("files.example.com", "/a/b?c"), { headers: { "Remote-User": "root" } }).expect(302)).location, pages);
  assert.equal(bed.origin.requests.length, 0);
  const asked = bed.engine.lastRequest;
  assert.deepEqual([asked.method, asked.target, fieldOf(asked, "x-forwarded-proto"), fieldOf(asked, "x-forwarded-host")], ["GET", "/api/authz/ext-authz/a/b?c", "https", new URL(bed.url("files.example.com")).host]);
  await stranger.get(bed.url("files.example.com", "/a/b?c"), { headers: { Cookie: "authelia_session=ada", "Remote-User": "root", "Remote-Email": "root@example.com" } }).expect(200);
  assert.deepEqual([fieldsOf(bed.origin.lastRequest, "Remote-User"), fieldsOf(bed.origin.lastRequest, "Remote-Email")], [["ada"], []]);
  bed.engine.reply = () => answer(500, "");
  await stranger.get(bed.url("files.example.com", "/a/b"), { headers: { Cookie: "authelia_session=ada" } }).expect(503);
});

test("google-allow-list runs: one cookie for the domain, the lists keep apart who may what, and the pages are the file's own", async (t) => {
  const google = await startLyingProvider(t);
  const { file } = mountExample("google-allow-list");
  const bed = await startExample(t, file, { providers: { google: google.configuration({ claims: { user: "email", preferred_username: "email" } }) } });
  google.user = users.bob;
  const bob = bed.visitor();
  (await bob.open(bed.url("photos.example.com", "/library"))).expect(200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "X-User-Email"), [users.bob.email]);
  const session = bob.pages.flatMap((page) => page.setCookies).filter((cookie) => /; *domain=\.?example\.com/i.test(cookie));
  assert.ok(session.length > 0, "no cookie of the domain");
  assert.doesNotMatch(fieldsOf(bed.origin.lastRequest, "Cookie").join(), /gateway/, "the app is sent our cookie");
  const requests = google.requests.length;
  const denied = await bob.get(bed.url("home.example.com", "/")).expect(403);
  assert.equal(google.requests.length, requests, "a second sign-in");
  assert.match(denied.body, /max-width:32rem/);
  assert.ok(denied.body.includes(users.bob.email), "who is signed in is not said");
  (await bed.visitor().get(bed.url("photos.example.com", "/s/abc"))).expect(200);
  (await bed.visitor().get(bed.url("www.example.com", "/"))).expect(200);

  const out = await bob.submit(await bob.get(bed.url("photos.example.com", "/oauth2/sign_out")));
  assert.match(out.expect(200).body, /href="https:\/\/www\.example\.com\/"/);
  await bob.get(bed.url("photos.example.com", "/library")).expect(302);
});

test("dex-entra-tunnel runs: what oauth2-proxy said is said, prefixes are taken off, and the tunnel alone says who the client is", async (t) => {
  const dex = await startLyingProvider(t);
  const { file } = mountExample("dex-entra-tunnel");
  const listen = (from) => (config) => ({ ...config, listen: { ...config.listen, trusted_proxies: from, client_ip_header: "CF-Connecting-IP" } });
  const providers = { dex: dex.configuration() };
  dex.user = { ...users.alice, email: "alice@example.com", groups: ["analysts", "staff"] };
  const clientOf = async (bed) => {
    const visitor = bed.visitor();
    (await visitor.open(bed.url("apps.example.com", "/reports/2026"), { headers: { "CF-Connecting-IP": "203.0.113.7", "X-Forwarded-For": "198.51.100.1", "X-Auth-Request-Email": "root@example.com" } })).expect(200);
    return fieldOf(bed.origin.lastRequest, "X-Real-IP");
  };
  const bed = await startExample(t, file, { providers, change: listen(["127.0.0.0/8"]) });
  assert.equal(await clientOf(bed), "203.0.113.7");
  const told = bed.origin.lastRequest;
  assert.deepEqual([told.target, fieldOf(told, "X-Forwarded-Prefix")], ["/2026", "/reports"]);
  assert.deepEqual(["User", "Email", "Groups", "Preferred-Username"].map((name) => fieldsOf(told, `X-Auth-Request-${name}`)), [["u-alice"], ["alice@example.com"], ["analysts,staff"], ["alice"]]);
  dex.user = { ...users.bob, email: "bob@example.com" };
  (await bed.visitor().open(bed.url("apps.example.com", "/reports/"))).expect(403);
  const past = await startExample(t, file, { providers, change: listen(["10.42.0.0/16"]) });
  dex.user = { ...users.alice, email: "alice@example.com", groups: ["analysts"] };
  assert.equal(await clientOf(past), "127.0.0.1");
});

test("from-ingress-nginx runs: the apps are told what oauth2-proxy told them, and the snippet's field is there", async (t) => {
  const oidc = await startLyingProvider(t);
  const { file } = mountExample("from-ingress-nginx/cluster");
  const bed = await startExample(t, file, { providers: { oidc: oidc.configuration() } });
  oidc.user = { ...users.alice, email: "alice@example.com" };
  const alice = bed.visitor();
  const page = await alice.open(bed.url("wiki.example.com", "/home"), { headers: { "X-Auth-Request-User": "root", x_auth_request_groups: "root" } });
  assert.equal(page.expect(200).headers["x-frame-options"], "DENY");
  assert.deepEqual(["User", "Email", "Groups"].map((name) => fieldsOf(bed.origin.lastRequest, `X-Auth-Request-${name}`)), [["u-alice"], ["alice@example.com"], ["staff,admins"]]);
  const requests = oidc.requests.length;
  (await alice.open(bed.url("grafana.example.com", "/"))).expect(200);
  assert.equal(oidc.requests.length, requests, "a second sign-in");
  await bed.visitor().get(bed.url("wiki.example.com", "/public/x")).expect(200);
  oidc.user = users.carol;
  (await bed.visitor().open(bed.url("grafana.example.com", "/"))).expect(403);
});
