// The audit log: a file of its own in which every sign-in, refusal and end of a session stands, whatever log.level is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import nodePath from "node:path";
import { test } from "node:test";

import { respond } from "./support/acme_bed.mjs";
import { startBed } from "./support/bed.mjs";
import { runGateway, writeConfig } from "./support/gateway.mjs";
import { certificateFor, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

test("who came in, who was kept out and whose session ended stands in a file of its own", async (t) => {
  const folder = scratch("audit");
  const file = nodePath.join(folder, "audit.log");
  const bed = await startBed(t, {
    providerReady: false,
    start: { expectReady: false, environment: { RUNTIME_DIRECTORY: nodePath.join(folder, "run") } },
    config: (parts) => ({ ...parts, log: { audit: file, level: "error" } }),
  });
  const control = nodePath.join(folder, "run", "control.sock");
  // The events are silent at this level: whether it is ready is seen from outside.
  const begun = () => bed.visitor().get(bed.url("auth.test", "/oauth2/start?rd=/")).then((page) => page.location?.startsWith(bed.provider.issuer), () => false);
  await until("a sign-in to begin", begun);
  const lines = () => readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const act = async (name, like = () => true) => {
    let found;
    await until(`the act ${name}`, () => (found = lines().find((line) => line.act === name && like(line))));
    return found;
  };

  const carol = await bed.signedIn("carol");
  const came = await act("sign_in");
  assert.equal(came.email, "carol@elsewhere.test");
  assert.equal(came.by, "main");
  assert.equal(came.client, "127.0.0.1");
  assert.match(came.session, /^[0-9a-f]{12}$/);

  await carol.open(bed.url("wiki.test", "/secret?token=SECRET"));
  const denied = await act("denied");
  assert.deepEqual([denied.user, denied.host, denied.path, denied.reason], ["u-carol", "wiki.test", "/secret", "policy staff"]);

  await bed.visitor().get(bed.url("auth.test", "/oauth2/callback?code=SECRET&state=SECRET")).expect(400);
  assert.equal((await act("sign_in_failed", ({ path }) => path === "/oauth2/callback")).reason, "sign_in_not_found");

  await carol.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test").replace(/\/$/, ""), "Sec-Fetch-Site": "same-origin" }, body: "" });
  assert.equal((await act("sign_out")).session, came.session);

  const told = await runGateway(["sessions", "revoke", "--user", "alice", "--control", control]);
  assert.equal(told.status, 0, told.stderr);
  assert.match((await act("sessions_revoked")).reason, /alice/);
  assert.ok(!readFileSync(file, "utf8").includes("SECRET"));
});

test("what other pages make a browser send, and cookies that somebody planted, stand there with the reason", async (t) => {
  const bed = await startBed(t, { login: { auth_check: { from: ["127.0.0.1/32"] } } });
  const alice = await bed.signedIn("alice");
  const noted = (reason, user) => bed.gateway.event("audit", (event) => event.act === "request_refused" && event.reason.includes(reason) && event.user === user);
  const cross = { Origin: "https://evil.test", "Sec-Fetch-Site": "cross-site" };
  await alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: cross, body: "" }).expect(403);
  await noted("sign-out: not of a page of ours");
  await alice.get(bed.url("app.test", "/oauth2/sign_out?rd=https://evil.test/"), { headers: { "Sec-Fetch-Site": "same-origin" } }).expect(400);
  await noted("sign-out: return address");
  assert.equal(bed.gateway.events.filter((event) => event.act === "sign_in_failed").length, 0, "a sign-out is no sign-in");
  await alice.get(bed.url("app.test", "/ws"), { headers: { ...cross, Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" } }).expect(403);
  await noted("a WebSocket from a foreign Origin", "u-alice");
  await alice.post(bed.url("auth.test", "/oauth2/sessions"), { headers: { ...cross, "Content-Type": "application/x-www-form-urlencoded" }, body: "session=x" });
  await noted("a form of another origin", "u-alice");
  await alice.get(bed.url("app.test", "/oauth2/auth"), { headers: { "X-Original-URL": bed.url("app.test", "/"), "X-Forwarded-Uri": "/" } }).expect(400);
  await noted("auth_check: two ways");
  await alice.get(bed.url("app.test", "/oauth2/auth"), { headers: { "X-Original-URL": bed.url("nowhere.test", "/"), "X-Original-Method": "GET" } }).expect(403);
  await noted("auth_check: no route");
  await bed.visitor().get(bed.url("app.test", "/"), { headers: { Cookie: "__Host-gateway=planted" } }).expect(302);
  await noted("a session cookie that does not open");
  await alice.get(bed.url("app.test", "/still")).expect(200);
});

test("strangers with bad tokens cannot fill the log", async (t) => {
  const bed = await startBed(t);
  const bring = (i) => bed.visitor({ navigates: false }).post(bed.url("auth.test", "/oauth2/backchannel_logout"), { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: `logout_token=a.b${i}.c` });
  const asked = 300;
  for (let i = 0; i < asked; ++i) await bring(i).expect(400);
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/last")).expect(401);
  const lines = bed.gateway.events.filter((event) => event.act === "logout_refused");
  assert.ok(lines.length >= 31 && lines.length < asked / 2, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.reason.length > 0));
  assert.equal(lines.findIndex((line) => line.reason.startsWith("one of many: ")) >= 30, true);
  assert.ok(bed.gateway.events.filter((event) => JSON.stringify(event).includes("a logout token was not accepted")).length <= lines.length);
});

test("an audit file that cannot be written stops the start, and the error says how to mend it", () => {
  const file = writeConfig({
    listen: { https: "127.0.0.1:8443", http: "off" }, tls: { certificates: [certificateFor(["app.test"])] }, storage: nodePath.join(scratch("audit"), "storage"),
    routes: [respond("app.test")], log: { audit: nodePath.join(scratch("audit"), "absent", "audit.log") },
  });
  const run = runGateway(["run", "--config", file]);
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /cannot write log\.audit .*absent.*: No such file or directory; make the folder/);
});
