// The binary as an operator meets it: what it says of a bad file, how it starts, drains and ends.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";

import { policies, startBed, usualRoutes } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { binary, messageOf, reservePorts, runGateway, startGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { answer } from "./support/origin.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { scratch } from "./support/run_folder.mjs";
import { quiet, seconds, until, within } from "./support/wait.mjs";

const provider = { type: "oidc", issuer: "https://op.localhost:1", client_id: "x", client_secret: "y" };

/// A file that is good, to be broken in one place.
async function goodConfig() {
  const ports = await reservePorts();
  const folder = scratch("storage");
  return { ...usualConfig(ports, folder), login: { host: "auth.test", providers: { main: provider } }, policies, routes: usualRoutes({ url: "http://127.0.0.1:1" }) };
}

test("check says that a good file is good, and print shows it without secrets", async () => {
  const file = writeConfig(await goodConfig());
  const run = runGateway(["check", file]);
  assert.equal(run.status, 0, run.stderr + run.stdout);
  assert.equal(runGateway(["check", "--config", file]).status, 0);
  const config = await goodConfig();
  config.login.providers.main.client_secret = "planted-client-secret";
  const printed = runGateway(["check", "--print", writeConfig(config)]);
  assert.equal(printed.status, 0, printed.stderr);
  assert.ok(!(printed.stdout + printed.stderr).includes("planted-client-secret"));
  assert.match(printed.stdout, /app\.test/);
});

test("check names file, line and column of every mistake at once, and the nearest key", () => {
  const file = writeConfig("listen:\n  htps: \":443\"\nworkers: many\nroutes:\n  - host: app.test\n    to: http://x/path\n    policy: nobody\n  - host: app.test\n    public: true\n");
  const run = runGateway(["check", file]);
  assert.notEqual(run.status, 0);
  const text = run.stdout + run.stderr;
  assert.match(text, new RegExp(`${path.basename(file)}:2:3`));
  assert.match(text, /https/, "the nearest key is not named");
  assert.match(text, /:3:10/);
  assert.match(text, /:6:/);
  assert.match(text, /nobody/);
});

test("what is not supported yet is refused by its name, not ignored", async () => {
  const config = { ...(await goodConfig()) };
  config.routes = config.routes.map((route) => ({ ...route, external: true }));
  const run = runGateway(["check", writeConfig(config)]);
  assert.notEqual(run.status, 0);
  assert.match(run.stdout + run.stderr, /external/);
  assert.match(run.stdout + run.stderr, /not supported yet/);
});

test("hostile YAML is refused within a second", () => {
  const bad = ["[".repeat(100000), `a: &a [x]\nb: [*a]\n`, "a: &x {<<: *x}", "---\na: 1\n---\nb: 2\n", "? ? ? x", "\ufeff\0", "a: 1\na: 2\n", "{a: ".repeat(20000), "!!python/object x", "x".repeat(2 * 1024 * 1024), "", "- just\n- a list\n", "a: !2"];
  for (const text of bad) {
    const began = Date.now();
    const run = runGateway(["check", writeConfig(text)]);
    assert.notEqual(run.status, 0, text.slice(0, 30));
    assert.equal(run.signal, null, `${text.slice(0, 30)} ended it by ${run.signal}`);
    assert.ok(Date.now() - began < 5000, `${text.slice(0, 30)} took ${Date.now() - began} ms`);
    assert.ok(run.stderr.length + run.stdout.length < 20000, "the complaint is longer than the file deserves");
  }
});

test("run says what to mend: no file, no certificate, a key that does not fit, a storage that cannot be written", async () => {
  const missing = runGateway(["run", "--config", "/nowhere/gateway.yaml"]);
  assert.notEqual(missing.status, 0);
  assert.match(missing.stderr + missing.stdout, /\/nowhere\/gateway\.yaml/);
  const config = await goodConfig();
  for (const [change, word] of [
    [{ tls: { certificates: [{ certificate: "/nowhere/tls.crt", key: config.tls.certificates[0].key }] } }, /\/nowhere\/tls\.crt/],
    [{ tls: { certificates: [{ certificate: config.tls.certificates[0].key, key: config.tls.certificates[0].key }] } }, /tls\.key/],
    [{ storage: "/proc/nowhere" }, /\/proc\/nowhere/],
    [{ login: { ...config.login, providers: { main: { ...provider, client_secret: { file: "/nowhere/secret" } } } } }, /\/nowhere\/secret/],
    [{ login: { ...config.login, providers: { main: { ...provider, client_secret: { env: "NOT_SET_ANYWHERE" } } } } }, /NOT_SET_ANYWHERE/],
  ]) {
    const run = runGateway(["run", "--config", writeConfig({ ...config, ...change })]);
    assert.ok(run.status > 0, `started, or was killed: ${JSON.stringify(change)}`);
    assert.match(run.stderr + run.stdout, word);
  }
});

test("an empty secret or an unreadable file is never taken for a secret", async () => {
  const config = await goodConfig();
  const empty = path.join(scratch("secret"), "empty");
  writeFileSync(empty, "\n");
  const run = runGateway(["check", writeConfig({ ...config, login: { ...config.login, providers: { main: { ...provider, client_secret: { file: empty } } } } })]);
  assert.notEqual(run.status, 0);
  chmodSync(empty, 0o600);
});

test("a port that is taken is named", async (t) => {
  const ports = await reservePorts();
  const holder = net.createServer().listen(ports.https, "127.0.0.1");
  cleanup(t, () => holder.close());
  const config = { ...(await goodConfig()), ...usualConfig(ports, scratch("storage")), login: { host: "auth.test", providers: { main: provider } } };
  const run = runGateway(["run", "--config", writeConfig(config)]);
  assert.ok(run.status > 0);
  assert.match(run.stderr + run.stdout, new RegExp(String(ports.https)));
});

test("version, help and keygen do what they say, and an unknown command names the nearest", () => {
  assert.match(runGateway(["version"]).stdout, /\d+\.\d+\.\d+/);
  assert.match(runGateway(["--help"]).stdout, /gateway run/);
  const keys = [runGateway(["keygen"]).stdout.trim(), runGateway(["keygen"]).stdout.trim()];
  for (const key of keys) assert.equal(Buffer.from(key, "base64").length, 32, key);
  assert.notEqual(keys[0], keys[1]);
  const wrong = runGateway(["chek"]);
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr + wrong.stdout, /check/);
});

test("SIGTERM finishes what is running, takes nothing new, and ends with status 0", async (t) => {
  let release;
  const reply = (request) => (request.target === "/slow" ? new Promise((resolve) => { release = () => resolve(answer(200, "finished")); }) : answer(200, "quick"));
  const bed = await startBed(t, { origin: { reply } });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  const idle = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /slow HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await bed.origin.request(1).catch(() => {});
  await until("the request at the origin", () => bed.origin.text.includes("/slow"));
  bed.gateway.signal("SIGTERM");
  await idle.ended();
  await until("no new connections", () => connectTls(t, bed.gateway.ports.https, { servername: "other.test" }).then((c) => { c.close(); return false; }, () => true));
  release();
  assert.equal((await wire.response()).body.toString(), "finished");
  await bed.gateway.stop();
});

test("from SIGTERM on the health path says 503, while everybody is still served for shutdown.delay", async (t) => {
  const ports = await reservePorts();
  const listen = { ...usualConfig(ports, "").listen, health_path: "/healthz" };
  const bed = await startBed(t, { config: (parts) => ({ ...parts, listen, shutdown: { delay: "3s", timeout: "5s" } }), start: { ports } });
  const wires = { https: await connectTls(t, bed.gateway.ports.https, { servername: "other.test" }), http: await connectPlain(t, bed.gateway.ports.http) };
  const health = async (wire) => (await (await wire.send("GET /healthz HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n")).response()).status;
  assert.equal(await health(wires.https), 200);
  assert.equal(await health(wires.http), 200);
  bed.gateway.signal("SIGTERM");
  await bed.gateway.event("not ready any more");
  await until("503", async () => (await health(wires.https)) === 503);
  await until("503", async () => (await health(wires.http)) === 503);
  const late = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  assert.equal(await health(late), 503);
  await late.send(`GET /served HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  assert.equal((await late.response()).status, 200, "not served any more while the delay lasts");
  for (const wire of [wires.https, wires.http, late]) wire.close();
  await within("the end", bed.gateway.exited, seconds(20));
  assert.equal(bed.gateway.end.code, 0);
});

test("a request that never ends does not keep the gateway alive beyond its time", async (t) => {
  const bed = await startBed(t, { origin: { reply: () => undefined }, config: (parts) => ({ ...parts, shutdown: { timeout: "1s" } }) });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /never HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await until("the request at the origin", () => bed.origin.text.includes("/never"));
  bed.gateway.signal("SIGTERM");
  await within("the end", bed.gateway.exited);
  assert.equal(bed.gateway.end.code, 0);
});

test("SIGINT ends it as well, twice at once", async (t) => {
  const bed = await startBed(t, { origin: { reply: () => undefined } });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /never HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await until("the request at the origin", () => bed.origin.text.includes("/never"));
  bed.gateway.signal("SIGINT");
  await until("the drain", () => bed.gateway.events.some((event) => /told to end/.test(messageOf(event))));
  bed.gateway.signal("SIGINT");
  await within("the end", bed.gateway.exited);
});

test("starting, serving and ending leaks no descriptor for finished requests", async (t) => {
  const bed = await startBed(t);
  const before = bed.gateway.descriptors();
  for (let i = 0; i < 30; ++i) await bed.visitor().get(bed.url("other.test", `/${i}`)).expect(200);
  await quiet();
  await until("descriptors to return", () => bed.gateway.descriptors() <= before + 4);
});

test("the smallest useful file works: one provider, one policy, one route", async (t) => {
  const ports = await reservePorts();
  const gateway = await startGateway(t, ({ folder }) => {
    const usual = usualConfig(ports, folder);
    return { login: { providers: { main: provider } }, policies: { me: { allow: [{ email: ["alice@example.test"] }] } }, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "me" }], tls: usual.tls };
  }, { ports });
  assert.ok(gateway.events.some((event) => messageOf(event).startsWith("ready")));
});

test("S03: none of libevent's own parsers can be reached", () => {
  const imported = execFileSync("nm", ["-D", "--undefined-only", binary], { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.match(imported, / event_base_new/, "the library is there at all");
  assert.deepEqual(imported.match(/\b(evhttp|evdns|evtag|evrpc|evws)_\w+/g) ?? [], []);
});

test("the self-test of check and of a start asks no origin and no engine, and lets every access, preset and path pass", async (context) => {
  const connections = [];
  const server = net.createServer((socket) => connections.push(socket.destroy()));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  cleanup(context, () => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const config = await goodConfig();
  const identities = ["oauth2-proxy", "forwarded-user", "grafana", "remote-user", "gitea", "x-remote-user", "signed-jwt", "pomerium-jwt", "iap-jwt"];
  const policy = Object.keys(policies)[0];
  config.routes = [
    ...identities.map((identity) => ({ host: `${identity}.test`, to: url, policy, identity })),
    { host: "strip.test", path: "/app", strip_prefix: true, to: url, policy },
    { host: "engine.test", to: url, authorize: { url: `${url}/`, identity: ["X-Engine-User"] } },
    { host: "public.test", to: url, public: true, except: [{ path: "/admin", policy }] },
  ];
  const file = writeConfig(config);
  const run = runGateway(["check", file]);
  assert.equal(run.status, 0, run.stderr);
  const said = /^self-test: (\d+) hostile and other requests to (\d+) shapes? of routes; none reached/m.exec(run.stderr);
  assert.ok(Number(said[1]) > 50 && Number(said[2]) > identities.length, said[0]);
  const { login, routes } = config;
  await startGateway(context, () => ({ login, policies, routes }));
  assert.deepEqual(connections, []);
});
