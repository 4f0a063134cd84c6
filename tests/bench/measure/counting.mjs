// What can be counted exactly, however noisy the machine: system calls and heap allocations a request. Each is the difference of two
// loads of other lengths over equally many connections, divided by the difference of their requests: handshakes cancel out.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { scratch } from "../../e2e/support/run_folder.mjs";
import { until } from "../../e2e/support/wait.mjs";
import { folder } from "../proxies/bed.mjs";
import { familyOf } from "./processor.mjs";

const [shortLoad, longLoad] = [1, 4]; // seconds

/// Counts of calls by name while `work` ran.
async function traced(pids, work) {
  const file = path.join(scratch("strace"), "counts");
  const family = familyOf(pids);
  const strace = spawn("strace", ["-f", "-c", "-o", file, ...family.flatMap((pid) => ["-p", String(pid)])], { stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  strace.stderr.on("data", (part) => { words += part; });
  const ended = new Promise((resolve) => strace.on("close", resolve));
  await until("strace to attach", () => family.every((pid) => words.includes(`Process ${pid} attached`)));
  const result = await work();
  strace.kill("SIGINT");
  await ended;
  const rows = readFileSync(file, "utf8").split("\n").map((text) => text.trim().split(/\s+/)).filter((row) => /^[\d.]+$/.test(row[0]) && row.at(-1) !== "total");
  return { counts: new Map(rows.map((row) => [row.at(-1), Number(row[3])])), requests: result.requests };
}

/// {sum, waits (epoll_wait and its like), calls: [name, count a request]} of a load given by `run(seconds)`.
export async function systemCalls(pids, run) {
  const few = await traced(pids, () => run(shortLoad));
  const many = await traced(pids, () => run(longLoad));
  const requests = many.requests - few.requests;
  const calls = [...many.counts].map(([name, count]) => [name, (count - (few.counts.get(name) ?? 0)) / requests]).filter(([, count]) => Math.abs(count) >= 0.005).sort((a, b) => b[1] - a[1]);
  const waits = calls.filter(([name]) => /epoll_p?wait|^p?poll|^p?select/.test(name)).reduce((sum, [, count]) => sum + count, 0);
  return { sum: calls.reduce((sum, [, count]) => sum + count, 0) - waits, waits, calls };
}

/// What count_allocations.c writes down: {calls, liveTls, live}, of a program started with `environment`.
export function heapCounter() {
  const file = path.join(scratch("heap"), "counter");
  return {
    environment: { LD_PRELOAD: path.join(folder, "count_allocations.so"), COUNT_ALLOCATIONS: file },
    read() {
      const bytes = readFileSync(file);
      return { calls: Number(bytes.readBigInt64LE(0)), liveTls: Number(bytes.readBigInt64LE(8)), live: Number(bytes.readBigInt64LE(16)) };
    },
  };
}

/// Heap allocations a request.
export async function allocations(counter, run) {
  await run(shortLoad); // pools and free lists fill
  const start = counter.read().calls;
  const few = (await run(shortLoad)).requests;
  const middle = counter.read().calls;
  const many = (await run(longLoad)).requests;
  return (counter.read().calls - middle - (middle - start)) / (many - few);
}
