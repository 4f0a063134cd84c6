// A service manager as far as notifications go (sd_notify(3)).
import { spawn } from "node:child_process";
import path from "node:path";

import { cleanup } from "./cleanup.mjs";
import { scratch } from "./run_folder.mjs";
import { until } from "./wait.mjs";

const listener = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)`;

/// A socket as systemd has it; `heard` is every message, in order.
export async function startManager(t) {
  const socket = path.join(scratch("notify"), "socket");
  const child = spawn("python3", ["-c", listener, socket], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (part) => { text += part; });
  cleanup(t, () => child.kill("SIGKILL"));
  await until("the manager's socket", () => text.includes("bound"));
  return { socket, get heard() { return text.split("\n").slice(1).filter(Boolean); } };
}
