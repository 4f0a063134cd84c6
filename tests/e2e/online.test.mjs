// gateway check --online: whether what the file names is there, from this machine.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usualConfig, writeConfig } from "./support/gateway.mjs";
import { startLyingProvider } from "./support/lying_provider.mjs";
import { startNameServer } from "./support/name_server.mjs";
import { startOrigin } from "./support/origin.mjs";
import { command } from "./support/replaced.mjs";
import { authority, certificateFor, reservePort, scratch } from "./support/run_folder.mjs";
import { startRedis } from "./support/stores.mjs";

/// A file that names one of everything, and what stands behind it.
async function startEverything(t) {
  const origin = await startOrigin(t);
  const secure = await startOrigin(t, { tlsNames: ["app.localhost"] });
  const engine = await startOrigin(t);
  const hook = await startOrigin(t);
  const provider = await startLyingProvider(t);
  const redis = await startRedis(t);
  const config = {
    ...usualConfig({ https: await reservePort(), http: await reservePort() }, scratch("online")),
    storage: redis.url,
    login: { host: "auth.test", providers: { main: provider.configuration() } },
    policies: { people: { allow: [{ email_domain: ["example.test"] }], otherwise: "pending", approval: { admins: "bosses", webhook: hook.url } }, bosses: { allow: [{ email: ["alice@example.test"] }] } },
    routes: [
      { host: "app.test", to: origin.url, policy: "people" },
      { host: "wiki.test", to: `https://app.localhost:${secure.port}`, tls: { ca: authority().certificate }, authorize: { url: `${engine.url}/check` } },
      { host: "other.test", to: origin.url, public: true },
    ],
  };
  return { origin, secure, engine, hook, provider, redis, config };
}

async function check(config, ...more) {
  const { status, stderr } = await command("check", writeConfig(config), "--online", ...more);
  const lines = stderr.split("\n").filter(Boolean);
  return { status, lines, about: (subject) => lines.filter((line) => line.includes(`: ${subject}`)) };
}

test("what is there is noted once each, and the file is well", async (t) => {
  const all = await startEverything(t);
  const { status, lines, about } = await check(all.config);
  assert.equal(status, 0, lines.join("\n"));
  for (const subject of [`origin ${all.origin.url}: reached`, `origin https://app.localhost:${all.secure.port}: reached`, "provider main: metadata and", "authorize ", "webhook of people: reached", "storage: answers"]) assert.equal(about(subject).length, 1, `${subject}\n${lines.join("\n")}`);
  assert.match(lines.join("\n"), /warning: .*tls\.pem.*: this certificate is valid for \d more days/);
  assert.deepEqual(all.origin.requests, [], "nothing is asked of an app");
});

test("what is not there is an error with its reason, each by itself", async (t) => {
  const all = await startEverything(t);
  await all.origin.close();
  await all.redis.kill();
  await all.engine.close();
  await all.hook.close();
  all.provider.metadata = (document) => ({ ...document, issuer: "https://elsewhere.test" });
  all.config.routes[1].tls = { ca: authority("another").certificate };
  const { status, about, lines } = await check(all.config);
  assert.equal(status, 1);
  for (const [subject, reason] of [[`origin ${all.origin.url}`, /refused/], [`origin https://app.localhost:${all.secure.port}`, /certificate|verif/], ["provider main", /issuer/], ["authorize ", /refused/], ["webhook of people", /refused/], ["storage", /refused/]]) {
    assert.equal(about(subject).length, 1, `${subject}\n${lines.join("\n")}`);
    assert.match(about(subject)[0], /^error: /);
    assert.match(about(subject)[0], reason);
  }
  assert.match(lines.at(-1), /: 6 errors/);
  assert.equal((await command("check", writeConfig(all.config))).status, 0, "without --online nobody is asked");
});

test("a wrong clock, an expired certificate and a host that nobody knows are said", async (t) => {
  const all = await startEverything(t);
  const names = await startNameServer(t);
  names.table["known.test"] = ["127.0.0.1"];
  all.provider.broken = { discovery: (_, response) => response.setHeader("Date", new Date(Date.now() - 600_000).toUTCString()).setHeader("Content-Type", "application/json").end(JSON.stringify(all.provider.document())) };
  const expired = certificateFor(["app.test"], { days: -3 });
  const { status, lines } = await check({ ...all.config, resolver: [names.address], tls: { certificates: [expired], acme: { email: "a@example.test", directory: "https://127.0.0.1:1/directory" } },
    routes: [{ host: "known.test", respond: { status: 200, body: "x" } }, { host: "unknown.test", respond: { status: 200, body: "x" } }] });
  assert.equal(status, 1);
  const text = lines.join("\n");
  assert.match(text, /error: provider main: its clock is \d+ s behind this machine's.*NTP/);
  assert.match(text, /error: .*: this certificate has expired/);
  assert.match(text, /note: host known\.test: is 127\.0\.0\.1/);
  assert.match(text, /warning: host unknown\.test: /);
  assert.match(text, /error: tls\.acme [^:]*.*refused/);
});
