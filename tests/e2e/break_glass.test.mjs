// The account for emergencies: the operator gets in by password and one-time code while no provider answers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, startBrowser } from "./support/browser.mjs";
import { binary, runGateway, startGateway, writeConfig } from "./support/gateway.mjs";
import { fieldOf } from "./support/http_message.mjs";
import { scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

const password = "correct horse battery";
const user = ["root", "--email", "root@example.test", "--group", "admins", "--group", "staff"];

/// An account as `gateway break-glass` makes it, in a file that only its owner reads.
function makeAccount() {
  const made = runGateway(["break-glass", ...user], { input: `${password}\n` });
  assert.equal(made.status, 0, made.stderr);
  const account = JSON.parse(made.stdout);
  assert.equal(/otpauth:\/\/totp\/gateway:root\?secret=([A-Z2-7]{32})&issuer=gateway/.exec(made.stderr)?.[1], account.totp);
  const file = path.join(scratch("account"), "break-glass.json");
  writeFileSync(file, made.stdout, { mode: 0o600 });
  return { ...account, file };
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The code of the step now (or `later` steps later), by RFC 6238.
function codeOf({ totp }, later = 0) {
  const bits = [...totp].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const usual = (account, more = {}) => ({ break_glass: { account: { file: account.file }, ...more } });
const page = (bed, rest = "") => bed.url("auth.test", `/oauth2/break_glass${rest}`);
const send = (url, visitor, fields, headers = {}) => visitor.post(url, {
  body: new URLSearchParams(fields).toString(),
  headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: new URL(url).origin, "Sec-Fetch-Site": "same-origin", ...headers },
});

for (const store of ["cookie", "storage"]) {
  test(`with store: ${store} the operator gets in while the provider is away, for an hour`, async (t) => {
    const account = makeAccount();
    const file = path.join(scratch("audit"), "audit.log");
    const bed = await startBed(t, {
      login: { session: { store }, ...usual(account) }, config: (parts) => ({ ...parts, log: { audit: file } }),
      policies: { staff: { allow: [{ provider: "break-glass", group: ["staff"] }] } },
    });
    await bed.provider.close();
    const root = bed.visitor();
    const form = (await root.get(page(bed, `?rd=${encodeURIComponent(bed.url("app.test", "/deep?x=1"))}`))).expect(200);
    assert.equal(form.headers["cache-control"], "no-store");
    assert.match(form.headers["content-security-policy"], /form-action/);
    const opened = (await root.submit(form, { password, code: codeOf(account).replace(/^.../, "$& ") })).expect(200);
    assert.equal(opened.url, bed.url("app.test", "/deep?x=1"));
    const seen = bed.origin.requests.at(-1);
    assert.equal(fieldOf(seen, "X-Auth-Request-User"), "root");
    assert.equal(fieldOf(seen, "X-Auth-Request-Email"), "root@example.test");
    assert.equal(fieldOf(seen, "X-Auth-Request-Groups"), "admins,staff");
    (await root.open(bed.url("wiki.test", "/"))).expect(200);
    assert.match((await root.open(bed.url("auth.test", "/oauth2/sessions"))).expect(200).body, /root/);

    const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const came = lines.find(({ act }) => act === "break_glass");
    assert.deepEqual([came.level, came.user, came.by, came.client, came.path], ["warn", "root", "break-glass", "127.0.0.1", "/oauth2/break_glass"]);
    assert.ok(bed.gateway.events.some(({ level, message }) => level === "warn" && message === "the account for emergencies signed in"));
    // Signing out ends it.
    await root.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test").replace(/\/$/, ""), "Sec-Fetch-Site": "same-origin" }, body: "" });
    assert.notEqual((await root.get(bed.url("app.test", "/x"))).status, 200);
    assert.ok(!`${readFileSync(file, "utf8")}${bed.gateway.stderr.text}`.includes("horse"));
  });
}

test("a session of the account ends with its time, with the account, and by the operator", async (t) => {
  const account = makeAccount();
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { login: usual(account, { lifetime: "5m" }), start: { environment: { RUNTIME_DIRECTORY: folder } } });
  const control = path.join(folder, "control.sock");
  const root = bed.visitor();
  (await send(page(bed), root, { password, code: codeOf(account) })).expect(303);
  (await root.open(bed.url("app.test", "/"))).expect(200);
  const [line] = runGateway(["sessions", "list", "--control", control]).stdout.trim().split("\n");
  const [, since, ends] = /^[0-9a-f]{32} {2}root at break-glass {2}since (.*?) {2}until (.*?) {2}/.exec(line) ?? assert.fail(line);
  assert.equal(Date.parse(ends) - Date.parse(since), 300_000);
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  const before = readFileSync(file, "utf8");
  const reload = (text) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    const reloaded = runGateway(["reload", "--control", control]);
    assert.equal(reloaded.status, 0, reloaded.stderr);
  };
  const without = JSON.parse(before);
  delete without.login.break_glass;
  reload(JSON.stringify(without));
  assert.equal((await root.get(bed.url("app.test", "/"))).status, 302);
  (await bed.visitor().get(page(bed))).expect(404);
  reload(before);
  (await root.get(bed.url("app.test", "/"))).expect(200);
  const told = runGateway(["sessions", "revoke", "--user", "root@example.test", "--control", control]);
  assert.equal(told.status, 0, told.stderr);
  assert.equal((await root.get(bed.url("app.test", "/"))).status, 302);
});

test("what is wrong is not told, a code counts once on all replicas, and tries are few", async (t) => {
  const account = makeAccount();
  const storage = path.join(scratch("shared"), "storage");
  let settings;
  const bed = await startBed(t, { login: usual(account), config: (parts) => { settings = { ...parts, storage, workers: 2 }; return settings; } });
  const second = await startGateway(t, settings);
  await second.event("provider is ready");
  const shown = ({ status, body }) => [status, body.replace(/[0-9a-f]{32}/g, "")];
  const wrongPassword = await send(page(bed), bed.visitor(), { password: "wrong horse battery", code: codeOf(account) });
  const wrongCode = await send(page(bed), bed.visitor(), { password, code: codeOf(account, 9) });
  assert.equal(wrongPassword.status, 403);
  assert.deepEqual(shown(wrongPassword), shown(wrongCode));
  assert.deepEqual(wrongPassword.setCookies, []);
  const code = codeOf(account);
  (await send(page(bed), bed.visitor(), { password, code })).expect(303);
  assert.deepEqual(shown(await send(page(bed), bed.visitor(), { password, code })), shown(wrongCode));
  assert.deepEqual((await send(second.url("auth.test", "/oauth2/break_glass"), bed.visitor(), { password, code })).status, 403);
  (await send(page(bed), bed.visitor(), { password: "x", code })).expect(403);
  const over = (await send(page(bed), bed.visitor(), { password, code: codeOf(account, 1) })).expect(429);
  assert.equal(over.headers["retry-after"], "900");
  const lines = () => bed.gateway.events.filter(({ act }) => act === "break_glass_refused");
  const refused = await until("a line for each", () => lines().length === 5 && lines());
  assert.deepEqual(refused.map(({ level }) => level), Array(5).fill("warn"));
  for (const process of [bed.gateway, second]) {
    for (const secret of ["horse", account.totp, account.password, code]) assert.ok(!process.stderr.text.includes(secret), `the log has ${secret}`);
  }
});

test("the form is our own page's alone, and others' addresses have none", async (t) => {
  const account = makeAccount();
  const bed = await startBed(t, { login: usual(account, { from: ["127.0.0.1"] }) });
  for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": null, Origin: "https://evil.test" }, { "Sec-Fetch-Mode": "cors" }, { "Sec-Fetch-Site": null, Origin: null }])
    (await send(page(bed), bed.visitor(), { password, code: codeOf(account) }, headers)).expect(403);
  (await bed.visitor().get(bed.url("app.test", "/oauth2/break_glass"))).expect(404);
  (await bed.visitor().request("PUT", page(bed))).expect(405);
  for (const rd of ["https://evil.test/", "//evil.test", "javascript:alert(1)", "https://app.test@evil.test/"]) {
    const asked = (await bed.visitor().get(page(bed, `?rd=${encodeURIComponent(rd)}`))).expect(200);
    assert.ok(!asked.body.includes("evil.test") && !asked.body.includes("alert"), asked.body);
  }
  const sent = (await send(page(bed), bed.visitor(), { password, code: codeOf(account), rd: "https://evil.test/" })).expect(303);
  assert.equal(sent.location, bed.url("auth.test", "/oauth2/apps"));
  const inside = makeAccount();
  const other = await startBed(t, { login: usual(inside, { from: ["10.0.0.0/8"] }) });
  (await other.visitor().get(page(other))).expect(404);
  (await send(page(other), other.visitor(), { password, code: codeOf(inside) })).expect(404);
});

test("where the account may not enter, the page leads back to its own sign-in", async (t) => {
  const account = makeAccount();
  const bed = await startBed(t, { login: usual(account), policies: { staff: { allow: [{ email: ["alice@example.test"] }] } } });
  const root = bed.visitor();
  (await send(page(bed), root, { password, code: codeOf(account) })).expect(303);
  const denied = (await root.open(bed.url("wiki.test", "/x"))).expect(403);
  const [, again] = /href="([^"]*break_glass[^"]*)"/.exec(denied.body) ?? assert.fail(denied.body);
  assert.equal(again.replaceAll("&amp;", "&"), page(bed, `?rd=${encodeURIComponent(bed.url("wiki.test", "/x"))}`));
  (await root.get(again.replaceAll("&amp;", "&"))).expect(200);
});

test("the account makes no tokens that outlive it", async (t) => {
  const account = makeAccount();
  const bed = await startBed(t, { login: { ...usual(account), tokens: { policy: "signed-in" } } });
  const root = bed.visitor();
  (await send(page(bed), root, { password, code: codeOf(account) })).expect(303);
  (await root.get(bed.url("auth.test", "/oauth2/tokens"))).expect(403);
  (await root.get(bed.url("auth.test", "/oauth2/device"))).expect(403);
});

test("requests are served while a password is looked at", async (t) => {
  const account = makeAccount();
  // The dearest hash that is allowed: some seconds of one processor.
  const dear = account.password.replace("ln=15,r=8,p=3", "ln=18,r=8,p=8");
  writeFileSync(account.file, JSON.stringify({ ...account, file: undefined, password: dear }), { mode: 0o600 });
  const bed = await startBed(t, { login: usual(account), config: (parts) => ({ ...parts, workers: 1 }) });
  const alice = await bed.signedIn("alice");
  let isAnswered = false;
  const trying = send(page(bed), bed.visitor(), { password, code: codeOf(account) }).then((answer) => { isAnswered = true; return answer; });
  // By control too: a sign-in asks it.
  await bed.signedIn("bob");
  for (let i = 0; i < 20; ++i) (await alice.get(bed.url("app.test", "/x"))).expect(200);
  assert.equal(isAnswered, false, "the hash was faster than the requests: make it dearer");
  (await trying).expect(403);
});

test("gateway check refuses an account file that all may read, and the command what is no password", () => {
  const account = makeAccount();
  chmodSync(account.file, 0o644);
  const file = writeConfig({
    listen: { https: "127.0.0.1:8443", http: "off" }, tls: { certificates: [] }, login: { host: "auth.test", ...usual(account) }, routes: [],
  });
  assert.match(runGateway(["check", file]).stderr, /everybody on this machine may read .*break-glass\.json/);
  const short = runGateway(["break-glass", ...user], { input: "short\n" });
  assert.equal(short.status, 1);
  assert.equal(short.stdout, "");
  assert.match(short.stderr, /12 bytes/);
  assert.equal(runGateway(["break-glass"]).status, 2);
});

test("in a browser the operator signs in by keyboard", { skip: !hasBrowser && "no Chromium on this machine" }, async (t) => {
  const account = makeAccount();
  const bed = await startBed(t, { login: usual(account) });
  await bed.provider.close();
  const tab = await (await startBrowser(t, { javaScriptEnabled: false, locale: "de" })).newPage();
  await tab.goto(page(bed, `?rd=${encodeURIComponent(bed.url("app.test", "/in"))}`));
  assert.equal(await tab.locator("h1").textContent(), "Anmeldung im Notfall");
  await tab.keyboard.type(password);
  await tab.keyboard.press("Tab");
  await tab.keyboard.type("000000");
  await tab.keyboard.press("Enter");
  await tab.waitForSelector("[role=alert]");
  await tab.getByLabel("Passwort").fill(password);
  await tab.getByLabel("Code").fill(codeOf(account));
  await tab.getByRole("button").click();
  await tab.waitForURL(bed.url("app.test", "/in"));
});

/// Runs `gateway break-glass` on a terminal, interrupts it at its question, and says how it ended and whether the terminal shows what is typed.
const onTerminal = `
import fcntl, os, signal, sys, termios
terminal, inside = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(inside, termios.TIOCSCTTY, 0)
    for stream in range(3):
        os.dup2(inside, stream)
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while b"Password: " not in shown:
    shown += os.read(terminal, 1024)
echoes = lambda: bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
print("quiet" if not echoes() else "loud")
os.write(terminal, b"half a pass\\x03")
_, status = os.waitpid(pid, 0)
print("ended by " + signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else status)
print("quiet" if not echoes() else "loud")
`;

test("Ctrl-C at the question for the password leaves the terminal as it was", () => {
  const run = spawnSync("python3", ["-c", onTerminal, binary, "break-glass", "root"], { encoding: "utf8", timeout: seconds(20) });
  assert.deepEqual(run.stdout.trim().split("\n"), ["quiet", "ended by SIGINT", "loud"], run.stderr);
});
