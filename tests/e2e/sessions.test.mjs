// `gateway sessions`: an operator ends sessions of a gateway that runs.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";

/// The text of one that this visitor has made for app.test.
async function tokenOf(bed, visitor, name) {
  const url = bed.url("auth.test", "/oauth2/tokens");
  const form = /value="create"><input type="hidden" name="form" value="([^"]+)"/.exec((await visitor.open(url)).body)[1];
  const body = new URLSearchParams({ action: "create", form, name, days: "7", place: "app.test/" }).toString();
  const made = await visitor.post(url, { body, headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" } }).expect(200);
  return /gwt_[\w-]{43}/.exec(made.body)[0];
}

const isIn = async (bed, visitor) => (await visitor.get(bed.url("app.test", "/x"))).status === 200;

test("sessions of one person, then of everybody, end in every worker", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { start: { environment: { RUNTIME_DIRECTORY: folder } }, login: { tokens: { policy: "signed-in" } }, config: (parts) => ({ ...parts, workers: 3 }) });
  const control = path.join(folder, "control.sock");
  const revoke = (...words) => runGateway(["sessions", "revoke", ...words, "--control", control]);
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const programs = [await tokenOf(bed, alice, "the build"), await tokenOf(bed, bob, "a"), await tokenOf(bed, bob, "b")];
  const brings = (token) => bed.visitor({ navigates: false }).get(bed.url("app.test"), { headers: { Authorization: `Bearer ${token}` } }).then((page) => page.status);
  assert.equal(revoke("--user", "carol").status, 0);
  assert.equal(await isIn(bed, alice), true);
  const ended = revoke("--user", "alice@example.test", "--provider", "main");
  assert.equal(ended.status, 0, ended.stderr);
  assert.match(ended.stdout, /^ended: every session of alice@example\.test at main that began until now, and 1 personal tokens/);
  for (let i = 0; i < 12; ++i) assert.equal(await isIn(bed, alice), false);
  assert.equal(await isIn(bed, bob), true);
  for (let i = 0; i < 6; ++i) assert.equal(await brings(programs[0]), 401);
  const tokens = (...words) => runGateway(["tokens", ...words, "--control", control]);
  const list = tokens("list").stdout.trim().split("\n");
  assert.equal(list.length, 2, list.join("\n"));
  assert.match(list[0], /^[0-9a-f]{32} {2}u-bob at main {2}until .* GMT {2}for app\.test\/ {2}named [ab]$/);
  assert.equal(tokens("revoke", list.find((line) => line.endsWith(" named a")).slice(0, 32)).status, 0);
  assert.deepEqual(await Promise.all(programs.map(brings)), [401, 401, 200]);
  assert.equal(tokens("revoke", "0".repeat(32)).status, 1);
  const unknown = revoke("--all", "--provider", "nowhere");
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /login\.providers has no nowhere/);
  assert.equal(await isIn(bed, bob), true);
  assert.equal(revoke("--all").status, 0);
  assert.equal(await isIn(bed, bob), false);
  assert.equal(await brings(programs[2]), 401);
});
