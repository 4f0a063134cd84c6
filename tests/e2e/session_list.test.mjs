// The sessions of a person: seen and ended by their owner on one page, and by the operator, on every replica.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway, startGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const isIn = async (bed, visitor) => (await visitor.get(bed.url("app.test", "/x"))).status === 200;
const sessionsOf = async (bed, visitor) => (await visitor.open(bed.url("auth.test", "/oauth2/sessions"))).expect(200);
const tokensIn = (page) => [...page.body.matchAll(/name="session" value="([^"]+)"/g)].map(([, token]) => token);
const end = (bed, visitor, token, fields = {}) => visitor.post(bed.url("auth.test", "/oauth2/sessions"), {
  body: new URLSearchParams({ session: token }).toString(),
  headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: bed.url("auth.test").replace(/\/$/, ""), "Sec-Fetch-Site": "same-origin", ...fields },
});

for (const store of ["cookie", "memory", "storage"]) {
  test(`with store: ${store} a person sees the other sessions and ends one of them`, async (t) => {
    const bed = await startBed(t, { login: { session: { store } }, config: (parts) => ({ ...parts, workers: 3 }) });
    const lost = await bed.signedIn("alice");
    const kept = await bed.signedIn("alice");
    const mine = await bed.signedIn("alice");
    const bob = await bed.signedIn("bob");
    assert.deepEqual(tokensIn(await sessionsOf(bed, bob)), [], "another person's sessions are shown");
    const page = await sessionsOf(bed, mine);
    assert.match(page.body, /<dt>Network<\/dt><dd>127\.0\.0\.0\/24<\/dd>/);
    assert.ok(!page.body.includes("127.0.0.1"), "the address itself is shown");
    const tokens = tokensIn(page);
    assert.equal(tokens.length, 2);
    (await end(bed, mine, tokens[1], { "Sec-Fetch-Site": "cross-site" })).expect(403);
    (await end(bed, mine, tokens[1], { "Sec-Fetch-Mode": "cors" })).expect(403);
    (await end(bed, bob, tokens[1])).expect(403);
    assert.equal(await isIn(bed, lost), true);
    (await end(bed, mine, tokens[1])).expect(303);
    for (let i = 0; i < 6; ++i) assert.equal(await isIn(bed, lost), false);
    assert.deepEqual([await isIn(bed, kept), await isIn(bed, mine), await isIn(bed, bob)], [true, true, true]);
    assert.equal(tokensIn(await sessionsOf(bed, mine)).length, 1);
    // Signing out takes a session off the list of the others.
    await kept.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" }, body: "" });
    assert.equal(tokensIn(await sessionsOf(bed, mine)).length, 0);
    const elsewhere = (await mine.open(bed.url("app.test", "/oauth2/sessions"))).expect(200);
    assert.ok(elsewhere.body.includes(`href="${bed.url("auth.test", "/oauth2/sessions")}"`) && tokensIn(elsewhere).length === 0, "an app's host shows them");
  });
}

test("an operator sees the sessions of all replicas and ends one on each", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const storage = path.join(scratch("shared"), "storage");
  let file;
  const bed = await startBed(t, { start: { environment: { RUNTIME_DIRECTORY: folder } }, config: (parts) => { file = { ...parts, storage }; return file; } });
  const second = await startGateway(t, file, { environment: { RUNTIME_DIRECTORY: path.join(scratch("second"), "run") } });
  await second.event("provider is ready");
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const ask = (...words) => runGateway(["sessions", ...words, "--control", path.join(folder, "control.sock")]);
  const lines = ask("list").stdout.trim().split("\n");
  assert.equal(lines.length, 2, lines.join("\n"));
  assert.match(lines[0], /^[0-9a-f]{32} {2}u-alice at main {2}since .* GMT {2}until .* GMT {2}from 127\.0\.0\.0\/24/);
  assert.equal(ask("list", "--user", "bob@example.test").stdout.trim(), lines[1]);
  assert.equal(ask("revoke", "--session", "0".repeat(32)).status, 1);
  assert.equal((await alice.get(second.url("app.test", "/x"))).status, 200);
  const ended = ask("revoke", "--session", lines[0].slice(0, 32));
  assert.equal(ended.status, 0, ended.stderr);
  assert.match(ended.stdout, /^ended: the session [0-9a-f]{32} of u-alice at main/);
  assert.deepEqual([await isIn(bed, alice), await isIn(bed, bob)], [false, true]);
  await until("the other replica to end it", async () => (await alice.get(second.url("app.test", "/x"))).status !== 200);
  assert.equal(ask("list").stdout.trim(), lines[1]);
});

test("who signs in often enough does not push a session off the list: the oldest ends", async (t) => {
  const file = path.join(scratch("audit"), "audit.log");
  const bed = await startBed(t, { config: (parts) => ({ ...parts, log: { audit: file } }) });
  const oldest = await bed.signedIn("alice");
  const second = await bed.signedIn("alice");
  for (let i = 0; i < 30; ++i) await bed.signedIn("alice");
  assert.deepEqual([await isIn(bed, oldest), await isIn(bed, second)], [true, true]);
  const mine = await bed.signedIn("alice");
  assert.deepEqual([await isIn(bed, oldest), await isIn(bed, second), await isIn(bed, mine)], [false, true, true]);
  assert.equal(tokensIn(await sessionsOf(bed, mine)).length, 31);
  const lines = () => readFileSync(file, "utf8").split("\n").filter((line) => line.includes('"sessions_revoked"'));
  const [line] = await until("its line", () => lines().length > 0 && lines());
  assert.match(JSON.parse(line).reason, /^ended: the oldest session [0-9a-f]{12} of u-alice at main/);
});

test("an operator ends somebody's sessions by an e-mail in any case", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { start: { environment: { RUNTIME_DIRECTORY: folder } } });
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const told = runGateway(["sessions", "revoke", "--user", "Alice@Example.TEST", "--control", path.join(folder, "control.sock")]);
  assert.equal(told.status, 0, told.stderr);
  assert.deepEqual([await isIn(bed, alice), await isIn(bed, bob)], [false, true]);
});
