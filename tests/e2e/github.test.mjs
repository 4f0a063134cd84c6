// Signing in with GitHub: who somebody is, which organisations and teams, and what breaks or lies there (attack rows K11, K18, K23, K25, D05).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { movableClock } from "./support/clock.mjs";
import { messageOf, runGateway, writeConfig, usualConfig, reservePorts } from "./support/gateway.mjs";
import { answer, octocat, startGithub } from "./support/github.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { until } from "./support/wait.mjs";

/// app.test behind GitHub, for whom `allow` admits.
async function startGithubBed(t, { allow = [{ authenticated: true }], deny, provider, session, environment } = {}) {
  const github = await startGithub(t);
  const bed = await startBed(t, {
    loginHost: "app.test", providerReady: false, start: { environment },
    login: { host: "app.test", providers: { hub: github.configuration(provider) }, ...(session ? { session } : {}) },
    policies: { it: { allow, ...(deny ? { deny } : {}) } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "it", identity: "oauth2-proxy" }],
  });
  return { bed, github };
}

const visit = (bed) => bed.visitor().open(bed.url("app.test", "/"));

test("somebody signs in with GitHub and is who GitHub says, on every page of its lists", async (t) => {
  const { bed, github } = await startGithubBed(t, { allow: [{ org: "example", team: "example/platform", email: ["octo@example.test"], user: "Octo-Cat" }] });
  assert.equal((await visit(bed)).status, 200);
  const sent = (name) => fieldsOf(bed.origin.lastRequest, name);
  assert.deepEqual(sent("x-auth-request-user"), ["Octo-Cat"]);
  assert.deepEqual(sent("x-auth-request-email"), ["octo@example.test"]);
  assert.deepEqual(sent("x-auth-request-groups"), ["One,Two,Example,One:a,Two:b,Example:platform"]);
  const asked = github.to("/login/oauth/authorize")[0].parameters;
  assert.equal(asked.get("scope"), "read:user user:email read:org");
  assert.equal(github.to("/api/v3/user/orgs").length, 2);
  assert.ok(!bed.gateway.stderr.text.includes("gho_") && !bed.gateway.stdout.text.includes("gho_"));
});

test("organisations, teams and e-mail decide as they are at the sign-in", async (t) => {
  const { bed, github } = await startGithubBed(t, { allow: [{ team: "Example/Platform" }, { email_domain: "example.test", org: "two" }], deny: [{ org: "banned" }] });
  assert.equal((await visit(bed)).status, 200);
  github.person = { ...octocat, teams: [] };
  assert.equal((await visit(bed)).status, 200, "by organisation and e-mail");
  github.person = { ...octocat, teams: [], orgs: [] };
  assert.equal((await visit(bed)).status, 403);
  github.person = { ...octocat, teams: [], emails: [{ email: "octo@example.test", primary: true, verified: false }] };
  assert.equal((await visit(bed)).status, 403, "an e-mail that nobody verified");
  github.person = { ...octocat, orgs: [...octocat.orgs, { login: "Banned", id: 9 }] };
  assert.equal((await visit(bed)).status, 403);
  github.person = { ...octocat, teams: octocat.teams.map((team) => ({ ...team, organization: { login: "Evil" } })), orgs: [] };
  assert.equal((await visit(bed)).status, 403, "the same team of another organisation");
});

test("what GitHub refuses, limits or breaks ends in a page, and in no session", async (t) => {
  const { bed, github } = await startGithubBed(t);
  const limit = { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000000" };
  const rows = [
    ["bad code", "token", (_, r) => answer(r, 200, { error: "bad_verification_code", error_description: "planted" }), "bad_verification_code"],
    ["error beside a token", "token", (_, r) => answer(r, 200, { error: "x", access_token: "gho_planted", token_type: "bearer" }), "error x"],
    ["token as a form", "token", (_, r) => r.writeHead(200, { "Content-Type": "application/x-www-form-urlencoded" }).end("access_token=gho_planted&token_type=bearer"), "not JSON"],
    ["token redirected", "token", (_, r) => r.writeHead(302, { Location: "https://evil.test/" }).end(), "302"],
    ["revoked", "/user", (_, r) => answer(r, 401, { message: "Bad credentials" }), "401"],
    ["suspended", "/user", (_, r) => answer(r, 403, { message: "Sorry. Your account was suspended." }), "403"],
    ["primary rate limit", "/user/orgs", (_, r) => answer(r, 403, { message: "API rate limit exceeded" }, limit), "rate limit"],
    ["secondary rate limit", "/user/emails", (_, r) => answer(r, 429, { message: "secondary" }, { "Retry-After": "60" }), "rate limit"],
    ["down", "/user/teams", (_, r) => answer(r, 502, "<p>"), "502"],
    ["endless", "/user", (_, r) => { r.writeHead(200, { "Content-Type": "application/json" }); const more = setInterval(() => r.write(" ".repeat(300_000)), 1); r.on("close", () => clearInterval(more)); }, ""],
    ["teams elsewhere", "/user/teams", (_, r) => answer(r, 200, octocat.teams, { Link: "<https://evil.test/api/v3/user/teams?page=2>; rel=\"next\"" }), "not of the same list"],
    ["pages without end", "/user/orgs", (_, r, url) => answer(r, 200, octocat.orgs, { Link: `<${url.href}>; rel="next"` }), "too many pages"],
    ["another shape", "/user", (_, r) => answer(r, 200, [octocat.user]), "id"],
  ];
  for (const [what, path, broken, logged] of rows) {
    github.broken = { [path]: broken };
    const visitor = bed.visitor();
    const page = await visitor.open(bed.url("app.test", "/"));
    assert.ok(page.status >= 400 && page.status !== 404, `${what}: ${page.status}`);
    assert.ok(!visitor.jar.of("app.test").some((cookie) => cookie.name === "__Host-gateway"), what);
    assert.ok(!page.body.includes("planted"), what);
    await bed.gateway.event("", (event) => JSON.stringify(event).includes(logged));
  }
  github.broken = {};
  assert.equal((await visit(bed)).status, 200, "an honest GitHub is refused afterwards");
  assert.ok(!bed.gateway.stderr.text.includes("planted"));
  assert.ok(bed.gateway.events.every((event) => !messageOf(event).includes("gho_")));
});

test("a scope that was not granted refuses, for a rule that denies might miss what it hides", async (t) => {
  const { bed, github } = await startGithubBed(t, { deny: [{ org: "example" }] });
  github.granted = (scopes) => scopes.filter((scope) => scope !== "read:org");
  const page = await visit(bed);
  assert.ok(page.status >= 400, String(page.status));
  await bed.gateway.event("", (event) => JSON.stringify(event).includes("read:org"));
});

test("K27: a session in a store is asked about again at GitHub: teams act, a limit changes nothing, a token taken back ends it", async (t) => {
  const clock = movableClock();
  const { bed, github } = await startGithubBed(t, { allow: [{ team: "example/platform" }], session: { store: "memory", refresh: "10m" }, environment: clock.environment });
  const [visitor, other] = [bed.visitor(), bed.visitor()];
  const status = async (who = visitor) => (await who.get(bed.url("app.test", "/"))).status;
  assert.equal((await visitor.open(bed.url("app.test", "/"))).status, 200);
  github.person = { ...octocat, teams: octocat.teams.slice(0, 2) };
  clock.move(601);
  await until("the team to be gone", async () => (await status()) === 403);
  github.person = octocat;
  clock.move(1202);
  await until("the team to be back", async () => (await status()) === 200);
  github.tokens.clear();
  clock.move(1803);
  await until("the end of the session", async () => (await status()) === 302);
  assert.equal((await other.open(bed.url("app.test", "/"))).status, 200);
  github.broken = { "/user": (_, r) => answer(r, 429, { message: "secondary" }, { "Retry-After": "60" }) };
  clock.move(2404);
  assert.equal(await status(other), 200);
  await bed.gateway.event("a session could not be checked with its provider");
  assert.equal(await status(other), 200);
  assert.ok(!bed.gateway.stderr.text.includes("gho_"));
});

test("gateway check says what GitHub needs, and warns of all the world", async () => {
  const ports = await reservePorts();
  const check = (policies, provider = {}) => {
    const file = writeConfig({ ...usualConfig(ports, "/tmp"), login: { host: "app.test", providers: { hub: { type: "github", client_id: "a", client_secret: "b", ...provider } } },
      policies, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "it" }] });
    return runGateway(["check", "--config", file]);
  };
  assert.equal(check({ it: { allow: [{ org: "example" }] } }).status, 0);
  assert.match(check({ it: { allow: [{ authenticated: true }] } }).stderr, /everybody on Earth[^]*or organisations/);
  assert.match(check({ it: { allow: [{ team: "example" }] } }).stderr, /organisation\/team/);
  assert.match(check({ it: { allow: [{ authenticated: true }] } }, { claims_from: ["id_token"] }).stderr, /no tokens with claims/);
  assert.match(check({ it: { allow: [{ policy: "b" }] }, b: { allow: [{ policy: "it" }] } }).stderr, /in a circle: it > b > it/);
});
