// `gateway demo`: no file and no network, a provider and an app of its own, and what it must refuse.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";

import { hasBrowser, screenshot, startBrowser } from "./support/browser.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { binary, Gateway } from "./support/gateway.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

/// Starts the demo in a folder of its own; gives it and the base URL of the app.
async function startDemo(t) {
  const folder = scratch("demo");
  const port = await reservePort();
  const child = spawn(binary, ["demo", "--port", String(port), "--directory", folder], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: folder } });
  const demo = new Gateway(child, { https: port }, folder);
  cleanup(t, () => demo.stop());
  const said = () => demo.stdout.text + demo.stderr.text;
  await until("the demo's address", () => said().includes(`https://app.localhost:${port}`) || demo.end, seconds(20));
  assert.equal(demo.end, undefined, said());
  const answers = () => new Promise((resolve) => https.get({ hostname: "127.0.0.1", port, servername: "app.localhost", headers: { Host: `app.localhost:${port}` }, rejectUnauthorized: false, agent: false }, (r) => { r.resume(); resolve(true); }).on("error", () => resolve(false)));
  await until("the demo to answer", answers, seconds(20));
  return { demo, folder, port, said };
}

test("the demo prints its address, keeps its keys to itself and ends when it is told to", async (t) => {
  const { folder, said, demo } = await startDemo(t);
  assert.match(said(), /https:\/\/app\.localhost:\d+/);
  const files = readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
  const keys = files.filter((file) => statSync(file).isFile() && /PRIVATE KEY/.test(readFileSync(file, "latin1")));
  for (const key of keys) assert.equal(statSync(key).mode & 0o077, 0, `${key} is readable by others`);
  assert.ok(existsSync(folder));
  await demo.stop();
});

test("the demo's provider answers nobody who does not call it by a localhost name", async (t) => {
  const { port } = await startDemo(t);
  for (const host of ["evil.test", "id.localhost.evil.test", "127.0.0.1", "localhost.evil.test"]) {
    const status = await new Promise((resolve) => https.get({ hostname: "127.0.0.1", port, servername: "app.localhost", path: "/.well-known/openid-configuration", headers: { Host: host }, rejectUnauthorized: false, agent: false }, (r) => { r.resume(); resolve(r.statusCode); }).on("error", () => resolve(0)));
    assert.ok(status === 421 || status === 400 || status === 0, `${host}: ${status}`);
  }
});

test("a person signs in to the demo with a browser, sees who he is, and is kept out of the admin's place", { skip: !hasBrowser && "no Chromium on this machine" }, async (t) => {
  const { port } = await startDemo(t);
  const context = await startBrowser(t, { ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`https://app.localhost:${port}/`);
  await screenshot(page, "demo-choose");
  await page.locator("button", { hasText: "bob@example.com" }).click();
  await page.waitForURL(`https://app.localhost:${port}/**`);
  await screenshot(page, "demo-app");
  assert.match(await page.textContent("body"), /bob@example\.com/, "the app does not show who signed in");
  await page.goto(`https://notes.localhost:${port}/`);
  assert.match(await page.textContent("body"), /bob@example\.com/, "the second app asks for another sign-in");
  const refused = await page.goto(`https://admin.localhost:${port}/`);
  assert.equal(refused.status(), 403);
  await screenshot(page, "demo-denied");
  await page.goto(`https://app.localhost:${port}/`);
  await page.click("text=sign out");
  await page.waitForURL("**/signed_out**");
  assert.equal(await page.textContent("h1"), "You are signed out");
  await page.goto(`https://notes.localhost:${port}/`);
  assert.match(page.url(), /https:\/\/id\.localhost/, "the second app is still signed in");
});
