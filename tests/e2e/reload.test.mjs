// Another gateway.yaml under a gateway that runs: taken whole or not at all, and nothing that began is lost (rows L20, S08).
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";

import { WebSocket } from "ws";

import { startBed, users } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { connectH2, ask } from "./support/h2_client.mjs";
import { answer, echo } from "./support/origin.mjs";
import { authority, certificateFor, reservePort, scratch } from "./support/run_folder.mjs";
import { until, within } from "./support/wait.mjs";
import { startSocketOrigin } from "./support/web_sockets.mjs";

const here = (status, body) => ({ respond: { status, body } });
const reloads = (bed) => bed.gateway.events.filter((event) => event.message === "reloaded").length;

/// A bed with a control socket, whose file `edit` rewrites.
async function startReloaded(t, options = {}) {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { ...options, start: { environment: { RUNTIME_DIRECTORY: folder } } });
  bed.control = path.join(folder, "control.sock");
  bed.file = path.join(bed.gateway.folder, "gateway.yaml");
  bed.write = (text) => {
    writeFileSync(`${bed.file}.new`, text);
    renameSync(`${bed.file}.new`, bed.file);
  };
  bed.edit = (change) => {
    const config = JSON.parse(readFileSync(bed.file, "utf8"));
    bed.write(JSON.stringify(change(config) ?? config, null, 1));
  };
  bed.reload = () => runGateway(["reload", "--control", bed.control]);
  bed.status = async (host, rest = "/", visitor = bed.visitor({ navigates: false })) => (await visitor.get(bed.url(host, rest))).status;
  return bed;
}

const openSocket = async (t, bed, visitor) => {
  const lookup = (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
  const socket = new WebSocket(bed.url("app.test", "/socket").replace("https", "wss"), { ca: authority().pem, lookup, origin: bed.url("app.test"), headers: { cookie: visitor.jar.header(bed.url("app.test", "/")) ?? "" } });
  socket.on("error", () => {});
  socket.on("close", (code) => { socket.code = code; });
  t.after(() => socket.terminate());
  await within("the handshake", new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject)));
  socket.echo = async (text) => {
    const back = within("the echo", new Promise((resolve) => socket.once("message", (bytes) => resolve(bytes.toString()))));
    socket.send(text);
    return back;
  };
  return socket;
};

test("routes come, go and change by a changed file, a signal and the command; one with errors changes nothing", async (t) => {
  const bed = await startReloaded(t);
  assert.equal(await bed.status("other.test"), 200);
  bed.edit((config) => { config.routes.push({ host: "other.test", path: "/new", ...here(200, "new\n") }); });
  await until("the change to be seen", async () => (await bed.status("other.test", "/new")) === 200 && reloads(bed) === 1);
  await bed.gateway.event("reloaded", (event) => event.added === "other.test/new" && event.removed === "" && event.changed === "");

  const good = readFileSync(bed.file, "utf8");
  bed.write(good.replace('"new\\n"', '"new\\n", "stauts": 200'));
  await bed.gateway.event("not reloaded", (event) => /gateway\.yaml:\d+: .*stauts/.test(event.error));
  const refused = bed.reload();
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /stauts/);
  assert.equal(await bed.status("other.test", "/new"), 200);

  bed.write(good.replace('"new\\n"', '"newer\\n"'));
  bed.gateway.signal("SIGHUP");
  await until("the signal to act", async () => (await bed.visitor().get(bed.url("other.test", "/new"))).body === "newer\n");
  bed.edit((config) => { config.routes = config.routes.filter((route) => route.path !== "/new"); config.routes[0].host = "a.wild.test"; config.workers = 1; });
  const done = bed.reload();
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^reloaded: 3 routes; 1 added, 2 removed, 0 changed/);
  assert.notEqual((await bed.visitor().get(bed.url("other.test", "/new"))).body, "newer\n");
  assert.equal(await bed.status("a.wild.test"), 401);
  await bed.gateway.event("only a restart", (event) => event.keys === "workers");
});

test("sessions, sockets and requests that began go on; who may not go on by the new policy is out", async (t) => {
  const origin = await startSocketOrigin(t);
  const bed = await startReloaded(t, {
    login: { session: { store: "memory" } },
    routes: () => [{ host: "app.test", to: origin.url, policy: "staff" }, { host: "wiki.test", ...here(200, "wiki") }],
  });
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const [first, second] = [await openSocket(t, bed, alice), await openSocket(t, bed, bob)];
  bed.edit((config) => { config.routes.push({ host: "other.test", ...here(200, "") }); });
  assert.equal(bed.reload().status, 0);
  assert.equal(await first.echo("still here"), "still here");
  assert.equal(await bed.status("app.test", "/", alice), 200);
  bed.edit((config) => { config.policies.staff = { allow: [{ email: [users.alice.email] }] }; });
  const changed = bed.reload();
  assert.match(changed.stdout, /0 added, 0 removed, 1 changed/);
  await until("bob to be out", () => second.code === 1008);
  assert.equal(await first.echo("alice stays"), "alice stays");
  assert.equal(await bed.status("app.test", "/", bob), 403);
  bed.edit((config) => { config.routes = config.routes.filter((route) => route.host !== "app.test"); });
  assert.equal(bed.reload().status, 0);
  await until("the route's socket to end with it", () => first.code === 1008);
});

test("what anybody may open is judged by the new file, too: sockets and event streams of a route that is gone or guarded now", async (t) => {
  const origin = await startSocketOrigin(t);
  const stream = (request, connection) => { connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n"); };
  const bed = await startReloaded(t, {
    origin: { reply: (request, connection) => (request.target === "/stream" ? stream(request, connection) : echo(request)) },
    routes: (own) => [{ host: "app.test", path: "/socket", to: origin.url, public: true }, { host: "app.test", path: "/stream", to: own.url, public: true }, { host: "app.test", to: own.url, public: true }],
  });
  const socket = await openSocket(t, bed, bed.visitor());
  let isOver = false;
  await new Promise((resolve) => https.get(bed.url("app.test", "/stream"), { ca: authority().pem, lookup: (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) },
    (response) => response.on("data", resolve).on("error", () => {}).on("close", () => { isOver = true; })).on("error", () => {}));
  bed.edit((config) => { config.routes[2].identity = "none"; });
  assert.equal(bed.reload().status, 0);
  assert.equal(await socket.echo("nothing of mine has changed"), "nothing of mine has changed");
  assert.equal(isOver, false);
  bed.edit((config) => { config.routes = [{ host: "app.test", path: "/stream", to: bed.origin.url, policy: "staff" }, { host: "app.test", path: "/x", to: bed.origin.url, public: true }]; });
  assert.equal(bed.reload().status, 0);
  await until("both to be closed", () => isOver && socket.code === 1008);
});

test("a refused file is read again when a file that it names appears", async (t) => {
  const bed = await startReloaded(t);
  const late = path.join(scratch("late"), "ca.pem");
  bed.edit((config) => { config.login.providers.main.ca = late; });
  await bed.gateway.event("not reloaded");
  copyFileSync(authority().certificate, late);
  await bed.gateway.event("reloaded", (event) => event.message === "reloaded");
});

test("an operator who waits for a reload that the end cuts off is told so, and the process ends as it should", async (t) => {
  const bed = await startReloaded(t, { config: (parts) => ({ ...parts, shutdown: { delay: "30s", timeout: "5s" } }) });
  bed.gateway.signal("SIGTERM");
  await bed.gateway.event("told to end");
  const refused = bed.reload();
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /is ending/);
  bed.gateway.signal("SIGTERM");
  await bed.gateway.stop();
});

test("keys are changed, listeners opened and closed, without a lost request or session", async (t) => {
  const keyFiles = ["one", "two"].map((name) => {
    const file = path.join(scratch("keys"), name);
    writeFileSync(file, runGateway(["keygen"]).stdout, { mode: 0o600 });
    return { file };
  });
  const bed = await startReloaded(t, { login: { session: { keys: [keyFiles[0]] } } });
  const alice = await bed.signedIn("alice");
  const further = await reservePort();
  bed.edit((config) => {
    config.login.session.keys = [keyFiles[1], keyFiles[0]];
    config.listen.https = [config.listen.https, `127.0.0.1:${further}`];
  });
  assert.equal(bed.reload().status, 0);
  assert.equal(await bed.status("app.test", "/x", alice), 200);
  const kept = await connectH2(t, further, "app.test");
  const cookie = alice.jar.header(bed.url("app.test", "/"));
  assert.equal((await ask(kept, { ":path": "/x", ":authority": `app.test:${bed.gateway.ports.https}`, cookie })).status, 200);
  bed.edit((config) => { [config.listen.https] = config.listen.https; });
  assert.equal(bed.reload().status, 0);
  await until("the listener to be closed", () => new Promise((resolve) => {
    const socket = net.connect(further, "127.0.0.1", () => { socket.destroy(); resolve(false); });
    socket.on("error", () => resolve(true));
  }));
  assert.equal((await ask(kept, { ":path": "/x", ":authority": `app.test:${bed.gateway.ports.https}`, cookie })).status, 200, "a connection that is open goes on");
  writeFileSync(keyFiles[1].file, "no key\n");
  await bed.gateway.event("not reloaded");
  assert.equal(await bed.status("app.test", "/x", alice), 200);
});

test("a file of trusted authorities that is replaced counts at once, for origins too", async (t) => {
  const ca = path.join(scratch("trust"), "ca.pem");
  copyFileSync(authority().certificate, ca);
  const bed = await startReloaded(t, { origin: { tlsNames: ["origin.test"] }, routes: (origin) => [{ host: "app.test", to: origin.url, tls: { ca, server_name: "origin.test" }, public: true }] });
  assert.equal(await bed.status("app.test"), 200);
  copyFileSync(certificateFor(["another.test"]).certificate, `${ca}.new`);
  renameSync(`${ca}.new`, ca);
  await until("the origin not to be believed any more", async () => (await bed.status("app.test")) === 502);
  copyFileSync(authority().certificate, ca);
  bed.gateway.signal("SIGHUP");
  await until("the origin to be believed again", async () => (await bed.status("app.test")) === 200);
});

test("forty reloads under load: every request is answered, by the origin once", async (t) => {
  const bed = await startReloaded(t, { routes: (origin) => [{ host: "app.test", to: origin.url, public: true }] });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8, ca: authority().pem, lookup: (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) });
  t.after(() => agent.destroy());
  let isOver = false;
  const answers = new Map();
  const one = (id) => new Promise((resolve) => {
    https.get(bed.url("app.test", `/load/${id}`), { agent }, (response) => response.resume().on("end", () => resolve(response.statusCode)).on("error", (error) => resolve(error.code))).on("error", (error) => resolve(error.code));
  });
  const lane = async (name) => { for (let i = 0; !isOver; ++i) answers.set(`${name}-${i}`, await one(`${name}-${i}`)); };
  const lanes = Array.from({ length: 8 }, (_, i) => lane(i));
  for (let i = 0; i < 40; ++i) {
    bed.edit((config) => { config.routes = [config.routes[0], ...Array.from({ length: i }, (_, j) => ({ host: "other.test", path: `/${j}`, ...here(200, "x") }))]; });
    bed.gateway.signal("SIGHUP");
    await bed.gateway.event("reloaded", (event) => event.routes === i + 1);
  }
  isOver = true;
  await Promise.all(lanes);
  assert.deepEqual([...new Set(answers.values())], [200]);
  assert.ok(answers.size > 100, `only ${answers.size} requests`);
  const seen = bed.origin.requests.map((request) => request.target).filter((each) => each.startsWith("/load/"));
  assert.equal(new Set(seen).size, answers.size);
  assert.equal(seen.length, answers.size, "a request reached the origin twice");
});

test("S08: upstream, route and listener go under connections, sockets and waiting requests, and come back", async (t) => {
  const sockets = await startSocketOrigin(t);
  let release;
  const late = new Promise((resolve) => { release = () => resolve(answer(200, "late")); });
  const further = await reservePort();
  const bed = await startReloaded(t, {
    origin: { reply: (request) => (request.target === "/slow" ? late : echo(request)) },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in" }, { host: "app.test", path: "/socket", to: sockets.url, policy: "signed-in" }, { host: "other.test", ...here(200, "") }],
    config: (parts, own) => ({ ...parts, login: { ...parts.login, providers: { main: own.provider.configuration() } } }),
  });
  const alice = await bed.signedIn("alice");
  bed.edit((config) => { config.listen.https = [config.listen.https, `127.0.0.1:${further}`]; });
  assert.equal(bed.reload().status, 0);
  const open = await Promise.all(Array.from({ length: 60 }, () => openSocket(t, bed, alice)));
  const idle = await Promise.all(Array.from({ length: 200 }, (_, i) => new Promise((resolve, reject) => {
    const socket = tls.connect({ port: i % 2 ? further : bed.gateway.ports.https, host: "127.0.0.1", servername: "app.test", ca: authority().pem }, () => resolve(socket));
    socket.on("error", reject);
    t.after(() => socket.destroy());
  })));
  const waiting = Array.from({ length: 30 }, () => alice.get(bed.url("app.test", "/slow")).promise);
  await until("the requests to be at the origin", () => bed.origin.requests.filter((each) => each.target === "/slow").length === 30);
  const whole = readFileSync(bed.file, "utf8");
  bed.edit((config) => { [config.listen.https] = config.listen.https; config.routes = config.routes.slice(2); config.policies = {}; delete config.login; });
  assert.match(bed.reload().stdout, /0 added, 2 removed/);
  await until("the sockets to be closed", () => open.every((socket) => socket.code === 1008));
  release();
  for (const page of await Promise.all(waiting)) assert.equal(page.body, "late");
  bed.write(whole);
  assert.match(bed.reload().stdout, /2 added, 0 removed/);
  assert.equal((await alice.get(bed.url("app.test", "/x"))).status, 200, "the session counts again");
  assert.equal(idle.filter((socket) => socket.destroyed).length, 0);
  const again = await openSocket(t, bed, alice);
  assert.equal(await again.echo("again"), "again");
  again.terminate();
});

test("the self-test is run by a start and by each reload", async (t) => {
  const bed = await startBed(t);
  const tested = () => bed.gateway.events.filter((event) => event.message === "self-test passed");
  assert.equal(tested().length, 1);
  assert.ok(tested()[0].shapes >= 3 && tested()[0].requests > tested()[0].shapes, JSON.stringify(tested()[0]));
  bed.gateway.signal("SIGHUP");
  await bed.gateway.event("reloaded");
  assert.equal(tested().length, 2);
  assert.ok(tested()[1].shapes >= 3 && tested()[1].requests > tested()[1].shapes, JSON.stringify(tested()[1]));
});
