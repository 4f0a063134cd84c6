// Pages on which a person decides something, by the keyboard alone and without a script: asking for access, deciding about it, and sending
// again what a sign-in interrupted.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, startBrowser } from "./support/browser.mjs";
import { answer } from "./support/origin.mjs";

const needsBrowser = { skip: !hasBrowser && "no Chromium on this machine" };

/// A page of its own without scripts (but `script`), and a way to choose what is called so by Tab and Enter.
async function keyboardOf(browser, options = {}) {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en", ...options });
  const page = await context.newPage();
  const focus = async (name) => {
    const focused = page.locator(":focus");
    for (let i = 0; i < 30; ++i) {
      await page.keyboard.press("Tab");
      if ((await focused.count()) && (await focused.textContent()).trim() === name) return;
    }
    assert.fail(`"${name}" cannot be reached by keyboard on ${page.url()}`);
  };
  const choose = async (name, url) => {
    await focus(name);
    await Promise.all([page.waitForURL(url), page.keyboard.press("Enter")]);
  };
  /// Goes to the field that the form calls so.
  const field = async (name) => {
    const focused = page.locator(":focus");
    for (let i = 0; i < 30; ++i) {
      if ((await focused.count()) && (await focused.getAttribute("name")) === name) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`the field ${name} cannot be reached by keyboard on ${page.url()}`);
  };
  /// Presses Enter and waits for what comes of the form.
  const send = async () => {
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  };
  return { context, page, focus, choose, field, send };
}

const signInAs = (bed, name, groups) => { bed.provider.user = { sub: `u-${name}`, email: `${name}@example.test`, email_verified: true, groups }; };

test("by keyboard a newcomer asks for access and an administrator lets them in", needsBrowser, async (t) => {
  const bed = await startBed(t, {
    policies: { asking: { allow: [{ group: ["nobody"] }], approval: { admins: "admins" } } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "asking" }, { host: "wiki.test", to: origin.url, policy: "signed-in" }],
    origin: { reply: () => answer(200, "<!doctype html><title>in</title><h1>here</h1>", [["Content-Type", "text/html"]]) },
  });
  const browser = (await startBrowser(t)).browser();
  const newcomer = await keyboardOf(browser);
  signInAs(bed, "carol", []);
  assert.equal((await newcomer.page.goto(bed.url("app.test", "/"))).status(), 403);
  await newcomer.focus("Ask for access");
  await Promise.all([newcomer.page.waitForResponse((response) => response.request().method() === "POST"), newcomer.page.keyboard.press("Enter")]);
  await newcomer.page.waitForURL(bed.url("app.test", "/"));

  const admin = await keyboardOf(browser);
  signInAs(bed, "root", ["admins"]);
  await admin.page.goto(bed.url("wiki.test", "/"));
  await admin.page.goto(bed.url("auth.test", "/oauth2/approvals"));
  assert.match(await admin.page.content(), /carol@example\.test/);
  await admin.focus("Approve");
  await Promise.all([admin.page.waitForResponse((response) => response.request().method() === "POST"), admin.page.keyboard.press("Enter")]);
  await admin.page.waitForURL("**/oauth2/approvals");
  assert.equal((await newcomer.page.goto(bed.url("app.test", "/"))).status(), 200);
});

test("by keyboard a form that came too late is sent again after the sign-in", needsBrowser, async (t) => {
  const seen = [];
  const bed = await startBed(t, { origin: { reply: (request) => {
    if (request.method === "POST") seen.push(String(request.body));
    return answer(200, '<!doctype html><title>app</title><form method="post" action="/save"><input type="hidden" name="text" value="mine"><button>Save</button></form>', [["Content-Type", "text/html"]]);
  } } });
  const browser = (await startBrowser(t)).browser();
  const { context, page, focus, choose } = await keyboardOf(browser);
  signInAs(bed, "alice", []);
  await page.goto(bed.url("app.test", "/form"));
  await context.clearCookies();
  await choose("Save", "**/save");
  assert.equal(seen.length, 0);
  await focus("Sign in");
  const [tab] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("Enter")]);
  await tab.waitForURL(/app\.test/);
  await page.bringToFront();
  await focus("Send");
  await Promise.all([page.waitForResponse((response) => response.request().method() === "POST" && response.status() === 200), page.keyboard.press("Enter")]);
  assert.deepEqual(seen, ["text=mine"]);
});

test("by keyboard a person makes a token and revokes it, lets a device in and sends another away, and ends another session", needsBrowser, async (t) => {
  const bed = await startBed(t, { login: { tokens: { policy: "signed-in" } }, origin: { reply: () => answer(200, "<!doctype html><title>in</title><h1>here</h1>", [["Content-Type", "text/html"]]) } });
  const browser = (await startBrowser(t)).browser();
  signInAs(bed, "alice", []);
  const elsewhere = bed.visitor();
  await elsewhere.open(bed.url("app.test", "/"));
  const { page, focus, field, send } = await keyboardOf(browser);
  await page.goto(bed.url("app.test", "/"));

  await page.goto(bed.url("auth.test", "/oauth2/tokens"));
  await field("name");
  await page.keyboard.type("build");
  await field("place");
  await page.keyboard.press("Space");
  await focus("Make a token");
  await send();
  const [token] = /gwt_[\w-]{43}/.exec(await page.content());
  const program = bed.visitor({ navigates: false });
  const bring = () => program.get(bed.url("app.test", "/x"), { headers: { Authorization: `Bearer ${token}` } });
  await bring().expect(200);
  await focus("Revoke");
  await send();
  await bring().expect(401);

  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const ask = (at, fields) => program.post(bed.url("auth.test", `/oauth2/device/${at}`), { body: new URLSearchParams({ client_id: "deploy", ...fields }).toString(), headers: form });
  for (const [decision, error] of [["Deny", "access_denied"], ["Allow", undefined]]) {
    const begun = (await ask("code", {}).expect(200)).json();
    await page.goto(begun.verification_uri);
    await field("code");
    await page.keyboard.type(begun.user_code);
    await send();
    if (decision === "Allow") {
      await field("place");
      await page.keyboard.press("Space");
    }
    await focus(decision);
    await send();
    const told = (await ask("token", { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: begun.device_code })).json();
    assert.equal(told.error, error, decision);
  }

  await elsewhere.get(bed.url("app.test", "/still")).expect(200);
  await page.goto(bed.url("auth.test", "/oauth2/sessions"));
  await focus("End this session");
  await send();
  await elsewhere.get(bed.url("app.test", "/gone")).expect(302);
  assert.equal((await page.goto(bed.url("app.test", "/mine"))).url(), bed.url("app.test", "/mine"));
});

test("by keyboard an administrator sends somebody away", needsBrowser, async (t) => {
  const bed = await startBed(t, {
    policies: { asking: { allow: [{ group: ["nobody"] }], otherwise: "pending", approval: { admins: "admins" } } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "asking" }, { host: "wiki.test", to: origin.url, policy: "signed-in" }],
  });
  const browser = (await startBrowser(t)).browser();
  signInAs(bed, "carol", []);
  const carol = bed.visitor();
  assert.match((await carol.open(bed.url("app.test", "/"))).body, /Waiting for approval/);
  signInAs(bed, "root", ["admins"]);
  const admin = await keyboardOf(browser);
  await admin.page.goto(bed.url("wiki.test", "/"));
  await admin.page.goto(bed.url("auth.test", "/oauth2/approvals"));
  await admin.focus("Reject");
  await admin.send();
  assert.doesNotMatch((await carol.get(bed.url("app.test", "/")).expect(403)).body, /Waiting for approval/);
});
