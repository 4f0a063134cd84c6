// The status of a running gateway: the page and JSON of listen.admin, by its socket and by admin_token, and `gateway status` (rows P04, P06, M17).
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { hasBrowser, screenshot, startBrowser } from "./support/browser.mjs";
import { messageOf, runGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";
import { startWatched } from "./support/watched.mjs";

const token = "0123456789abcdef-token";
const routes = (origin) => [
  { host: "app.test", to: origin.url, policy: "signed-in" },
  { host: "wiki.test", to: origin.url, policy: "alice" },
  { host: "other.test", to: "http://127.0.0.1:1", public: true },
];

/// A bed with an admin address, its socket, its token and a control socket.
async function startShown(t) {
  const folder = scratch("admin");
  const [socket, control, secret] = ["admin.sock", "run/control.sock", "token"].map((name) => path.join(folder, name));
  writeFileSync(secret, `${token}\n`, { mode: 0o600 });
  const bed = await startWatched(t, { routes, listen: { control, admin_token: { file: secret } }, sockets: [socket] });
  Object.assign(bed, { socket, control });
  bed.bySocket = (target, { method = "GET", headers = {}, body } = {}) => new Promise((resolve, reject) => {
    const request = http.request({ socketPath: socket, path: target, method, agent: false, headers: { host: "localhost", ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => { text += part; }).on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
  return bed;
}

test("the status needs the socket or the token, on loopback too; health and metrics need none", async (t) => {
  const bed = await startShown(t);
  const bearer = { authorization: `Bearer ${token}` };
  const basic = { authorization: `Basic ${Buffer.from(`anybody:${token}`).toString("base64")}` };
  for (const target of ["/", "/status"]) {
    const refused = await bed.admin(target);
    assert.equal(refused.status, 401, target);
    assert.match(String(refused.headers["www-authenticate"]), /Basic realm="gateway"/);
    assert.equal((await bed.admin(target, { headers: { authorization: "Bearer nonsense-nonsense" } })).status, 401);
    assert.equal((await bed.admin(target, { headers: { authorization: `Basic ${Buffer.from(`${token}:x`).toString("base64")}` } })).status, 401);
    for (const headers of [bearer, basic]) assert.equal((await bed.admin(target, { headers })).status, 200, target);
    assert.equal((await bed.admin(target, { headers: bearer, host: "evil.test" })).status, 421);
    assert.equal((await bed.bySocket(target)).status, 200, target);
    assert.equal((await bed.bySocket(target, { headers: { host: "evil.test" } })).status, 421);
  }
  for (const target of ["/livez", "/readyz", "/metrics"]) {
    assert.equal((await bed.admin(target)).status, 200, target);
    assert.equal((await bed.bySocket(target)).status, 200, target);
  }
  const told = await bed.gateway.event("listen.admin was shown what is not its token");
  assert.match(told.peer, /^127\.0\.0\.1:/);
  const all = () => bed.gateway.events.filter((event) => messageOf(event).includes("not its token"));
  assert.ok(all().length < 4, "a line for many, each with its count");
  assert.ok(!bed.gateway.stderr.text.includes("nonsense-nonsense"));
  assert.equal(statSync(bed.socket).mode & 0o777, 0o600);
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("app.test"), { headers: bearer })).status, 401, "M17: it opens nothing else");
});

test("without a token an address tells nobody who signed in", async (t) => {
  const bed = await startWatched(t, { routes });
  for (const target of ["/", "/status", "/reload"]) assert.notEqual((await bed.admin(target, { headers: { authorization: "Bearer " } })).status, 200, target);
  assert.equal((await bed.admin("/")).status, 403);
});

test("the status says what is served, who signed in and who was refused, on page, as JSON and in the terminal", async (t) => {
  const bed = await startShown(t);
  await bed.signedIn("alice");
  const bob = await bed.signedIn("bob");
  assert.equal((await bob.open(bed.url("wiki.test"))).status, 403);
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("other.test"))).status, 502);
  const report = JSON.parse((await bed.bySocket("/status")).body);
  assert.equal(report.ready, true);
  assert.ok(report.uptime_seconds >= 0);
  assert.equal(report.file.path, path.join(bed.gateway.folder, "gateway.yaml"));
  assert.equal(report.file.refused, null);
  const route = (name) => report.routes.find((one) => one.name === name);
  assert.ok(route("app.test/").answers["2xx"] >= 2);
  assert.deepEqual(route("app.test/").origins, [{ name: new URL(bed.origin.url).host, up: true }]);
  assert.equal(route("other.test/").upstream_failures, 1);
  assert.equal(route("wiki.test/").refused, 2, "once to be sent to the sign-in, once by the policy");
  assert.deepEqual(report.providers.map(({ name, ready }) => ({ name, ready })), [{ name: "main", ready: true }]);
  assert.ok(report.certificates.some((one) => one.names.includes("app.test") && one.renewal === null && Date.parse(one.not_after) > Date.now()));
  assert.ok(report.listeners.some((one) => one.for === "https" && one.address.endsWith(`:${bed.gateway.ports.https}`)));
  assert.ok(report.listeners.some((one) => one.for === "admin" && one.address === bed.socket));
  assert.deepEqual(report.sign_ins.map(({ act, by }) => `${act} ${by}`), ["sign_in main", "sign_in main"]);
  assert.match(report.sign_ins[1].user, /alice/);
  assert.deepEqual(report.refusals.map(({ act, host }) => `${act} ${host}`), ["denied wiki.test"]);

  const page = await bed.bySocket("/");
  assert.match(page.headers["content-type"], /text\/html/);
  assert.match(page.headers["content-security-policy"], /^default-src 'none'/);
  assert.equal(page.headers.refresh, "10");
  assert.equal((await bed.bySocket("/?pause")).headers.refresh, undefined);
  for (const word of ["app.test/", "alice", "bob", "denied", "main"]) assert.ok(page.body.includes(word), word);
  assert.ok(!page.body.includes("<script"));

  const shown = runGateway(["status", "--control", bed.control]);
  assert.equal(shown.status, 0, shown.stderr);
  for (const line of [/^gateway +\S+, up /m, /^state +ready$/m, /^route +app\.test\/ → /m, /^certificate +.*app\.test/m, /^provider +main ready$/m, /^storage +directory: /m]) assert.match(shown.stdout, line);
  assert.doesNotMatch(shown.stdout, /alice|bob/);
  const json = runGateway(["status", "--json", "--control", bed.control]);
  assert.equal(json.status, 0, json.stderr);
  assert.deepEqual(JSON.parse(json.stdout).routes.map(({ name }) => name), report.routes.map(({ name }) => name));
});

test("a command of a stranger's page is refused, and one of the operator's reads the file again", async (t) => {
  const bed = await startShown(t);
  const json = { "content-type": "application/json" };
  for (const headers of [{}, { "content-type": "text/plain" }, { ...json, origin: "https://evil.test" }, { ...json, origin: "null" }, { ...json, "sec-fetch-site": "cross-site" }])
    assert.equal((await bed.bySocket("/reload", { method: "POST", headers, body: "{}" })).status, 403, JSON.stringify(headers));
  assert.equal((await bed.bySocket("/reload")).status, 405);
  assert.equal((await bed.admin("/reload", { method: "POST", headers: json })).status, 401);
  assert.equal((await bed.bySocket("/reload", { method: "POST", headers: json, body: "{}" })).status, 202);
  await bed.gateway.event("reloaded");
  assert.equal(JSON.parse((await bed.bySocket("/status")).body).file.reloads, 1);
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("{", '{"adnim": {},'));
  await bed.gateway.event("not reloaded");
  const report = JSON.parse((await bed.bySocket("/status")).body);
  assert.match(report.file.refused, /adnim/);
  assert.match((await bed.bySocket("/")).body, /file as it is now was refused/);
});

test("the token is read with the file again", async (t) => {
  const bed = await startShown(t);
  writeFileSync(path.join(path.dirname(bed.socket), "token"), "another-token-of-sixteen\n");
  await until("the new token", async () => (await bed.admin("/status", { headers: { authorization: "Bearer another-token-of-sixteen" } })).status === 200);
  assert.equal((await bed.admin("/status", { headers: { authorization: `Bearer ${token}` } })).status, 401);
});

test("axe-core finds nothing on the status page, wide and narrow, light and dark", { skip: !hasBrowser && "no Chromium on this machine" }, async (t) => {
  const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  const bed = await startShown(t);
  await bed.signedIn("alice");
  await (await bed.signedIn("bob")).open(bed.url("wiki.test"));
  const browser = (await startBrowser(t)).browser();
  for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 400], ["dark", 400]]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, httpCredentials: { username: "operator", password: token } });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${bed.adminPort}/?pause`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], preload: false }));
    assert.ok(passes.length > 5, "axe looked at nothing");
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`), [], `${colorScheme} ${width}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}: wider than the window`);
    await screenshot(page, `status-${colorScheme}-${width}`);
    await context.close();
  }
});
