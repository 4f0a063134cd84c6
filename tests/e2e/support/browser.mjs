// Chromium with a home of its own, in which only the run's authority is trusted; every .test name is 127.0.0.1.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

import { chromium } from "playwright-core";

import { cleanup } from "./cleanup.mjs";
import { artifacts, authority, scratch } from "./run_folder.mjs";
import { seconds } from "./wait.mjs";

const program = process.env.CHROMIUM ?? "/usr/bin/chromium";
const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.test 127.0.0.1", "--no-first-run", "--disable-background-networking"];

export const hasBrowser = existsSync(program);

/// Starts a browser that closes with the test, and gives a context of it. options go to newContext (colorScheme, …).
export async function startBrowser(t, options = {}) {
  const home = scratch("browser");
  const database = path.join(home, ".pki/nssdb");
  mkdirSync(database, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${database}`, "-N", "--empty-password"]);
  execFileSync("certutil", ["-d", `sql:${database}`, "-A", "-t", "C,,", "-n", "run", "-i", authority().certificate]);
  const browser = await chromium.launch({ executablePath: program, headless: true, args: flags, env: { ...process.env, HOME: home }, timeout: seconds(60) });
  cleanup(t, () => browser.close());
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  context.setDefaultTimeout(seconds(30));
  return context;
}

/// Keeps a picture of the page in tests/e2e/artifacts.
export async function screenshot(page, name) {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: path.join(artifacts, `${name}.png`), fullPage: true });
}
