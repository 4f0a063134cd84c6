// A gateway that other processes take the place of: the bed, the commands, and who is the service now.
import { spawn } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { startBed } from "./bed.mjs";
import { cleanup } from "./cleanup.mjs";
import { binary, messageOf } from "./gateway.mjs";
import { scratch } from "./run_folder.mjs";
import { seconds, until, within } from "./wait.mjs";

/// Whether a process runs; one that has ended and waits for its parent does not.
export function runs(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/// As runGateway, while this process goes on with its own.
export async function command(...args) {
  const { environment = {} } = typeof args.at(-1) === "object" ? args.pop() : {};
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (part) => { said[name] += part; });
  const code = await within("the command's end", new Promise((resolve) => child.on("close", resolve)), seconds(20));
  return { status: code, ...said };
}

/// A bed with a control socket whose gateway may be replaced; its successors end with the test.
export async function startReplaced(t, options = {}) {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { ...options, start: { ...options.start, environment: { RUNTIME_DIRECTORY: folder, ...options.start?.environment } } });
  bed.control = path.join(folder, "control.sock");
  bed.file = path.join(bed.gateway.folder, "gateway.yaml");
  bed.edit = (change) => {
    const config = JSON.parse(readFileSync(bed.file, "utf8"));
    writeFileSync(`${bed.file}.new`, JSON.stringify(change(config) ?? config, null, 1));
    renameSync(`${bed.file}.new`, bed.file);
  };
  bed.successors = () => bed.gateway.events.filter((event) => messageOf(event).startsWith("a new process has taken over")).map((event) => event.process);
  bed.pid = () => bed.successors().at(-1) ?? bed.gateway.pid;
  /// The command's end; the successor serves, and has the control socket.
  bed.upgrade = async () => {
    const before = bed.successors().length;
    const done = await command("upgrade", "--control", bed.control);
    if (done.status !== 0) return done;
    // Two processes say so, each in its own time.
    await until("the successor to be the service", () => {
      const count = bed.successors().length;
      return count > before && bed.gateway.events.filter((event) => event.message === "taken over from the process before").length >= count;
    });
    await until("its control socket", async () => (await command("tokens", "list", "--control", bed.control)).status !== 2);
    return done;
  };
  bed.processes = () => [bed.gateway.pid, ...bed.gateway.events.filter((event) => event.message === "a new process is to take over").map((event) => event.process)];
  cleanup(t, async () => {
    for (const pid of bed.processes()) { try { if (runs(pid)) process.kill(pid, "SIGTERM"); } catch { /* it has just ended */ } }
    await until("all of them to end", () => bed.processes().every((pid) => !runs(pid)), seconds(20));
  });
  return bed;
}
