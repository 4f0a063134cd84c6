// Runs one load against one proxy, from the load's core, and gives what it counted. An error of any kind ends the run.
import { spawn } from "node:child_process";

import { cores, loadProgram } from "../proxies/bed.mjs";

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn("taskset", ["-c", cores.load, command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { words += part; });
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve(words) : reject(new Error(`${command} ${args.join(" ")}: status ${status}\n${words}`))));
  });
}

const cookieField = (proxy, name) => (proxy.cookie ? ["-H", `${name}: ${proxy.cookie}`] : []);

/// HTTP/1.1 by wrk: {requests, seconds}.
export async function wrk(proxy, seconds, { connections = 64, rest = "/" } = {}) {
  const words = await run("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, ...cookieField(proxy, "Cookie"), proxy.url(rest)]);
  const [, requests, time] = /(\d+) requests in ([\d.]+)s/.exec(words) ?? [];
  if (!Number(requests) || /Non-2xx|Socket errors/.test(words)) throw new Error(`${proxy.name}: ${words}`);
  return { requests: Number(requests), seconds: Number(time) };
}

/// HTTP/2 by h2load: {requests, seconds}.
export async function h2load(proxy, seconds, { connections = 16, streams = 16, rest = "/" } = {}) {
  const words = await run("h2load", [`-c${connections}`, `-m${streams}`, `-D${seconds}`, ...cookieField(proxy, "cookie"), proxy.url(rest)]);
  const requests = Number(/(\d+) 2xx/.exec(words)?.[1] ?? 0);
  if (!requests || !/ 0 3xx, 0 4xx, 0 5xx/.test(words) || !/Application protocol: h2/.test(words)) throw new Error(`${proxy.name}: ${words}`);
  return { requests, seconds };
}

/// A mode of the load generator with its options; what it printed.
export async function generator(mode, proxy, options) {
  const words = Object.entries({ port: proxy.port, cookie: proxy.cookie, path: `${proxy.base}/`, ...options }).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`);
  return JSON.parse(await run(loadProgram, [mode, ...words]));
}

/// Idle connections: `until(count)` opens as many, `end()` closes them.
export function holder(proxy) {
  const words = [`port=${proxy.port}`, ...(proxy.cookie ? [`cookie=${proxy.cookie}`] : [])];
  const child = spawn("taskset", ["-c", cores.load, loadProgram, "hold", ...words], { stdio: ["pipe", "pipe", "pipe"] });
  let [lines, errors, wake] = ["", "", () => {}];
  child.stdout.on("data", (part) => { lines += part; wake(); });
  child.stderr.on("data", (part) => { errors += part; });
  const ended = new Promise((resolve) => child.on("close", resolve)).then((status) => { child.status = status; wake(); return status; });
  return {
    async until(count) {
      child.stdin.write(`${count}\n`);
      while (!lines.split("\n").includes(String(count))) {
        if (child.status !== undefined) throw new Error(`${proxy.name} with ${count} connections: ${errors}`);
        await new Promise((resolve) => { wake = resolve; });
      }
    },
    async end() {
      child.stdin.end();
      if ((await ended) !== 0) throw new Error(`${proxy.name}: ${errors}`);
    },
  };
}
