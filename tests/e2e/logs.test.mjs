// What is written down: one line an exchange, valid JSON, safe for a terminal, without secrets (attack rows R01-R05, K22).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { client } from "./support/provider_users.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { messageOf, runGateway, startGateway } from "./support/gateway.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";
import { startRedis } from "./support/stores.mjs";
import { Visitor } from "./support/visitor.mjs";
import { until } from "./support/wait.mjs";
import { startWatched } from "./support/watched.mjs";

test("each exchange is one line of JSON that says what happened", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const page = await alice.get(bed.url("app.test", "/logged?secret=in-the-query")).expect(200);
  assert.ok(page);
  const line = await bed.gateway.accessLine((entry) => entry["url.path"] === "/logged");
  // The names of OpenTelemetry's semantic conventions, and no others but ours.
  const { time, "http.server.request.duration": took, "gateway.request_id": id, "http.response.body.size": sent, "gateway.upstream": upstream, ...rest } = line;
  assert.deepEqual(rest, {
    log: "access", "http.request.method": "GET", "http.response.status_code": 200, "http.request.body.size": 0, "client.address": "127.0.0.1", "network.peer.address": "127.0.0.1",
    "network.protocol.version": "1.1", "url.scheme": "https", "server.address": "app.test", "url.path": "/logged", "http.route": "app.test/", "enduser.id": "alice@example.test",
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT/);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.ok(took >= 0 && took < 60, `${took} s`);
  assert.equal(sent, page.body.length);
  assert.equal(upstream, new URL(bed.origin.url).host);
  assert.ok(!bed.gateway.stdout.text.includes("in-the-query"), "a query is in the log");
  assert.equal(bed.gateway.access.filter((entry) => entry["url.path"] === "/logged").length, 1);
});

test("hostile bytes stay in their line and move no terminal", async (t) => {
  const bed = await startBed(t);
  const hostile = ["\x1b[31mred", "a\"b\\c", "\xe2\x80\xa8line", "\xe2\x80\xaebidi", "\xff\xfe", "\x7f".replace("\x7f", "del"), "x".repeat(16000), "{\"level\":\"error\"}"];
  for (const text of hostile) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`GET /marked HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nUser-Agent: ${text}\r\nReferer: https://r.test/${text}?code=planted\r\n\r\n`);
    await wire.response();
    wire.close();
  }
  for (const target of ["/%1b[31m", "/%0a", "/%22%5c", "/a\x1b[2J"]) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nConnection: close\r\n\r\n`);
    await wire.ended();
    wire.close();
  }
  await until("the lines", () => bed.gateway.access.filter((entry) => entry["url.path"] === "/marked").length >= hostile.length - 3);
  for (const entry of [...bed.gateway.access, ...bed.gateway.events]) assert.equal(entry.unparsed, undefined, `not JSON: ${entry.unparsed}`);
  for (const text of [bed.gateway.stdout.text, bed.gateway.stderr.text]) {
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]/.test(text), "a control byte is in the log");
    assert.ok(!text.includes("planted"));
  }
});

test("no secret is in any log at any level, nor on any page", async (t) => {
  const bed = await startBed(t, { config: (parts) => ({ ...parts, log: { level: "debug" } }) });
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/x"), { headers: { Authorization: "Bearer planted-bearer-token", "X-Api-Key": "planted-api-key" } });
  bed.provider.claims = (claims) => ({ ...claims, nonce: "wrong" });
  await bed.visitor().open(bed.url("app.test", "/"));
  bed.provider.broken.token = (_, response) => response.writeHead(500).end("planted-provider-text");
  await bed.visitor().open(bed.url("app.test", "/"));
  await alice.get(bed.url("app.test", "/oauth2/userinfo"));
  const secrets = [client.secret, "planted-bearer-token", "planted-api-key", ...alice.jar.cookies.map((cookie) => cookie.value)];
  for (const request of bed.provider.to("token")) secrets.push(request.parameters.get("code"), request.parameters.get("code_verifier"), request.headers.authorization);
  for (const request of bed.provider.to("authorize")) secrets.push(request.parameters.get("state"), request.parameters.get("nonce"));
  const pages = alice.pages.filter((page) => !page.url.includes("/x") && page.status !== 302).map((page) => page.body).join("\n");
  for (const secret of secrets.filter((text) => text && text.length >= 8)) {
    assert.ok(!bed.gateway.stderr.text.includes(secret), `an event holds ${secret.slice(0, 20)}…`);
    assert.ok(!bed.gateway.stdout.text.includes(secret), `an access line holds ${secret.slice(0, 20)}…`);
    if (secret !== "planted-bearer-token" && secret !== "planted-api-key") assert.ok(!pages.includes(secret) || pages.includes("x-auth"), `a page shows ${secret.slice(0, 20)}…`);
  }
});

test("R04: keys, passwords and tokens are in no log, metric, status or explanation, whatever goes wrong with them", async (t) => {
  const folder = scratch("planted");
  const keyOf = () => randomBytes(32).toString("base64");
  const planted = { sessions: keyOf(), storage: keyOf(), redis: "planted-redis-password", admin: "planted-admin-token-0123456789" };
  const file = (name) => {
    const at = path.join(folder, name);
    writeFileSync(at, `${planted[name]}\n`, { mode: 0o600 });
    return { file: at };
  };
  const redis = await startRedis(t, { args: ["--requirepass", planted.redis] });
  const control = path.join(folder, "run", "control.sock");
  const bed = await startWatched(t, {
    listen: { control, admin_token: file("admin") },
    login: { session: { store: "storage", refresh: "10m", keys: [file("sessions")] }, tokens: { policy: "signed-in" } },
    more: { storage: { redis: `redis://127.0.0.1:${redis.port}`, password: file("redis") }, storage_key: [file("storage")], log: { level: "debug" } },
  });
  bed.provider.refreshTokens = new Map();
  const alice = await bed.signedIn("alice");
  const made = await alice.submit(await alice.open(bed.url("auth.test", "/oauth2/tokens")), { name: "build", days: "7", place: "app.test/" });
  planted.token = /gwt_[\w-]{43}/.exec(made.expect(200).body)[0];
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x"), { headers: { Authorization: `Bearer ${planted.token}` } }).expect(200);
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x"), { headers: { Authorization: `Bearer ${planted.token}x` } });
  await redis.kill();
  await alice.get(bed.url("app.test", "/away"));
  await bed.visitor().open(bed.url("app.test", "/"));
  const bearer = { authorization: `Bearer ${planted.admin}` };
  const config = path.join(bed.gateway.folder, "gateway.yaml");
  const said = {
    metrics: (await bed.admin("/metrics")).body, readiness: (await bed.admin("/readyz")).body,
    status: (await bed.admin("/status", { headers: bearer })).body, page: (await bed.admin("/", { headers: bearer })).body,
    ...Object.fromEntries([["explain", bed.url("app.test", "/")], ["check", config, "--print"], ["status", "--control", control]].map(([command, ...rest]) => {
      const run = runGateway([command, ...rest, ...(command === "explain" ? ["--config", config] : [])]);
      return [`gateway ${command}`, run.stdout + run.stderr];
    })),
  };
  for (const [where, text] of Object.entries(said)) assert.ok(text.trim(), `${where} says nothing`);
  await bed.gateway.stop();
  Object.assign(said, { events: bed.gateway.stderr.text, access: bed.gateway.stdout.text });
  const secrets = [client.secret, ...Object.values(planted), ...alice.jar.cookies.map((cookie) => cookie.value)];
  for (const request of bed.provider.to("token")) secrets.push(request.parameters.get("code"), request.parameters.get("code_verifier"), request.parameters.get("refresh_token"));
  secrets.push(...bed.provider.accessTokens.keys(), ...bed.provider.refreshTokens.keys());
  for (const secret of secrets.filter((text) => text && text.length >= 8)) {
    for (const [where, text] of Object.entries(said)) assert.ok(!text.includes(secret), `${where} holds ${secret.slice(0, 20)}…`);
  }
});

test("a page's error id finds the line that says what went wrong, and the page does not say it", async (t) => {
  const bed = await startBed(t);
  bed.provider.claims = (claims) => ({ ...claims, aud: "somebody-else" });
  const page = await bed.visitor().open(bed.url("app.test", "/"));
  assert.ok(page.status >= 400);
  assert.ok(!/aud/i.test(page.body.replace(/audio/gi, "")), "the page tells which check failed");
  const event = await until("the event", () => bed.gateway.events.find((entry) => Object.values(entry).some((value) => typeof value === "string" && value.length >= 8 && page.body.includes(value) && /^[\w-]+$/.test(value))));
  assert.match(JSON.stringify(event), /aud/i);
});

test("the log says where the gateway listens and when it is ready, and when it ends", async (t) => {
  const bed = await startBed(t);
  const listening = bed.gateway.events.filter((event) => messageOf(event).startsWith("listening"));
  assert.deepEqual(new Set(listening.map((event) => event.address)), new Set([`127.0.0.1:${bed.gateway.ports.https}`, `127.0.0.1:${bed.gateway.ports.http}`]));
  for (const event of bed.gateway.events) assert.ok(event.time && event.level && messageOf(event), JSON.stringify(event));
});

test("USR1 opens moved files again: each line is in the one or the other, and one that cannot be opened is said", async (t) => {
  const folder = scratch("logs");
  const file = (name) => path.join(folder, name);
  const bed = await startBed(t, { config: (parts) => ({ ...parts, log: { access: file("access.log"), audit: file("audit.log") } }) });
  const lines = (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8").split("\n").filter((line) => line.includes("/line/")).map((line) => JSON.parse(line)["url.path"]) : []);
  const reopened = () => bed.gateway.events.filter((event) => messageOf(event) === "log files were opened again").length;
  let sent = 0;
  let isOver = false;
  const visitor = bed.visitor({ navigates: false });
  const load = (async () => { while (!isOver) { await visitor.get(bed.url("other.test", `/line/${sent}`)); ++sent; } })();
  for (let i = 1; i <= 3; ++i) {
    renameSync(file("access.log"), file(`access.log.${i}`));
    renameSync(file("audit.log"), file(`audit.log.${i}`));
    bed.gateway.signal("SIGUSR1");
    await until("the signal to act", () => reopened() === i && existsSync(file("access.log")) && existsSync(file("audit.log")));
    const before = sent;
    await until("further requests", () => sent > before + 5);
  }
  isOver = true;
  await load;
  await until("every line", () => ["access.log", "access.log.1", "access.log.2", "access.log.3"].flatMap(lines).length === sent);
  assert.deepEqual(["access.log.1", "access.log.2", "access.log.3", "access.log"].flatMap(lines).sort(), Array.from({ length: sent }, (_, i) => `/line/${i}`).sort());
  await bed.signedIn("alice");
  await until("the audit's line", () => readFileSync(file("audit.log"), "utf8").includes("alice"));

  renameSync(file("access.log"), file("access.log.4"));
  mkdirSync(file("access.log"));
  bed.gateway.signal("SIGUSR1");
  await bed.gateway.event("could not be opened again", (event) => event.error.includes("log.access"));
  await visitor.get(bed.url("other.test", "/line/last"));
  await until("the line in the file before", () => lines("access.log.4").includes("/line/last"));
});

test("gateway log-level: every worker logs by it from the next event on, the audit says who set it, a reload goes back", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const nobody = await reservePort();
  const bed = await startBed(t, {
    routes: () => [{ host: "other.test", to: `http://127.0.0.1:${nobody}`, public: true }],
    config: (parts) => ({ ...parts, log: { level: "warn" } }),
    providerReady: false,
    start: { environment: { RUNTIME_DIRECTORY: folder }, expectReady: false },
  });
  const control = path.join(folder, "control.sock");
  await until("the control socket", () => existsSync(control));
  const asked = (...words) => runGateway([...words, "--control", control]);
  const level = (...words) => {
    const run = asked("log-level", ...words);
    assert.equal(run.status, 0, run.stderr);
    return run.stdout.trim();
  };
  // Each on a connection of its own, so that both workers have some.
  const fail = async (name) => {
    for (let i = 0; i < 8; ++i) await bed.visitor({ navigates: false }).get(bed.url("other.test", `/${name}/${i}`)).expect(502);
  };
  const failures = (name) => bed.gateway.access.filter((line) => line["url.path"].startsWith(`/${name}/`)).map((line) => line["gateway.request_id"]);
  const isTold = (id) => bed.gateway.events.some((event) => event.message === "the upstream did not answer" && event.request_id === id);

  assert.equal(level(), "warn, as the file says");
  assert.equal(level("error"), "error until a reload or the end; the file says warn");
  await fail("quiet");
  assert.equal(level("info"), "info until a reload or the end; the file says warn");
  await fail("loud");
  await until("all lines", () => failures("quiet").length === 8 && failures("loud").length === 8 && failures("loud").every(isTold));
  assert.deepEqual(failures("quiet").filter(isTold), []);
  const commands = () => bed.gateway.events.filter((event) => event.message === "control: a command").map((event) => event.command);
  level();
  await until("the command's line", () => commands().length > 0);
  assert.deepEqual(commands(), ["log-level"], "of commands before, the level said nothing");

  const changes = () => bed.gateway.events.filter((event) => event.act === "log_level_changed").map((event) => event.reason);
  level("info");
  assert.equal(asked("reload").status, 0);
  assert.equal(level(), "warn, as the file says");
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace('"level": "warn"', '"level": "debug"'));
  await until("the changed file", () => level() === "debug, as the file says");
  const me = `user ${process.getuid()}`;
  await until("each change", () => changes().length === 4);
  assert.deepEqual(changes(), [`from warn to error by ${me}`, `from error to info by ${me}`, "from info to warn by a reload", "from warn to debug by a reload"]);

  for (const words of [["loud"], ["INFO"], ["info", "debug"]]) assert.equal(asked("log-level", ...words).status, 2, words.join(" "));
  assert.equal(level(), "debug, as the file says");
});

for (const [what, isJournal] of [["what journald reads", true], ["another", false]]) {
  test(`lines have their priority where standard error is ${what}, whatever their format`, async (t) => {
    // A pipe of this test in the place of journald's socket; systemd names it in the same way.
    const stream = isJournal ? "$(stat -Lc %d:%i /dev/fd/2)" : "1:$(stat -Lc %i /dev/fd/2)";
    const nobody = await reservePort();
    for (const format of ["json", "text"]) {
      const gateway = await startGateway(t, {
        log: { format },
        routes: [{ host: "other.test", to: `http://127.0.0.1:${nobody}`, public: true }],
      }, { wrapper: ["sh", "-c", `JOURNAL_STREAM=${stream} exec "$@"`, "sh"], expectReady: false });
      await until("the start", () => /ready\b/.test(gateway.stderr.text));
      await new Visitor({ navigates: false }).get(gateway.url("other.test", "/")).expect(502);
      await until("the warning", () => gateway.stderr.text.includes("the upstream did not answer"));
      await gateway.stop();
      const lines = gateway.stderr.text.split("\n").filter(Boolean);
      const priorities = { error: "<3>", warn: "<4>", info: "<6>", debug: "<7>" };
      for (const line of lines) {
        const level = format === "json" ? JSON.parse(line.replace(/^<\d>/, "")).level : / (error|warn|info|debug) /.exec(line)[1];
        assert.equal(/^<\d>/.exec(line)?.[0], isJournal ? priorities[level] : undefined, line);
      }
      assert.ok(lines.some((line) => line.includes("did not answer") && line.startsWith("<4>")) === isJournal);
      assert.ok(!/<\d>/.test(gateway.stdout.text), "access lines are what they were");
    }
  });
}
