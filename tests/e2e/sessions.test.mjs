// `gateway sessions`: an operator ends sessions of a gateway that runs.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";

const isIn = async (bed, visitor) => (await visitor.get(bed.url("app.test", "/x"))).status === 200;

test("sessions of one person, then of everybody, end in every worker", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { start: { environment: { RUNTIME_DIRECTORY: folder } }, config: (parts) => ({ ...parts, workers: 3 }) });
  const control = path.join(folder, "control.sock");
  const revoke = (...words) => runGateway(["sessions", "revoke", ...words, "--control", control]);
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  assert.equal(revoke("--user", "carol").status, 0);
  assert.equal(await isIn(bed, alice), true);
  const ended = revoke("--user", "alice@example.test", "--provider", "main");
  assert.equal(ended.status, 0, ended.stderr);
  assert.match(ended.stdout, /^ended: every session of alice@example\.test at main that began until now/);
  for (let i = 0; i < 12; ++i) assert.equal(await isIn(bed, alice), false);
  assert.equal(await isIn(bed, bob), true);
  const unknown = revoke("--all", "--provider", "nowhere");
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /login\.providers has no nowhere/);
  assert.equal(await isIn(bed, bob), true);
  assert.equal(revoke("--all").status, 0);
  assert.equal(await isIn(bed, bob), false);
});
