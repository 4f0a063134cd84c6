// Requests through the gateway with a session checked, beside nginx as a plain TLS reverse proxy: CPU a request (the whole
// process), system calls and heap allocations a request. Started by run.sh; see README.md for what the numbers mean.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { startGateway } from "../e2e/support/gateway.mjs";
import { startLyingProvider } from "../e2e/support/lying_provider.mjs";
import { certificateFor, reservePort, scratch } from "../e2e/support/run_folder.mjs";
import { until } from "../e2e/support/wait.mjs";
import { Visitor } from "../e2e/support/visitor.mjs";

const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const rounds = option("rounds", 5);
const roundSeconds = option("seconds", 3);
const streams = option("streams", 0); // HTTP/2 with so many requests at once a connection; 0: HTTP/1.1
const connections = option("connections", streams ? 16 : 64);
const [proxyCore, loadCore] = ["0", "1"];
const body = "x".repeat(100);

/// Like node's test object, so that the beds of the end-to-end tests end with this program.
const ends = [];
const owner = { after: (end) => ends.push(end) };

function startNginx(name, core, text) {
  const folder = scratch(name);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
  writeFileSync(path.join(folder, "nginx.conf"), `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit; events { worker_connections 4096; }
http { access_log off; ${temporary} keepalive_requests 100000000; ${text} }`);
  const child = spawn("taskset", ["-c", core, "nginx", "-c", path.join(folder, "nginx.conf"), "-p", folder, "-e", path.join(folder, "error.log")], { stdio: "ignore" });
  ends.push(() => child.kill("SIGTERM"));
  return child;
}

/// The process and all its children.
function familyOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/// Nanoseconds on a CPU, of all threads of the family.
function cpuOf(pid) {
  let sum = 0;
  for (const member of familyOf(pid)) {
    for (const thread of readdirSync(`/proc/${member}/task`)) sum += Number(readFileSync(`/proc/${member}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return sum;
}

/// {user, system} seconds of the family, in ticks of 10 ms.
function timesOf(pid) {
  const times = familyOf(pid).map((member) => readFileSync(`/proc/${member}/stat`, "utf8").replace(/^.*\) /, "").split(" "));
  return { user: times.reduce((sum, fields) => sum + Number(fields[11]) / 100, 0), system: times.reduce((sum, fields) => sum + Number(fields[12]) / 100, 0) };
}

function loadH2(peer, seconds) {
  const headers = peer.cookie ? ["-H", `cookie: ${peer.cookie}`] : [];
  const run = spawnSync("taskset", ["-c", loadCore, "h2load", `-c${connections}`, `-m${streams}`, `-D${seconds}`, ...headers, peer.url], { encoding: "utf8" });
  const requests = Number(/(\d+) 2xx/.exec(run.stdout)?.[1] ?? 0);
  if (!requests || !/ 0 3xx, 0 4xx, 0 5xx/.test(run.stdout)) throw new Error(`${peer.name}: ${run.stdout}${run.stderr}`);
  return { requests, rate: Number(/([\d.]+) req\/s/.exec(run.stdout)[1]), p99: "-" };
}

function load(peer, seconds) {
  if (streams) return loadH2(peer, seconds);
  const headers = peer.cookie ? ["-H", `Cookie: ${peer.cookie}`] : [];
  const run = spawnSync("taskset", ["-c", loadCore, "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...headers, peer.url], { encoding: "utf8" });
  const requests = Number(/(\d+) requests in/.exec(run.stdout)?.[1] ?? 0);
  const bad = /Non-2xx|Socket errors/.exec(run.stdout);
  if (!requests || bad) throw new Error(`${peer.name}: ${run.stdout}${run.stderr}`);
  return { requests, rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(run.stdout)[1]), p99: /99%\s+(\S+)/.exec(run.stdout)?.[1] };
}

function measure(peer, seconds) {
  const [cpu, times] = [cpuOf(peer.pid), timesOf(peer.pid)];
  const result = load(peer, seconds);
  const after = timesOf(peer.pid);
  const busy = after.user - times.user + after.system - times.system;
  return { ...result, micros: (cpuOf(peer.pid) - cpu) / 1000 / result.requests, kernel: busy > 0 ? (after.system - times.system) / busy : 0 };
}

/// System calls a request, by name, while a load runs.
function systemCalls(peer) {
  const file = path.join(scratch("strace"), "counts");
  const attach = familyOf(peer.pid).flatMap((pid) => ["-p", String(pid)]);
  const strace = spawn("strace", ["-f", "-c", "-o", file, ...attach], { stdio: "ignore" });
  const ended = new Promise((resolve) => strace.on("exit", resolve));
  const result = load(peer, 3); // strace attaches within its first part; what is missed makes the counts a little low
  strace.kill("SIGINT");
  return ended.then(() => {
    const rows = readFileSync(file, "utf8").split("\n").map((line) => line.trim().split(/\s+/)).filter((row) => /^[\d.]+$/.test(row[0]) && !/total/.test(row.at(-1)));
    const calls = rows.map((row) => [row.at(-1), Number(row[3]) / result.requests]).sort((a, b) => b[1] - a[1]);
    return { sum: calls.reduce((sum, [, count]) => sum + count, 0), calls: calls.filter(([, count]) => count >= 0.05) };
  });
}

/// Signs in, as soon as the gateway has read the provider's metadata, and gives the Cookie field.
async function sessionCookie(gateway) {
  const visitor = new Visitor();
  await until("a sign-in", async () => (await visitor.open(gateway.url("localhost", "/"))).status === 200);
  return visitor.jar.header(gateway.url("localhost", "/"));
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value, digits = 2) => value.toFixed(digits);

async function startPeers() {
  const originPort = await reservePort();
  startNginx("origin", loadCore, `keepalive_timeout 600; server { listen 127.0.0.1:${originPort} backlog=4096; location / { default_type text/plain; return 200 "${body}"; } }`);
  await until("the origin", () => fetch(`http://127.0.0.1:${originPort}/`).then((r) => r.ok, () => false));

  const nginxPort = await reservePort();
  const leaf = certificateFor(["localhost", "auth.localhost"]);
  const nginx = startNginx("nginx", proxyCore, `upstream origin { server 127.0.0.1:${originPort}; keepalive 128; keepalive_requests 100000000; }
    server { listen 127.0.0.1:${nginxPort} ssl ${streams ? "http2 " : ""}backlog=4096; ssl_certificate ${leaf.certificate}; ssl_certificate_key ${leaf.key}; ssl_protocols TLSv1.3; keepalive_timeout 600;
      location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https; } }`);

  const provider = await startLyingProvider(owner);
  const config = ({ ports }) => ({
    listen: { https: `127.0.0.1:${ports.https}`, http: "off", admin: "off", public_port: ports.https }, workers: 1, log: { access: "off" }, tls: { certificates: [leaf] },
    limits: { keep_alive: "600s" },
    login: { host: "localhost", providers: { main: provider.configuration() } }, policies: { "signed-in": { allow: [{ authenticated: true }] } },
    routes: [{ host: "localhost", to: `http://127.0.0.1:${originPort}`, policy: "signed-in", identity: "oauth2-proxy", except: [{ path: "/public", public: true }] }],
  });
  const gateway = await startGateway(owner, config);
  execFileSync("taskset", ["-a", "-c", "-p", proxyCore, String(gateway.pid)], { stdio: "ignore" });
  const cookie = await sessionCookie(gateway);
  const peers = [
    { name: "nginx, no sign-in", pid: nginx.pid, url: `https://localhost:${nginxPort}/` },
    { name: "gateway, session checked", pid: gateway.pid, url: gateway.url("localhost", "/"), cookie },
    { name: "gateway, public path", pid: gateway.pid, url: gateway.url("localhost", "/public") },
  ];
  return { peers, config, provider };
}

async function allocations(config) {
  const folder = scratch("count");
  const library = path.join(folder, "count_allocations.so");
  execFileSync("gcc", ["-O2", "-shared", "-fPIC", "-o", library, path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "count_allocations.c"), "-ldl"]);
  const file = path.join(folder, "counter");
  const gateway = await startGateway(owner, config, { environment: { LD_PRELOAD: library, COUNT_ALLOCATIONS: file } });
  const peer = { name: "counted", url: gateway.url("localhost", "/"), cookie: await sessionCookie(gateway) };
  const counted = () => Number(readFileSync(file).readBigUInt64LE());
  load(peer, 1); // pools and free lists fill
  const short = counted();
  const few = load(peer, 1).requests;
  const middle = counted();
  const many = load(peer, 3).requests;
  const long = counted();
  // Two loads with the same connections and other counts of requests: the handshakes' share cancels out.
  return (long - middle - (middle - short)) / (many - few);
}

async function main() {
  const { peers, config } = await startPeers();
  for (const peer of peers) load(peer, 1);
  const results = new Map(peers.map((peer) => [peer.name, []]));
  for (let i = 0; i < rounds; ++i) {
    for (const peer of peers) results.get(peer.name).push(measure(peer, roundSeconds));
    process.stderr.write(`round ${i + 1} of ${rounds}\n`);
  }
  const reference = results.get(peers[0].name);
  console.log(`| peer | CPU us a request: quietest | median | ratio to nginx: quietest | median | kernel | requests a second | p99 |\n|---|--:|--:|--:|--:|--:|--:|--:|`);
  for (const peer of peers) {
    const own = results.get(peer.name);
    const micros = own.map((r) => r.micros);
    const quiet = Math.min(...micros) / Math.min(...reference.map((r) => r.micros));
    const ratios = own.map((r, i) => r.micros / reference[i].micros);
    console.log(`| ${peer.name} | ${round(Math.min(...micros), 1)} | ${round(median(micros), 1)} | ${round(quiet)} | ${round(median(ratios))} | ${round(100 * median(own.map((r) => r.kernel)), 0)} % | ${round(median(own.map((r) => r.rate)), 0)} | ${own[0].p99} |`);
  }
  console.log("\nSystem calls a request (strace):");
  for (const peer of peers) {
    const counted = await systemCalls(peer);
    console.log(`  ${peer.name}: ${round(counted.sum)}: ${counted.calls.map(([name, count]) => `${name} ${round(count)}`).join(", ")}`);
  }
  console.log(`\nHeap allocations a request with a session: ${round(await allocations(config))}`);
}

try {
  await main();
} finally {
  for (const end of ends.reverse()) await Promise.resolve(end()).catch?.(() => {});
}
