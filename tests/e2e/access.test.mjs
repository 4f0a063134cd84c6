// Who may go where: policies, exceptions, methods, and what a route does to a request (attack rows K10, K11, M01, M03, M04, G05, G18).
import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { answer } from "./support/origin.mjs";
import { messageOf, reservePorts, runGateway, startGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { providerConfiguration } from "./support/provider_users.mjs";
import { authority, certificateFor, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

/// A bed whose one host is guarded by `policy`.
const guarded = (t, policy, more = {}) => startBed(t, { loginHost: "app.test", policies: { it: policy }, routes: (origin) => [{ host: "app.test", to: origin.url, policy: "it", ...more }] });

/// Signs in somebody with these claims; true if the origin was reached.
async function admits(bed, claims, path = "/") {
  bed.provider.user = { sub: "u-1", email: "a@company.test", email_verified: true, groups: [], ...claims };
  bed.origin.forget();
  const page = await bed.visitor().open(bed.url("app.test", path));
  assert.ok(page.status === 200 || page.status === 403 || page.status >= 400, String(page.status));
  assert.equal(page.status === 200, bed.origin.requests.length > 0, "the answer and the origin's log disagree");
  return page.status === 200;
}

test("each kind of rule admits whom it names and nobody else", async (t) => {
  const table = [
    [{ email: ["a@company.test"] }, [{}, { email: "A@Company.Test" }], [{ email: "b@company.test" }, { email_verified: false }, { email_verified: undefined }, { email_verified: "true" }, { email: undefined }]],
    [{ group: ["sre", "admins"] }, [{ groups: ["sre"] }, { groups: ["x", "admins"] }], [{ groups: [] }, { groups: ["sres"] }, { groups: ["SRE"] }, { groups: "sre-team" }, { groups: undefined }, { groups: ["sre,admins"] }]],
    [{ claim: { "a.b": "yes" } }, [{ a: { b: "yes" } }, { a: { b: ["no", "yes"] } }, { "a.b": "yes" }], [{ a: { b: "yes!" } }, { a: { b: true } }, { a: ["b", "yes"] }, {}, { a: { b: "ayesb" } }, { a: { b: { c: "yes" } } }]],
    [{ claim: { level: 3 } }, [{ level: 3 }, { level: [1, 3] }], [{ level: "3" }, { level: 30 }, { level: true }, {}]],
    [{ authenticated: true }, [{}, { email: undefined }], []],
    [{ user: ["u-1", "u-2"] }, [{}], [{ sub: "u-3" }, { sub: "U-1" }]],
    [{ role: "admin" }, [{ roles: ["admin", "x"] }, { roles: "admin" }], [{ roles: ["admins"] }, { groups: ["admin"] }, { roles: [{ admin: true }] }, {}]],
    [{ ip: ["127.0.0.0/8"] }, [{}], []],
    [{ ip: ["10.0.0.0/8", "2001:db8::1"] }, [], [{}]],
    [{ provider: "main", group: ["sre"] }, [{ groups: ["sre"] }], [{ groups: ["x"] }]],
    [{ provider: ["second"] }, [], [{}]],
  ];
  const bed = await startBed(t, {
    loginHost: "app.test",
    policies: Object.fromEntries(table.map(([rule], i) => [`rule-${i}`, { allow: [rule] }])),
    routes: (origin) => table.map((_, i) => ({ host: "app.test", path: `/rule-${i}`, to: origin.url, policy: `rule-${i}`, sign_in: { provider: "main" } })),
    config: (parts, { provider }) => ({ ...parts, login: { ...parts.login, providers: { main: provider.configuration(), second: { ...provider.configuration(), issuer: "https://second.test" } } } }),
  });
  for (const [i, [rule, admitted, refused]] of table.entries()) {
    for (const claims of admitted) assert.equal(await admits(bed, claims, `/rule-${i}/x`), true, `${JSON.stringify(rule)} refuses ${JSON.stringify(claims)}`);
    for (const claims of refused) assert.equal(await admits(bed, claims, `/rule-${i}/x`), false, `${JSON.stringify(rule)} admits ${JSON.stringify(claims)}`);
  }
});

test("a rule about the method is judged on each request of a session", async (t) => {
  const bed = await guarded(t, { deny: [{ method: ["DELETE"] }, { method: "POST", group: ["readers"] }], allow: [{ authenticated: true }] });
  bed.provider.user = { sub: "u-1", groups: ["readers"] };
  const visitor = bed.visitor();
  assert.equal((await visitor.open(bed.url("app.test", "/"))).status, 200);
  for (let i = 0; i < 3; ++i) {
    await visitor.get(bed.url("app.test", "/x")).expect(200);
    await visitor.request("DELETE", bed.url("app.test", "/x")).expect(403);
    await visitor.request("POST", bed.url("app.test", "/x"), { body: "x", headers: { "Content-Length": "1" } }).expect(403);
    await visitor.request("PUT", bed.url("app.test", "/x"), { body: "x", headers: { "Content-Length": "1" } }).expect(200);
  }
});

test("policies may name policies, in allow and in deny", async (t) => {
  const bed = await startBed(t, {
    loginHost: "app.test",
    policies: { it: { deny: [{ policy: "outsiders" }], allow: [{ policy: ["admins", "staff"] }] }, admins: { allow: [{ group: ["admins"] }] }, staff: { deny: [{ email: ["left@company.test"] }], allow: [{ email_domain: "company.test" }] }, outsiders: { deny: [{ group: ["hired"] }], allow: [{ claim: { outside: true } }] } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "it" }],
  });
  assert.equal(await admits(bed, {}), true);
  assert.equal(await admits(bed, { email: "a@elsewhere.test" }), false);
  assert.equal(await admits(bed, { email: "a@elsewhere.test", groups: ["admins"] }), true);
  assert.equal(await admits(bed, { email: "left@company.test" }), false);
  assert.equal(await admits(bed, { email: "left@company.test", groups: ["admins"] }), true);
  assert.equal(await admits(bed, { outside: true }), false);
  assert.equal(await admits(bed, { outside: true, groups: ["hired"] }), true);
});

test("an e-mail domain is exactly that domain, in one plain form", async (t) => {
  const bed = await guarded(t, { allow: [{ email_domain: "company.test" }] });
  for (const email of ["a@company.test", "a.b+c@company.test", "A@COMPANY.TEST"]) assert.equal(await admits(bed, { email }), true, email);
  const bad = ["attacker@evil.test@company.test", "\"a@company.test\"@evil.test", "a@company.test.evil.test", "a@evil%company.test", "<a@company.test>", "a@company.test\u0000.evil", "a@evil.test\n@company.test", "a@evil.test,b@company.test", "a@company.test.", "a@sub.company.test",
    "a@xcompany.test", "a@ｃompany.test", "a@company.tesт", "@company.test", "company.test", "a@", "", " a@company.test", "a@company.test ", "a b@company.test", "a@evil.test;a@company.test", "a@company.test(comment)", "a@[company.test]"];
  for (const email of bad) assert.equal(await admits(bed, { email }), false, JSON.stringify(email));
});

test("deny comes first and wins, whatever else is true", async (t) => {
  const bed = await guarded(t, { deny: [{ email: ["left@company.test"] }, { group: ["banned"] }], allow: [{ authenticated: true }] });
  assert.equal(await admits(bed, {}), true);
  assert.equal(await admits(bed, { email: "left@company.test" }), false);
  assert.equal(await admits(bed, { email: "left@company.test", email_verified: false }), false, "in deny any e-mail counts");
  assert.equal(await admits(bed, { groups: ["banned", "admins"] }), false);
});

test("an e-mail that the configuration ignores admits nobody, is in no header, and still denies", async (t) => {
  const bed = await startBed(t, {
    loginHost: "app.test",
    policies: { open: { deny: [{ email: ["left@company.test"] }], allow: [{ authenticated: true }] }, listed: { allow: [{ email: ["a@company.test"] }] } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "open", identity: "oauth2-proxy" }, { host: "app.test", path: "/listed", to: origin.url, policy: "listed" }],
    config: (parts, it) => ({ ...parts, login: { ...parts.login, providers: { main: { ...it.provider.configuration(), email: "ignored" } } } }),
  });
  assert.equal(await admits(bed, {}), true);
  assert.deepEqual(fieldsOf(bed.origin.requests[0], "X-Auth-Request-Email"), []);
  assert.equal(await admits(bed, { email: "left@company.test" }), false);
  assert.equal(await admits(bed, { email: "Left@Company.Test", email_verified: false }), false);
  bed.provider.user = { sub: "u-1", email: "a@company.test", email_verified: true };
  assert.equal((await bed.visitor().open(bed.url("app.test", "/listed"))).status, 403);
});

test("a policy that names nobody lets nobody in, and a route without an access rule is an error", async (t) => {
  const ports = await reservePorts();
  const base = { ...usualConfig(ports, scratch("storage")), login: { host: "app.test", providers: { main: providerConfiguration("https://op.localhost:1") } } };
  for (const [routes, policies] of [
    [[{ host: "app.test", to: "http://127.0.0.1:1" }], {}], [[{ host: "app.test", to: "http://127.0.0.1:1", policy: "typo" }], { it: { allow: [{ authenticated: true }] } }], [[{ host: "app.test", to: "http://127.0.0.1:1", public: true, policy: "it" }], { it: { allow: [{ authenticated: true }] } }],
    [[{ host: "app.test", to: "http://127.0.0.1:1", public: false }], {}], [[{ host: "app.test", to: "http://127.0.0.1:1", policy: "it" }], { it: { allow: [{}] } }], [[{ host: "app.test", to: "http://127.0.0.1:1", policy: "it", except: [{ path: "/x" }] }], { it: { allow: [{ authenticated: true }] } }],
  ]) {
    const run = runGateway(["check", writeConfig({ ...base, routes, policies })]);
    assert.equal(run.status, 1, `${JSON.stringify(routes)}: ${run.stdout}${run.stderr}`);
  }
  const bed = await guarded(t, { deny: [{ group: ["x"] }], allow: [{ email: ["nobody@company.test"] }] });
  assert.equal(await admits(bed, {}), false);
});

test("somebody denied can be shown the waiting page or sent elsewhere", async (t) => {
  const nobody = [{ email: ["nobody@company.test"] }];
  const bed = await startBed(t, {
    policies: { waits: { allow: nobody, otherwise: "pending" }, leaves: { allow: nobody, otherwise: "https://join.test/here" } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "waits" }, { host: "wiki.test", to: origin.url, policy: "leaves" }],
  });
  const visitor = bed.visitor();
  const page = await visitor.open(bed.url("app.test", "/"));
  assert.equal(page.status, 403);
  assert.match(page.body, /approv/i);
  let step = await visitor.get(bed.url("wiki.test", "/"));
  while (step.location && !step.location.startsWith("https://join.test")) step = await visitor.follow(step);
  assert.equal(step.location, "https://join.test/here");
});

test("a list of e-mails in a file acts at once on sessions that exist, and a broken one leaves the old in force", async (t) => {
  const folder = scratch("list");
  const file = path.join(folder, "staff.txt");
  const replace = (text) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  replace("# staff\nalice@example.test\n\nBob@example.test # on leave\n");
  const bed = await guarded(t, { allow: [{ email: { file } }] });
  const [alice, carol] = [await bed.signedIn("alice"), bed.visitor()];
  const url = bed.url("app.test", "/x");
  await alice.get(url).expect(200);
  assert.equal((await bed.signIn(carol, "carol", bed.url("app.test", "/"))).status, 403);
  const becomes = (visitor, status) => until(`${status} for ${visitor === alice ? "alice" : "carol"}`, async () => (await visitor.get(url)).status === status);

  replace("carol@elsewhere.test\n");
  await Promise.all([becomes(carol, 200), becomes(alice, 403)]);
  await bed.gateway.event("a list of e-mails has changed", (event) => event.file === file && event.emails === 1);

  const complaints = () => bed.gateway.events.filter((event) => event.level === "error" && messageOf(event).includes("a list of e-mails cannot be used"));
  replace("alice@example.test\nno address\n");
  await until("the complaint about a line", () => complaints().length === 1);
  assert.match(complaints()[0].error, /staff\.txt: line 2: expected an e-mail address/);
  assert.deepEqual([(await carol.get(url)).status, (await alice.get(url)).status], [200, 403]);

  rmSync(file);
  await until("the complaint about the file", () => complaints().length === 2);
  assert.match(complaints()[1].error, /cannot read .*staff\.txt: No such file/);
  assert.deepEqual([(await carol.get(url)).status, (await alice.get(url)).status], [200, 403]);

  replace("alice@example.test\n");
  await Promise.all([becomes(carol, 403), becomes(alice, 200)]);
  assert.equal(complaints().length, 2, "a complaint is repeated");
});

test("an exception has its own rule, and the longest path wins", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [
    { host: "app.test", to: origin.url, policy: "admins", identity: "oauth2-proxy", except: [{ path: "/public", public: true }, { path: "/public/inner", policy: "staff" }, { path: "/api", unauthenticated: 401, policy: "staff" }] }] });
  const stranger = bed.visitor();
  await stranger.get(bed.url("app.test", "/public")).expect(200);
  await stranger.get(bed.url("app.test", "/public/x/y")).expect(200);
  await stranger.get(bed.url("app.test", "/publicx")).expect(302);
  await stranger.get(bed.url("app.test", "/public/inner")).expect(302);
  await stranger.get(bed.url("app.test", "/api/x")).expect(401);
  const bob = bed.visitor();
  await bed.signIn(bob, "bob", bed.url("app.test", "/public/inner/"));
  await bob.get(bed.url("app.test", "/public/inner/y")).expect(200);
  await bob.get(bed.url("app.test", "/")).expect(403);
  const seen = (await bob.get(bed.url("app.test", "/public/z")).expect(200)).json();
  assert.deepEqual(fieldsOf(seen, "X-Auth-Request-User"), [], "a public path is given an identity");
});

test("magic headers and paths open nothing", async (t) => {
  const bed = await startBed(t);
  for (const headers of [{ "User-Agent": "GoogleHC/1.0" }, { "User-Agent": "kube-probe/1.30" }, { "User-Agent": "ELB-HealthChecker/2.0" }, { "X-HTTP-Method-Override": "OPTIONS" }, { Authorization: "Bearer x" }, { Authorization: "Basic YTpi" }, { "X-Forwarded-User": "alice" }]) {
    const page = await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x"), { headers });
    assert.equal(page.status, 401, JSON.stringify(headers));
  }
  for (const target of ["/x?y=/public/health", "/x?/public", "/.well-known/acme-challenge/../x", "/healthz", "/ping", "/metrics", "/oauth2/../x"]) {
    const page = await bed.visitor({ navigates: false }).get(bed.url("app.test", target));
    assert.ok([401, 400, 404].includes(page.status), `${target}: ${page.status}`);
  }
  assert.equal(bed.origin.text, "");
});

test("methods are exact: what is not listed is 405 before anybody is asked to sign in", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "app.test", to: origin.url, public: true, methods: ["GET", "POST"] }, { host: "wiki.test", to: origin.url, policy: "staff" }] });
  for (const method of ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "FOO"]) assert.equal((await bed.visitor().request(method, bed.url("app.test", "/"))).status, 405, method);
  assert.equal(bed.origin.text, "");
  await bed.visitor().get(bed.url("app.test", "/")).expect(200);
  await bed.visitor().post(bed.url("app.test", "/"), { body: "x" }).expect(200);
  for (const method of ["OPTIONS", "PROPFIND", "FOO", "TRACE"]) assert.ok([401, 405].includes((await bed.visitor({ navigates: false }).request(method, bed.url("wiki.test", "/"))).status), method);
});

test("routes answer, redirect and rewrite headers as they say", async (t) => {
  const bed = await startBed(t, {
    origin: { reply: (request) => answer(200, request.raw, [["X-Origin-Secret", "1"], ["Server", "origin"]]) },
    routes: (origin) => [
      { host: "app.test", path: "/status", respond: { status: 200, body: "fine\n", content_type: "text/plain" } },
      { host: "app.test", to: origin.url, public: true, upstream_host: "inner.test", request_headers: { set: { "X-Env": "prod" }, remove: ["X-Debug"] }, response_headers: { set: { "Strict-Transport-Security": "max-age=63072000" }, remove: ["X-Origin-Secret"] } },
      { host: "wiki.test", path: { exact: "/only" }, to: origin.url, public: true },
    ],
    login: { host: "auth.test" },
  });
  const status = await bed.visitor().get(bed.url("app.test", "/status/x")).expect(200);
  assert.equal(status.body, "fine\n");
  const page = await bed.visitor().get(bed.url("app.test", "/y"), { headers: { "X-Debug": "1", "X-Env": "forged" } }).expect(200);
  assert.match(page.body, /^Host: inner\.test\r$/m);
  assert.match(page.body, /^X-Env: prod\r$/m);
  assert.ok(!/forged|X-Debug/.test(page.body));
  assert.equal(page.headers["strict-transport-security"], "max-age=63072000");
  assert.equal(page.headers["x-origin-secret"], undefined);
  assert.equal(page.headers.server, "origin");
  await bed.visitor().get(bed.url("wiki.test", "/only")).expect(200);
  await bed.visitor().get(bed.url("wiki.test", "/only/x")).expect(404);
  await bed.visitor().get(bed.url("wiki.test", "/")).expect(404);
});

test("the longest path wins, in whole segments", async (t) => {
  const bed = await startBed(t, { login: { host: "auth.test" }, routes: () => ["/", "/a", "/a/b", "/ab"].map((at) => ({ host: "app.test", path: at, respond: { status: 200, body: at } })) });
  for (const [target, winner] of [["/", "/"], ["/x", "/"], ["/a", "/a"], ["/a/", "/a"], ["/a/x", "/a"], ["/a/b", "/a/b"], ["/a/b/c", "/a/b"], ["/a/bc", "/a"], ["/ab", "/ab"], ["/abc", "/"], ["/A", "/"], ["/a//b", "/a/b"], ["/a/./b/", "/a/b"]]) {
    assert.equal((await bed.visitor().get(bed.url("app.test", target)).expect(200)).body, winner, target);
  }
});

test("certificates of the file are chosen by name, the most specific first, and a foreign host on one is 421", async (t) => {
  const [wide, narrow, other] = [certificateFor(["*.wild.test", "wild.test"]), certificateFor(["a.wild.test"]), certificateFor(["app.test"])];
  const ports = await reservePorts();
  const gateway = await startGateway(t, {
    tls: { certificates: [wide, narrow, other] }, login: { host: "app.test", providers: { main: providerConfiguration("https://op.localhost:1") } },
    routes: ["a.wild.test", "b.wild.test", "app.test"].map((host) => ({ host, respond: { status: 200, body: host } })),
  }, { ports });
  const { connectTls } = await import("./support/raw_client.mjs");
  for (const [servername, names] of [["a.wild.test", "DNS:a.wild.test"], ["b.wild.test", "DNS:*.wild.test, DNS:wild.test"], ["app.test", "DNS:app.test"]]) {
    const wire = await connectTls(t, gateway.ports.https, { servername });
    assert.equal(wire.socket.getPeerCertificate().subjectaltname, names, servername);
    for (const host of ["a.wild.test", "b.wild.test", "app.test"]) {
      const each = await connectTls(t, gateway.ports.https, { servername, ca: authority().pem });
      await each.send(`GET / HTTP/1.1\r\nHost: ${host}:${gateway.ports.https}\r\n\r\n`);
      const covered = servername === host || (servername === "b.wild.test" && host.endsWith(".wild.test"));
      const { status } = await each.response();
      assert.equal(status, covered ? 200 : 421, `${host} on the certificate for ${servername}`);
    }
  }
});
