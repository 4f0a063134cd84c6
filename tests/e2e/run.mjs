#!/usr/bin/env node
// Runs the end-to-end tests: one folder and one authority for all files, a line for each test, the failures again at the end.
//   node run.mjs [--jobs N] [--only TEXT] [--but NAME,…] [FILE…]        --but: all files but NAME.test.mjs, …
// The last line is "e2e: N passed, N failed"; a skipped test is named with its reason and counts as neither.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "node:test";

const here = path.dirname(fileURLToPath(import.meta.url));
const soakMinutes = Number(process.env.GATEWAY_SOAK_MINUTES ?? 0); // on top: soak.test.mjs
const fileLimit = (10 + soakMinutes) * 60 * 1000; // of any build: a test ends by limits of its own

function parse(args) {
  const options = { jobs: Math.max(1, availableParallelism()), files: [], but: [] };
  for (let i = 0; i < args.length; ++i) {
    if (args[i] === "--jobs") options.jobs = Number(args[++i]);
    else if (args[i] === "--only") options.only = args[++i];
    else if (args[i] === "--but") options.but = args[++i].split(",").map((name) => `${name}.test.mjs`);
    else options.files.push(path.resolve(args[i]));
  }
  if (!options.files.length) options.files = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && !options.but.includes(name)).sort().map((name) => path.join(here, name));
  return options;
}

const options = parse(process.argv.slice(2));
const folder = mkdtempSync(path.join(tmpdir(), "gateway-e2e-"));
process.env.GATEWAY_E2E_RUN = folder;
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { authority } = await import("./support/run_folder.mjs");
const { binary } = await import("./support/gateway.mjs");
if (!existsSync(binary)) {
  console.log(`no binary at ${binary}: cmake --preset release && cmake --build build/release, or name one in GATEWAY_BINARY\ne2e: 0 passed, 1 failed`);
  process.exit(1);
}
authority();

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const failedFiles = new Set();
const stderrOf = new Map(); // file → its last words, shown when it ends without a test to blame
const fileOf = (data) => path.basename(data.file ?? "").replace(/\.test\.mjs$/, "");
// A file, and a suite, is reported as a test too: only what holds no other test is counted.
const isLeaf = (data) => data.details?.type !== "suite" && !/\.test\.mjs$/.test(data.name);

function passed(data) {
  if (!isLeaf(data) || data.skip === "test name does not match pattern") return; // left out by --only
  const skipped = data.skip !== undefined && data.skip !== false;
  counts[skipped ? "skipped" : "passed"] += 1;
  console.log(`${skipped ? "skip" : "ok  "} ${fileOf(data)}: ${data.name}${skipped ? ` (${data.skip})` : ` ${Math.round(data.details.duration_ms)} ms`}`);
}

function failed(data) {
  const error = data.details?.error;
  if (!isLeaf(data) && failedFiles.has(fileOf(data))) return; // its failed test has been told of already
  failedFiles.add(fileOf(data));
  counts.failed += 1;
  const lastWords = isLeaf(data) ? "" : (stderrOf.get(data.file) ?? "").slice(-3000);
  const text = `FAIL ${fileOf(data)}: ${data.name}\n${reason(error)}${lastWords}`;
  failures.push(text);
  console.log(text);
}

function reason(error) {
  const cause = error?.cause ?? error;
  return String(cause?.stack ?? cause?.message ?? cause).split("\n").map((line) => `     ${line}`).join("\n");
}

/// Runs the files, as many at once as said; resolves when all have ended.
function runFiles(files, concurrency) {
  if (!files.length) return Promise.resolve();
  const stream = run({ files, concurrency, timeout: fileLimit, testNamePatterns: options.only });
  stream.on("test:pass", passed);
  stream.on("test:fail", failed);
  stream.on("test:stderr", (data) => {
    stderrOf.set(data.file, (stderrOf.get(data.file) ?? "") + data.message);
    if (process.env.GATEWAY_E2E_VERBOSE) process.stderr.write(data.message);
  });
  stream.on("test:stdout", (data) => {
    if (soakMinutes && data.message.startsWith("soak: ")) process.stdout.write(data.message);
  });
  stream.resume();
  return new Promise((resolve) => stream.on("end", resolve));
}

// Certificates are mostly waited for (renewals, locks, ends of a life): those files cost little and run beside the others.
const waitsMostly = (file) => /^(acme|stapling)/.test(path.basename(file));
await Promise.all([
  runFiles(options.files.filter((file) => !waitsMostly(file)), options.jobs),
  runFiles(options.files.filter(waitsMostly), 4 * options.jobs),
]);

if (failures.length) console.log(`\nThe failures again:\n${failures.join("\n")}`);
if (counts.skipped) console.log(`e2e: ${counts.skipped} skipped`);
console.log(`e2e: ${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed || !counts.passed ? 1 : 0;
