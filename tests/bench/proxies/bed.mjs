// What all proxies of a run share: an origin, a provider with accounts, one certificate, and the rule where processes run: every
// proxy on one core, load and origin on the other. Whatever was started ends with the run, however that ends.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

import { client } from "../../e2e/support/provider_users.mjs";
import { startRealProvider } from "../../e2e/support/real_provider.mjs";
import { certificateFor, checkout, reservePort, scratch } from "../../e2e/support/run_folder.mjs";
import { seconds, until } from "../../e2e/support/wait.mjs";

export const cores = { proxy: "0", load: "1" };
export const folder = path.join(checkout, "build/bench");
export const loadProgram = path.join(folder, "load");
const here = path.join(checkout, "tests/bench");

/// Like node's test object, for the fixtures of the end-to-end tests: ends run last in, first out.
const ends = [];
export const owner = { after: (end) => ends.push(end) };
const children = new Set();

export async function endAll() {
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
    }
  }
}

// A run that is interrupted or fails leaves no process behind.
process.on("exit", () => { for (const child of children) child.kill("SIGKILL"); });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => endAll().finally(() => process.exit(1)));

/// Compiles the load generator, the origin and the counter of allocations, into build/bench.
export function buildTools() {
  mkdirSync(folder, { recursive: true });
  const compile = (name, ...words) => execFileSync(words[0], ["-O2", "-o", path.join(folder, name), ...words.slice(1)], { cwd: checkout, stdio: "inherit" });
  const sources = readdirSync(path.join(here, "load")).filter((name) => name.endsWith(".cc")).map((name) => path.join(here, "load", name));
  compile("load", "g++", "-std=c++23", "-I.", ...sources, "-lssl", "-lcrypto");
  compile("origin", "g++", "-std=c++23", path.join(here, "origin/origin.cc"), "-lcrypto");
  compile("count_allocations.so", "gcc", "-shared", "-fPIC", path.join(here, "count_allocations.c"), "-ldl");
}

/// Starts a process on a core, to end with the run; {pid, stop(), words}.
export function start(command, args, { core = cores.proxy, environment = {}, cwd } = {}) {
  const child = spawn("taskset", ["-c", core, command, ...args], { env: { ...process.env, ...environment }, cwd, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const program = { pid: child.pid, words: "", isOver: false };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { program.words = (program.words + part).slice(-4000); });
  const ended = new Promise((resolve) => child.on("close", resolve).on("error", resolve)).then(() => { program.isOver = true; children.delete(child); });
  program.stop = () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), seconds(5));
    return ended.finally(() => clearTimeout(late));
  };
  owner.after(() => program.stop());
  return program;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" }, () => { socket.destroy(); resolve(true); });
    socket.on("error", () => resolve(false));
  });
}

/// Waits until a program listens; its last words if it does not.
export async function listening(name, program, port) {
  await until(`${name} on port ${port}`, async () => program.isOver || accepts(port), seconds(10));
  if (program.isOver) throw new Error(`${name} did not start: ${program.words}`);
}

/// The names that certificates of the run carry: that of every scenario, and `more`.
export const leaf = (more = []) => certificateFor(["localhost", ...more]);

/// A file with this text in a new folder; gives {folder, file}.
export function written(name, text) {
  const place = scratch(name);
  const file = path.join(place, name);
  writeFileSync(file, text);
  return { folder: place, file };
}

const signInPorts = 40; // more than any run starts

/// {originPort, provider, client, signInPort()}: the provider wants to know beforehand on which ports sign-ins will come back.
export async function startBed() {
  const origin = start(path.join(folder, "origin"), [], { core: cores.load });
  await until("the origin's port", () => /^\d+\n/.test(origin.words) || origin.isOver);
  const ports = [];
  while (ports.length < signInPorts) ports.push(await reservePort());
  const provider = await startRealProvider(owner, ports.flatMap((port) => [`https://localhost:${port}/oauth2/callback`, `https://localhost:${port}/oidc/callback`]));
  return { originPort: Number.parseInt(origin.words, 10), provider, client, signInPort: () => ports.pop() };
}

/// One proxy that runs: programs are the proxy and its sidecar; cookie holds a session if it checks one; paths begin with base.
export class Proxy {
  constructor({ name, programs, port, cookie, base = "" }) {
    Object.assign(this, { name, programs, port, cookie, base });
  }

  get pids() { return this.programs.map((program) => program.pid); }
  url(rest = "/") { return `https://localhost:${this.port}${this.base}${rest}`; }
  async stop() { for (const program of this.programs) await program.stop(); }
}
