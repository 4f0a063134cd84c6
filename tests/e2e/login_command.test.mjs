// `gateway login`: a terminal gets a token that its owner allows in a browser (RFC 8628).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { binary, runGateway } from "./support/gateway.mjs";
import { authority, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const host = "login.app.localhost";

/// `gateway login` of this bed with a home of its own: what it says, and `ended` with its status.
function startLogin(t, bed, words = []) {
  const home = scratch("home");
  const child = spawn(binary, ["login", bed.url(host), "--ca", authority().certificate, ...words], { env: { ...process.env, HOME: home, XDG_CONFIG_HOME: "" }, stdio: ["ignore", "pipe", "pipe"] });
  const run = { home, stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (part) => { run[name] += part; });
  run.ended = new Promise((resolve) => child.on("close", resolve));
  cleanup(t, () => { child.kill(); return run.ended; });
  run.code = () => until("a code", () => /type the code (\S+)\n/.exec(run.stderr)?.[1]);
  return run;
}

const startedBed = (t, tokens = { policy: "signed-in" }) => startBed(t, { loginHost: host, login: { tokens } });

async function decide(bed, run, fields) {
  const alice = await bed.signedIn("alice");
  const page = await alice.open(/Open (\S+)\n/.exec(run.stderr)[1]);
  const shown = await alice.submit(page, { code: await run.code() });
  if (fields) return (await alice.submit(shown, fields)).expect(200);
  const denying = { ...shown, body: shown.body.slice(shown.body.lastIndexOf("<form")) };
  Object.setPrototypeOf(denying, Object.getPrototypeOf(shown));
  return (await alice.submit(denying)).expect(200);
}

test("the token goes to a file that only its user reads, and opens what its owner chose", async (t) => {
  const bed = await startedBed(t);
  const run = startLogin(t, bed, ["--name", "build machine"]);
  await run.code();
  await decide(bed, run, { name: "laptop", days: "2", place: "app.test/" });
  assert.equal(await run.ended, 0, run.stderr);
  const file = path.join(run.home, ".config", "gateway", `${new URL(bed.url(host)).host.replace(":", "_")}.token`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
  const token = readFileSync(file, "utf8").trim();
  assert.ok(!run.stderr.includes(token) && run.stdout === "");
  const bring = (name) => bed.visitor({ navigates: false }).get(bed.url(name), { headers: { Authorization: `Bearer ${token}` } });
  (await bring("app.test")).expect(200);
  (await bring("wiki.test")).expect(403);
});

test("with --print the token is all of standard output; one that is not allowed leaves nothing", async (t) => {
  const bed = await startedBed(t);
  const printed = startLogin(t, bed, ["--print"]);
  const refused = startLogin(t, bed);
  await Promise.all([printed.code(), refused.code()]);
  await decide(bed, printed, { name: "laptop", days: "2", place: "app.test/" });
  await decide(bed, refused);
  assert.equal(await printed.ended, 0, printed.stderr);
  assert.match(printed.stdout, /^gwt_[\w-]{43}\n$/);
  assert.equal(existsSync(path.join(printed.home, ".config")), false);
  assert.equal(await refused.ended, 1);
  assert.match(refused.stderr, /it was not allowed\n$/);
  assert.equal(existsSync(path.join(refused.home, ".config")), false);
});

test("what is no gateway with tokens, or not to be trusted, is said in one line", async (t) => {
  const bed = await startedBed(t, "off");
  const off = startLogin(t, bed);
  assert.equal(await off.ended, 1);
  assert.match(off.stderr, /^gateway: https:\/\/login\.app\.localhost:\d+: it gives no tokens to programs \(login\.tokens, --prefix\)\n$/);
  const untrusted = runGateway(["login", bed.url(host)], { environment: { HOME: scratch("home") } });
  assert.equal(untrusted.status, 1);
  assert.match(untrusted.stderr, /^gateway: https:.*certificate.*\n$/i);
  for (const words of [[], ["http://auth.test"], ["auth.test"], [bed.url(host), "--print", "--file", "x"]]) assert.notEqual(runGateway(["login", ...words]).status, 0);
});
