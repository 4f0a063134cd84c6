// As a service of systemd: what it is told, and how little the unit may do.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startGateway } from "./support/gateway.mjs";
import { startManager } from "./support/manager.mjs";
import { checkout } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

test("a service manager hears of start, life, reloads and end", async (t) => {
  const manager = await startManager(t);
  const gateway = await startGateway(t, { routes: [{ host: "app.test", respond: { status: 200, body: "x" } }] },
    { environment: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: "200000" } });
  const heard = (part, count = 1) => until(`"${part}"`, () => manager.heard.filter((each) => each.includes(part)).length >= count);
  await heard("READY=1\\nSTATUS=serving 1 routes");
  await heard("WATCHDOG=1", 3);
  gateway.signal("SIGHUP");
  await heard("RELOADING=1");
  await heard("READY=1", 2);
  await gateway.stop();
  await heard("STOPPING=1");
});

test("the unit leaves the gateway hardly any right", { skip: !existsSync("/usr/bin/systemd-analyze") && "no systemd-analyze" }, () => {
  const unit = path.join(checkout, "packaging/systemd/gateway.service");
  const run = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", "--threshold=16", unit], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});
