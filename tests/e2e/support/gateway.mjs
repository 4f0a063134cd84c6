// The real binary with a configuration of the test: started, awaited, listened to, stopped, and judged by its end.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { cleanup } from "./cleanup.mjs";
import { certificateFor, checkout, reservePort, scratch } from "./run_folder.mjs";
import { seconds, until, within } from "./wait.mjs";

export const binary = path.resolve(process.env.GATEWAY_BINARY ?? path.join(checkout, "build/release/gateway"));
const sanitizer = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:/;
const startAttempts = 3; // a port may be taken between our look and its bind

/// Names on the usual certificate; a host outside them is not served by it.
export const usualNames = ["app.test", "wiki.test", "auth.test", "other.test", "*.wild.test", "localhost", "*.app.localhost"];

/// Lines of a child's stream, parsed as JSON where they are.
class Lines {
  constructor(stream) {
    this.text = "";
    this.parsed = [];
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (part) => {
      this.text += part;
      const lines = (rest + part).split("\n");
      rest = lines.pop();
      for (const line of lines) this.parsed.push(parseLine(line));
    });
  }
}

function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { unparsed: line };
  }
}

export class Gateway {
  constructor(child, ports, folder) {
    this.child = child;
    this.ports = ports;
    this.folder = folder;
    this.stderr = new Lines(child.stderr);
    this.stdout = new Lines(child.stdout);
    this.exited = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
    this.exited.then((end) => { this.end = end; });
  }

  get events() { return this.stderr.parsed; }
  get access() { return this.stdout.parsed; }
  get pid() { return this.child.pid; }

  /// https://HOST:PORT, or with a path.
  url(host, rest = "") { return `https://${host}:${this.ports.https}${rest}`; }
  plainUrl(host, rest = "") { return `http://${host}:${this.ports.http}${rest}`; }

  /// Waits for an event whose message contains `text` (and that `also` accepts).
  event(text, also = () => true, limit = seconds(10)) {
    return until(`the event "${text}"`, () => this.events.find((e) => messageOf(e).includes(text) && also(e)), limit);
  }

  /// Waits for an access line that `accepts` takes.
  accessLine(accepts, limit = seconds(10)) {
    return until("an access line", () => this.access.find(accepts), limit);
  }

  /// Resident memory in bytes, and the count of open descriptors.
  /// What it has written into memory. The pages of its program and libraries are not counted: the kernel brings and takes them.
  residentBytes() {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))[1]) * 1024;
  }

  descriptors() { return readdirSync(`/proc/${this.pid}/fd`).length; }

  signal(name) { this.child.kill(name); }

  /// Ends it with SIGTERM and judges its end: status 0 and no report of a sanitizer.
  async stop(limit = seconds(20)) {
    if (!this.end) {
      this.signal("SIGTERM");
      await within("the gateway's end", this.exited, limit).catch((error) => {
        this.signal("SIGKILL");
        throw new Error(`${error.message}; its last words: ${this.stderr.text.slice(-1000)}`);
      });
    }
    assert.ok(!sanitizer.test(this.stderr.text), `a sanitizer's report:\n${this.stderr.text.slice(-6000)}`);
    assert.deepEqual(this.end, { code: 0, signal: null }, `the gateway's end; its last words:\n${this.stderr.text.slice(-2000)}`);
  }
}

export function messageOf(event) {
  return String(event.message ?? event.msg ?? event.event ?? event.unparsed ?? "");
}

/// {https, http}: ports for one gateway.
export async function reservePorts() {
  return { https: await reservePort(), http: await reservePort() };
}

/// What every configuration of these tests has unless it says otherwise.
export function usualConfig(ports, folder) {
  return {
    listen: { https: `127.0.0.1:${ports.https}`, http: `127.0.0.1:${ports.http}`, admin: "off", public_port: ports.https },
    workers: 2,
    storage: path.join(folder, "storage"),
    tls: { certificates: [certificateFor(usualNames)] },
    shutdown: { timeout: "5s" },
  };
}

/// Starts a gateway that stops with the test. `make` is an object or a function of {ports, folder} that gives one: its parts are
/// laid over the usual configuration (JSON is YAML). A string is taken as the whole file.
/// options: ports, environment, patience (time to become ready), expectReady (false: do not wait), wrapper (a command and its
/// first arguments, which ends by executing the rest).
export async function startGateway(t, make, options = {}) {
  assert.ok(existsSync(binary), `no binary at ${binary}: build it, or name one in GATEWAY_BINARY`);
  for (let attempt = 1; ; ++attempt) {
    const ports = options.ports ?? (await reservePorts());
    const gateway = await spawnGateway(ports, make, options);
    if (options.expectReady !== false) {
      const ready = await until("the gateway to be ready", () => isReady(gateway) || gateway.end, options.patience ?? seconds(20));
      if (gateway.end && ready !== true) {
        const taken = /in use|EADDRINUSE/i.test(gateway.stderr.text);
        if (taken && !options.ports && attempt < startAttempts) continue;
        throw new Error(`the gateway did not start (status ${gateway.end.code}):\n${gateway.stderr.text}`);
      }
    }
    cleanup(t, () => gateway.stop());
    return gateway;
  }
}

async function spawnGateway(ports, make, options) {
  const folder = scratch("gateway");
  const made = typeof make === "function" ? make({ ports, folder }) : make;
  const text = typeof made === "string" ? made : JSON.stringify({ ...usualConfig(ports, folder), ...made }, null, 1);
  const file = path.join(folder, "gateway.yaml");
  writeFileSync(file, text);
  const environment = { ...process.env, ...options.environment };
  const [command, ...args] = [...(options.wrapper ?? []), binary, "run", "--config", file];
  const child = spawn(command, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  child.on("error", (error) => child.emit("close", String(error), null));
  return new Gateway(child, ports, folder);
}

function isReady(gateway) {
  return gateway.events.some((event) => /^ready\b/.test(messageOf(event)));
}

/// Runs the binary to its end: {status, stdout, stderr}.
export function runGateway(args, { input, environment = {}, folder = checkout } = {}) {
  const run = spawnSync(binary, args, { input, cwd: folder, env: { ...process.env, ...environment }, encoding: "utf8", timeout: seconds(20) });
  assert.ok(!sanitizer.test(run.stderr), `a sanitizer's report:\n${run.stderr}`);
  return run;
}

/// Writes a configuration file for runGateway and gives its path.
export function writeConfig(content, name = "gateway.yaml") {
  const file = path.join(scratch("config"), name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 1));
  return file;
}
