// As a service of systemd: what it is told, and how little the unit may do.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { cleanup } from "./support/cleanup.mjs";
import { startGateway } from "./support/gateway.mjs";
import { checkout, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const listener = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)`;

/// A socket as systemd has it; `heard` is every message, in order.
async function startManager(t) {
  const socket = path.join(scratch("notify"), "socket");
  const child = spawn("python3", ["-c", listener, socket], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (part) => { text += part; });
  cleanup(t, () => child.kill("SIGKILL"));
  await until("the manager's socket", () => text.includes("bound"));
  return { socket, get heard() { return text.split("\n").slice(1).filter(Boolean); } };
}

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
