// Another process in the gateway's place: it takes over the very same listening sockets, nothing that began is lost, and one
// that does not come up changes nothing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, createReadStream, readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";

import { WebSocket } from "ws";

import { startBed } from "./support/bed.mjs";
import { binary, messageOf, runGateway } from "./support/gateway.mjs";
import { startManager } from "./support/manager.mjs";
import { answer, echo } from "./support/origin.mjs";
import { runs, startReplaced } from "./support/replaced.mjs";
import { authority, reservePort, scratch } from "./support/run_folder.mjs";
import { seconds, until, within } from "./support/wait.mjs";
import { startSocketOrigin } from "./support/web_sockets.mjs";

const lookup = (_, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));

/// The listening sockets that a process holds, by inode.
function listeningSockets(pid) {
  const held = readdirSync(`/proc/${pid}/fd`).map((name) => { try { return readlinkSync(`/proc/${pid}/fd/${name}`); } catch { return ""; } });
  const listening = new Set(readFileSync("/proc/net/tcp", "utf8").split("\n").map((line) => line.trim().split(/\s+/)).filter((parts) => parts[3] === "0A").map((parts) => `socket:[${parts[9]}]`));
  return held.filter((each) => listening.has(each)).sort();
}

const status = async (bed, host, rest = "/", visitor = bed.visitor({ navigates: false })) => (await visitor.get(bed.url(host, rest))).status;

test("ten upgrades under load: every request is answered, by the origin once, and no connection is refused", async (t) => {
  const bed = await startReplaced(t, { routes: (origin) => [{ host: "app.test", to: origin.url, public: true }] });
  const agents = [new https.Agent({ keepAlive: true, maxSockets: 4, ca: authority().pem, lookup }), new https.Agent({ keepAlive: false, maxSockets: 4, ca: authority().pem, lookup })];
  t.after(() => agents.forEach((agent) => agent.destroy()));
  let isOver = false;
  const answers = new Map();
  const one = (id, agent) => new Promise((resolve) => {
    https.get(bed.url("app.test", `/load/${id}`), { agent }, (response) => response.resume().on("end", () => resolve(response.statusCode)).on("error", (error) => resolve(error.code))).on("error", (error) => resolve(error.code));
  });
  const lane = async (name, agent) => { for (let i = 0; !isOver; ++i) answers.set(`${name}-${i}`, await one(`${name}-${i}`, agent)); };
  const lanes = Array.from({ length: 8 }, (_, i) => lane(i, agents[i % 2]));
  const before = listeningSockets(bed.gateway.pid);
  assert.ok(before.length >= 2);
  for (let i = 0; i < 10; ++i) {
    const done = await bed.upgrade();
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /^process \d+ has taken over/);
  }
  isOver = true;
  await Promise.all(lanes);
  assert.deepEqual([...new Set(answers.values())], [200]);
  assert.ok(answers.size > 100, `only ${answers.size} requests`);
  const seen = bed.origin.requests.map((request) => request.target).filter((each) => each.startsWith("/load/"));
  assert.equal(new Set(seen).size, answers.size);
  assert.equal(seen.length, answers.size, "a request reached the origin twice");
  assert.deepEqual(listeningSockets(bed.pid()), before, "the sockets are the very same");
  await until("those before it to end", () => bed.processes().slice(0, -1).every((pid) => !runs(pid)));
  assert.equal(new Set(bed.processes()).size, 11);
});

test("what began goes on where it began, and sessions with the successor", async (t) => {
  const sockets = await startSocketOrigin(t);
  let release;
  const late = new Promise((resolve) => { release = () => resolve(answer(200, "late")); });
  const bed = await startReplaced(t, {
    origin: { reply: (request) => (request.target === "/slow" ? late : echo(request)) },
    routes: (origin) => [{ host: "app.test", path: "/socket", to: sockets.url, policy: "signed-in" }, { host: "app.test", to: origin.url, policy: "signed-in" }],
  });
  const alice = await bed.signedIn("alice");
  const socket = new WebSocket(bed.url("app.test", "/socket").replace("https", "wss"), { ca: authority().pem, lookup, origin: bed.url("app.test"), headers: { cookie: alice.jar.header(bed.url("app.test", "/")) } });
  socket.on("error", () => {}).on("close", (code) => { socket.code = code; });
  t.after(() => socket.terminate());
  await within("the handshake", new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject)));
  const slow = alice.get(bed.url("app.test", "/slow")).promise;
  await until("the request to be at the origin", () => bed.origin.requests.some((each) => each.target === "/slow"));
  // Nothing sent yet: its first request comes after the upgrade, and is answered, for the last time on this connection.
  const idle = tls.connect({ port: bed.gateway.ports.https, host: "127.0.0.1", servername: "app.test", ca: authority().pem });
  t.after(() => idle.destroy());
  await new Promise((resolve, reject) => idle.once("secureConnect", resolve).once("error", reject));

  assert.equal((await bed.upgrade()).status, 0);
  let text = "";
  idle.on("data", (part) => { text += part; });
  idle.write(`GET /x HTTP/1.1\r\nHost: app.test:${bed.gateway.ports.https}\r\nCookie: ${alice.jar.header(bed.url("app.test", "/"))}\r\n\r\n`);
  await within("the answer", new Promise((resolve) => idle.once("end", resolve)));
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /^Connection: close\r$/im);
  assert.equal(await status(bed, "app.test", "/y", alice), 200, "the successor knows the session");
  const back = within("the echo", new Promise((resolve) => socket.once("message", (bytes) => resolve(bytes.toString()))));
  socket.send("still here");
  assert.equal(await back, "still here");
  release();
  assert.equal((await slow).status, 200);
  // shutdown.timeout of the one before: then its sockets are told to come again.
  await until("the socket to be told", () => socket.code !== undefined, seconds(15));
  assert.equal(socket.code, 1001);
  await until("the one before to end", () => !runs(bed.gateway.pid));
  assert.ok(runs(bed.pid()));
});

test("a client whose answer had begun, and who was not told that it is the last, may send one more request", async (t) => {
  const bed = await startReplaced(t, { routes: (origin) => [{ host: "app.test", to: origin.url, public: true }] });
  let asked;
  bed.origin.reply = (request, connection) => { asked = connection; connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbe"); };
  const wire = tls.connect({ port: bed.gateway.ports.https, host: "127.0.0.1", servername: "app.test", ca: authority().pem });
  t.after(() => wire.destroy());
  let text = "";
  wire.on("data", (part) => { text += part; });
  const ended = new Promise((resolve) => wire.once("end", resolve));
  const request = (target) => `GET ${target} HTTP/1.1\r\nHost: app.test:${bed.gateway.ports.https}\r\n\r\n`;
  wire.write(request("/begun"));
  await until("the answer to begin", () => text.endsWith("be"));
  assert.doesNotMatch(text, /^Connection: close\r$/im);
  assert.equal((await bed.upgrade()).status, 0);
  bed.origin.reply = () => answer(200, "next");
  asked.write("gun\n".slice(0, 2));
  await until("the answer to end", () => text.endsWith("begu"));
  wire.write(request("/next"));
  await within("the end", ended);
  assert.match(text, /beguHTTP\/1\.1 200 [\s\S]*^Connection: close\r$[\s\S]*next$/m);
});

test("a successor that does not come up changes nothing, and the command says why", async (t) => {
  const program = path.join(scratch("program"), "gateway");
  copyFileSync(binary, program);
  const bed = await startReplaced(t, { start: { wrapper: ["bash", "-c", 'shift; exec "$0" "$@"', program] }, routes: () => [{ host: "app.test", respond: { status: 200, body: "here" } }] });
  const good = readFileSync(bed.file, "utf8");
  writeFileSync(bed.file, good.replace('"routes"', '"roots"'));
  const refused = await bed.upgrade();
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /ended with status 1/);
  assert.equal(await status(bed, "app.test"), 200);
  writeFileSync(bed.file, good);

  // The program itself is replaced by one that is none, by one that crashes, and by one that serves again.
  const replaceBy = (content) => { writeFileSync(`${program}.new`, content, { mode: 0o755 }); renameSync(`${program}.new`, program); };
  replaceBy("#!/bin/sh\nkill -SEGV $$\n");
  assert.match((await bed.upgrade()).stderr, /ended by signal 11/);
  replaceBy("no program");
  assert.equal((await bed.upgrade()).status, 1);
  replaceBy("#!/bin/sh\nexit 0\n");
  assert.match((await bed.upgrade()).stderr, /ended with status 0/);
  assert.equal(await status(bed, "app.test"), 200);
  assert.equal(bed.pid(), bed.gateway.pid);
  replaceBy(readFileSync(binary));
  const done = await bed.upgrade();
  assert.equal(done.status, 0, done.stderr);
  assert.equal(readlinkSync(`/proc/${bed.pid()}/exe`), program);
  assert.equal(await status(bed, "app.test"), 200);
});

test("another file, and another number of workers: each socket is served by somebody, and what is listened to no more is closed", async (t) => {
  const bed = await startReplaced(t, { routes: () => [{ host: "app.test", respond: { status: 200, body: "here" } }], config: (parts) => ({ ...parts, workers: 3 }) });
  const plain = bed.gateway.ports.http;
  for (const workers of [1, 2, 3]) {
    bed.edit((config) => { config.workers = workers; });
    assert.equal((await bed.upgrade()).status, 0);
    // The kernel spreads connections over all three sockets of the first process.
    const answers = await Promise.all(Array.from({ length: 40 }, () => status(bed, "app.test")));
    assert.deepEqual([...new Set(answers)], [200], `${workers} workers`);
    await until("the one before to end", () => bed.processes().slice(0, -1).every((pid) => !runs(pid)));
  }
  bed.edit((config) => { config.listen.http = "off"; });
  assert.equal((await bed.upgrade()).status, 0);
  await until("the port to be closed", () => new Promise((resolve) => {
    const socket = net.connect(plain, "127.0.0.1", () => { socket.destroy(); resolve(false); });
    socket.on("error", () => resolve(true));
  }));
});

test("USR2 is the same, a service manager hears who is its main process now, and TERM ends the successor", async (t) => {
  const manager = await startManager(t);
  const bed = await startReplaced(t, { routes: () => [{ host: "app.test", respond: { status: 200, body: "here" } }], start: { environment: { NOTIFY_SOCKET: manager.socket } } });
  process.kill(bed.gateway.pid, "SIGUSR2");
  await until("the successor", () => bed.successors().length === 1);
  await until("the manager to hear it", () => manager.heard.join("").includes(`MAINPID=${bed.pid()}`) && manager.heard.join("").split("READY=1").length >= 3);
  const words = manager.heard.join("");
  assert.ok(words.indexOf("MAINPID=") < words.lastIndexOf("READY=1"), "the successor is listened to before it speaks");
  assert.ok(!words.includes("STOPPING=1"), "the service has not stopped");
  assert.equal(await status(bed, "app.test"), 200);
  await until("the first to end", () => !runs(bed.gateway.pid));
  process.kill(bed.pid(), "SIGTERM");
  await until("the second to end", () => !runs(bed.pid()));
});

test("a successor that dies after it has taken over is replaced by the process before, if that is still there", async (t) => {
  const manager = await startManager(t);
  let release;
  const late = new Promise((resolve) => { release = () => resolve(answer(200, "late")); });
  const bed = await startReplaced(t, {
    origin: { reply: (request) => (request.target === "/slow" ? late : answer(200, "here")) },
    routes: (origin) => [{ host: "app.test", to: origin.url, public: true }], start: { environment: { NOTIFY_SOCKET: manager.socket } },
  });
  const heard = () => manager.heard.join("");
  const slow = bed.visitor().get(bed.url("app.test", "/slow")).promise;
  await until("the request to be at the origin", () => bed.origin.requests.some((each) => each.target === "/slow"));
  assert.equal((await bed.upgrade()).status, 0);
  const successor = bed.pid();
  await until("it to be the service", () => heard().lastIndexOf("READY=1") > heard().indexOf(`MAINPID=${successor}`));
  process.kill(successor, "SIGKILL");
  // Who connects meanwhile waits in the sockets' queue.
  const answers = await Promise.all(Array.from({ length: 20 }, () => status(bed, "app.test")));
  assert.deepEqual([...new Set(answers)], [200]);
  assert.match(messageOf(await bed.gateway.event("this one serves again")), /was ended by signal 9/);
  await until("the manager to hear it", () => heard().lastIndexOf("READY=1") > heard().indexOf(`MAINPID=${bed.gateway.pid}`) && heard().includes(`MAINPID=${bed.gateway.pid}`));
  release();
  assert.equal((await slow).status, 200);

  // It is a gateway like any other: it reads its file again, and gives way again.
  bed.edit((config) => { config.routes.push({ host: "app.test", path: "/new", respond: { status: 204 } }); });
  await until("the change to be seen", async () => (await status(bed, "app.test", "/new")) === 204);
  const done = await bed.upgrade();
  assert.equal(done.status, 0, done.stderr);
  assert.notEqual(bed.pid(), successor);
  assert.equal(await status(bed, "app.test", "/new"), 204);
  await until("the first to end", () => !runs(bed.gateway.pid));
});

test("a successor that ends as it should, for another has taken its place, is not missed", async (t) => {
  let release;
  const late = new Promise((resolve) => { release = () => resolve(answer(200, "late")); });
  const bed = await startReplaced(t, { origin: { reply: (request) => (request.target === "/slow" ? late : answer(200, "here")) }, routes: (origin) => [{ host: "app.test", to: origin.url, public: true }] });
  const slow = bed.visitor().get(bed.url("app.test", "/slow")).promise;
  await until("the request to be at the origin", () => bed.origin.requests.some((each) => each.target === "/slow"));
  for (let i = 0; i < 2; ++i) assert.equal((await bed.upgrade()).status, 0);
  const [first, second, third] = bed.processes();
  await until("the one in between to end", () => !runs(second));
  assert.ok(runs(first), "what it has begun is not over");
  release();
  assert.equal((await slow).status, 200);
  await until("the first to end", () => !runs(first));
  assert.deepEqual(bed.gateway.events.filter((event) => messageOf(event).includes("serves again")), []);
  assert.equal(await status(bed, "app.test"), 200);
  assert.ok(runs(third));
});

test("a successor that dies after it has given way itself is not replaced: another has its place", async (t) => {
  const held = new Map();
  const bed = await startReplaced(t, {
    origin: { reply: (request) => (request.target.startsWith("/slow") ? new Promise((resolve) => held.set(request.target, () => resolve(answer(200, "late")))) : answer(200, "here")) },
    routes: (origin) => [{ host: "app.test", to: origin.url, public: true }],
  });
  const slow = async (target) => {
    const asked = bed.visitor().get(bed.url("app.test", target)).promise.catch((error) => error);
    await until("the request to be at the origin", () => held.has(target));
    return asked;
  };
  const first = slow("/slow/1");
  await until("it to be held", () => held.has("/slow/1"));
  assert.equal((await bed.upgrade()).status, 0);
  slow("/slow/2");
  await until("it to be held", () => held.has("/slow/2"));
  assert.equal((await bed.upgrade()).status, 0);
  const [one, two, three] = bed.processes();
  assert.ok([one, two, three].every(runs));
  process.kill(two, "SIGKILL");
  await bed.gateway.event("another has its place");
  assert.deepEqual(bed.gateway.events.filter((event) => messageOf(event).includes("serves again")), []);
  assert.deepEqual([...new Set(await Promise.all(Array.from({ length: 20 }, () => status(bed, "app.test"))))], [200]);
  held.get("/slow/1")();
  assert.equal((await first).status, 200);
  await until("the first to end", () => !runs(one));
  assert.equal(await status(bed, "app.test"), 200);
  assert.ok(runs(three));
});

test("TERM while a successor comes up ends both", async (t) => {
  const program = path.join(scratch("program"), "gateway");
  copyFileSync(binary, program);
  const bed = await startReplaced(t, { start: { wrapper: ["bash", "-c", 'shift; exec "$0" "$@"', program] }, routes: () => [{ host: "app.test", respond: { status: 200, body: "here" } }] });
  writeFileSync(`${program}.new`, "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
  renameSync(`${program}.new`, program);
  const asked = bed.upgrade();
  const starting = await bed.gateway.event("a new process is to take over");
  process.kill(bed.gateway.pid, "SIGTERM");
  const done = await asked;
  assert.notEqual(done.status, 0);
  await until("both to end", () => !runs(bed.gateway.pid) && !runs(starting.process));
});

test("an upgrade does not seal what the process before reads in the clear", async (t) => {
  const bed = await startReplaced(t, { login: { tokens: { policy: "signed-in" } } });
  const alice = await bed.signedIn("alice");
  bed.edit((config) => { config.storage_key = randomBytes(32).toString("base64"); });
  const refused = await bed.upgrade();
  assert.equal(refused.status, 1);
  await bed.gateway.event("a restart seals that");
  await alice.get(bed.url("app.test", "/still")).expect(200);
  assert.equal(runGateway(["tokens", "list", "--control", bed.control]).status, 0);
});

test("a variable that nobody meant is an error with its mend", () => {
  for (const value of ["1", "x", "-1", "999999"]) {
    const run = runGateway(["run", "--config", "/nonexistent"], { environment: { GATEWAY_SUCCESSION: value } });
    assert.equal(run.status, 2, value);
    assert.match(run.stderr, /GATEWAY_SUCCESSION|predecessor/);
  }
});

test("health and metrics are told by whoever serves", async (t) => {
  const bed = await startReplaced(t);
  const port = await reservePort();
  bed.edit((config) => { config.listen.admin = `127.0.0.1:${port}`; });
  const started = async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: "close" } })).text();
    return Number(/^process_start_time_seconds (\S+)$/m.exec(text)[1]);
  };
  assert.equal((await bed.upgrade()).status, 0);
  const first = await until("the successor's metrics", () => started().catch(() => 0));
  assert.equal((await bed.upgrade()).status, 0);
  await until("those of the next", async () => (await started().catch(() => 0)) > first);
  assert.deepEqual(bed.gateway.events.filter((event) => messageOf(event).includes("nobody can ask for health")), []);
});

/// A start that stands still where it opens a log that nobody reads yet, its file read: {pid, file, goOn}.
async function startHalfWay(t, options) {
  const folder = scratch("starting");
  const pipe = path.join(folder, "access.log");
  execFileSync("mkfifo", [pipe]);
  const note = `echo "\${@: -1}" > ${folder}/file; echo $$ > ${folder}/pid; exec "$0" "$@"`;
  const starting = startBed(t, { ...options, config: (parts) => ({ ...parts, log: { access: pipe } }), start: { wrapper: ["bash", "-c", note] } });
  const pid = await until("the process", () => { try { return Number(readFileSync(`${folder}/pid`, "utf8")); } catch { return 0; } });
  const heldBack = () => BigInt(`0x${/^SigBlk:\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]}`);
  await until("the signals to be held back", () => readlinkSync(`/proc/${pid}/exe`) === binary && (heldBack() & 0xa01n) === 0xa01n); // HUP, USR1, USR2
  await until("it to stand still", () => /^State:\s+S/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  return {
    pid, file: readFileSync(`${folder}/file`, "utf8").trim(),
    goOn: () => {
      const reader = createReadStream(pipe).resume();
      t.after(() => reader.destroy());
      return starting;
    },
  };
}

const here = [{ host: "app.test", respond: { status: 200, body: "here" } }];

test("what asks for something during a start waits until the gateway serves, and ends nothing", async (t) => {
  const start = await startHalfWay(t, { routes: () => here });
  for (const name of ["SIGHUP", "SIGUSR1"]) process.kill(start.pid, name);
  const bed = await start.goOn();
  await bed.gateway.event("log files were opened again");
  await bed.gateway.event("reloaded");
  assert.equal(await status(bed, "app.test"), 200);
});

test("a file that changes during a start, after it was read, is read again", async (t) => {
  const start = await startHalfWay(t, { routes: () => here });
  const config = JSON.parse(readFileSync(start.file, "utf8"));
  config.routes.push({ host: "app.test", path: "/new", respond: { status: 204 } });
  writeFileSync(start.file, JSON.stringify(config));
  const bed = await start.goOn();
  await until("the change to be seen", async () => (await status(bed, "app.test", "/new")) === 204);
});
