// Programs as Debian has them, beside the gateway.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

import { cleanup } from "./cleanup.mjs";
import { scratch } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

/// Runs a program until the test ends; ready when the port answers.
export async function startApp(t, command, args, port) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], cwd: scratch("app") });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { words += part; });
  const ended = new Promise((resolve) => child.on("close", resolve).on("error", resolve));
  cleanup(t, async () => { child.kill("SIGKILL"); await ended; });
  await until(`${command} to answer`, async () => {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${words}`);
    return fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" }).then(() => true, () => false);
  }, seconds(30));
}

/// Why a test that needs `program` is skipped; false: it is there.
export const missing = (program) => !existsSync(program) && `no ${program}`;
