// `gateway profile`: where a running gateway's processor time goes, for flame graphs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { binary, runGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

/// Ends with the program: what it printed, and its status.
const ended = (args) => new Promise((resolve) => execFile(binary, args, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr })));

test("stacks of what uses the time, from the outermost function on, while requests go on; one profile at a time", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, {
    routes: () => [{ host: "other.test", respond: { status: 200, body: "here\n" }, public: true }],
    start: { environment: { RUNTIME_DIRECTORY: folder } },
  });
  const control = path.join(folder, "control.sock");
  await until("the control socket", () => existsSync(control));

  let isOver = false;
  const visit = async () => {
    const visitor = bed.visitor({ navigates: false });
    let answered = 0;
    for (; !isOver; ++answered) await visitor.get(bed.url("other.test", "/")).expect(200);
    return answered;
  };
  const visitors = [visit(), visit(), visit()];
  const first = ended(["profile", "--seconds", "2", "--control", control]);
  const others = await Promise.all([ended(["profile", "--seconds", "2", "--control", control]), first.then((run) => ({ ...run, isFirst: true }))]);
  isOver = true;
  const answered = await Promise.all(visitors);
  assert.ok(answered.every((count) => count > 0), `requests while it samples: ${answered}`);

  // Which of the two came first is theirs.
  const [profile, refused] = others[0].status === 0 ? others : [others[1], others[0]];
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /sampled already/);
  assert.equal(profile.status, 0, profile.stderr);
  assert.match(profile.stderr, /^\d+ stacks? in 2 s: \d+\.\d s of processor time$/m);
  const lines = profile.stdout.trim().split("\n");
  for (const line of lines) assert.match(line, /^\S+(;\S+)* \d+$/);
  const counts = lines.map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
  assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
  // Of workers, which answer requests: control, the only thread that takes other signals, does not.
  assert.ok(lines.some((line) => /;core::Loop::\w+;.*;(gateway::Connection|tls::Stream)::/.test(line)), profile.stdout.slice(0, 4000));

  await bed.visitor({ navigates: false }).get(bed.url("other.test", "/after")).expect(200);
  for (const seconds of ["0", "301", "x", "", "1s"]) {
    const run = runGateway(["profile", "--seconds", seconds, "--control", control]);
    assert.equal(run.status, 2, seconds);
    assert.match(run.stderr, /--seconds takes a number from 1 to 300/);
  }
});
