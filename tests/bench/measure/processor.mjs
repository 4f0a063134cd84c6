// What processes took of the processor and of memory: read from /proc, before and after a load.
import { readFileSync, readdirSync } from "node:fs";

import { cores } from "../proxies/bed.mjs";

const ticksPerSecond = 100; // USER_HZ, on every Linux
const pageBytes = 4096;

/// The processes and all their children.
export function familyOf(pids) {
  return pids.flatMap((pid) => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
    return [pid, ...familyOf(children)];
  });
}

/// Microseconds on a core, of all threads of the family.
export function cpuMicros(pids) {
  let sum = 0;
  for (const member of familyOf(pids)) {
    for (const thread of readdirSync(`/proc/${member}/task`)) sum += Number(readFileSync(`/proc/${member}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return sum / 1000;
}

/// Microseconds that the proxies' core was busy, with whatever.
export function coreMicros() {
  const fields = new RegExp(`^cpu${cores.proxy} (.*)$`, "m").exec(readFileSync("/proc/stat", "utf8"))[1].split(" ").map(Number);
  const [user, nice, system, , , interrupt, soft, stolen] = fields;
  return ((user + nice + system + interrupt + soft + stolen) / ticksPerSecond) * 1e6;
}

/// Resident bytes of the family.
export function residentBytes(pids) {
  return familyOf(pids).reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * pageBytes, 0);
}
