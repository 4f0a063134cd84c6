// What a person is shown by the gateway itself: in which language, under which name, and who can use it how.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed, users } from "./support/bed.mjs";
import { hasBrowser, screenshot, startBrowser } from "./support/browser.mjs";
import { reservePorts, runGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";

const needsBrowser = { skip: !hasBrowser && "no Chromium on this machine" };
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/// What axe-core finds on the page as it stands. It is put there past the page's policy, which allows no script.
async function findings(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], preload: false }));
  assert.ok(passes.length > 5, "axe looked at nothing");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

test("each page is in the language that the browser asks for, and what programs get is in English", async (t) => {
  const bed = await startBed(t);
  const visitor = bed.visitor();
  const unread = bed.url("auth.test", "/oauth2/callback?code=x&state=y");
  for (const [asked, language, heading] of [
    ["de-AT,de;q=0.9,en;q=0.8", "de", "Die Anmeldung hat nicht funktioniert"],
    ["ja, fr-CH;q=0.7", "fr", "La connexion a échoué"],
    ["es", "es", "No se pudo iniciar sesión"],
    ["ja", "en", "Sign-in did not work"],
    ["de;q=2", "en", "Sign-in did not work"],
  ]) {
    const page = await visitor.get(unread, { headers: { "Accept-Language": asked } }).expect(400);
    assert.match(page.body, new RegExp(`<html lang="${language}">[^]*<h1>${heading}</h1>`), asked);
    assert.deepEqual([page.headers["content-language"], page.headers.vary], [language, "Accept-Language"]);
  }
  const missing = await visitor.get(bed.url("app.test", "/oauth2/nothing"), { headers: { "Accept-Language": "de" } }).expect(404);
  assert.match(missing.body, /Hier gibt es nichts/);
  const program = await visitor.get(unread, { headers: { "Accept-Language": "de", Accept: "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" } }).expect(400);
  assert.match(program.json().error.message, /^This browser has no sign-in under way/);
});

test("the operator's own pages, logo and address of help stand in for the built-in ones, and a bad one stops check, start and reload", async (t) => {
  const directory = scratch("pages");
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "error.html"), '<html lang="{language}">{logo}<h1>{heading}</h1><p>{title} {env.HOME} {{title}}</p>{message}{footer}');
  writeFileSync(path.join(directory, "error.de.html"), "<p>Nur auf Deutsch: {status}</p>");
  const logo = path.join(directory, "logo.svg");
  writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>');
  const look = { title: "{user} & Sons", directory, logo, support: "help@sons.test" };
  const control = path.join(scratch("control"), "run");
  const bed = await startBed(t, { login: { pages: look }, start: { environment: { RUNTIME_DIRECTORY: control } } });
  const reload = () => runGateway(["reload", "--control", path.join(control, "control.sock")]);
  const visitor = bed.visitor();
  const missing = (asked) => visitor.get(bed.url("app.test", "/oauth2/nothing"), { headers: { "Accept-Language": asked } }).expect(404);
  const page = (await missing("fr")).body;
  assert.match(page, /^<html lang="fr"><img src="data:image\/svg\+xml;base64,[^"]+" alt=""><h1>Il n’y a rien ici<\/h1><p>\{user\} &amp; Sons \{env\.HOME\} \{\{user\} &amp; Sons\}<\/p>/);
  assert.match(page, /Aide <a href="mailto:help@sons\.test">/);
  assert.equal((await missing("de")).body, "<p>Nur auf Deutsch: 404</p>");
  const chooser = await visitor.get(bed.url("app.test", "/oauth2/signed_out"));
  assert.match(chooser.body, /\{user\} &amp; Sons/);
  assert.match(chooser.headers["content-security-policy"], /img-src data:/);
  writeFileSync(path.join(directory, "error.de.html"), "<p>Neu: {status}</p>");
  assert.equal(reload().status, 0);
  assert.equal((await missing("de")).body, "<p>Neu: 404</p>");
  writeFileSync(path.join(directory, "error.de.html"), "<p>{statsu}</p>");
  assert.match(reload().stderr, /error\.de\.html: line 1: unknown placeholder \{statsu\}/);
  assert.equal((await missing("de")).body, "<p>Neu: 404</p>");
  writeFileSync(path.join(directory, "error.de.html"), "");
  writeFileSync(path.join(directory, "pending.html"), "<p>\n{usr}</p>");
  const config = writeConfig({ ...usualConfig(await reservePorts(), scratch("storage")), login: { pages: look }, routes: [{ host: "app.test", to: "http://127.0.0.1:1", public: true }] });
  const checked = runGateway(["check", config]);
  assert.equal(checked.status, 1);
  assert.match(checked.stderr, /pending\.html: line 2: unknown placeholder \{usr\}; known are language, title/);
  assert.match(runGateway(["run", "--config", config]).stderr, /pending\.html: line 2/);
});

/// Lets `visit` look at pages in each language, light or dark, in a wide window or a narrow one.
function inEachLanguage(browser, visit) {
  return Promise.all([["en", "light", 1100], ["de", "dark", 1100], ["fr", "light", 360], ["es", "dark", 360]].map(async ([locale, colorScheme, width]) => {
    const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 760 } });
    const page = await context.newPage();
    const look = async (name, url) => {
      if (url) await page.goto(url);
      assert.equal(await page.getAttribute("html", "lang"), locale, name);
      assert.deepEqual(await findings(page), [], `${name} in ${locale}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} in ${locale} is wider than the window`);
      if (locale === "en" || locale === "es") await screenshot(page, `page-${name}-${colorScheme}-${width}`);
    };
    await visit(page, look, context, locale);
    await context.close();
  }));
}

test("axe-core finds nothing on any page, in any language, light or dark", needsBrowser, async (t) => {
  const bed = await startBed(t, {
    policies: { waits: { allow: [{ group: ["staff"] }], otherwise: "pending" } },
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "signed-in" },
      { host: "wiki.test", to: origin.url, policy: "waits" },
      { host: "other.test", to: origin.url, policy: "staff" },
    ],
    config: (parts, own) => ({ ...parts, login: { ...parts.login, tokens: { policy: "signed-in" }, pages: { title: "Example Labs", support: "help@example.test" },
      providers: { main: own.provider.configuration({ title: "Example Company" }), second: own.provider.configuration({ title: "Partners", client_id: "gateway" }) } } }),
  });
  const browser = (await startBrowser(t)).browser();
  bed.provider.user = { sub: "u-9", email: "guest@elsewhere.test", email_verified: true, groups: [] };
  await inEachLanguage(browser, async (page, look, context) => {
    await look("sign-in", bed.url("app.test", "/"));
    await look("error", bed.url("auth.test", "/oauth2/callback?code=x&state=y"));
    await page.goto(bed.url("app.test", "/form"));
    await page.getByText("Example Company").click();
    await page.waitForURL("**/form");
    for (const name of ["apps", "sessions", "tokens"]) await look(name, bed.url("app.test", `/oauth2/${name}`));
    await look("device", bed.url("auth.test", "/oauth2/device"));
    await look("denied", bed.url("other.test", "/"));
    await look("pending", bed.url("wiki.test", "/"));
    await page.goto(bed.url("app.test", "/form"));
    await page.evaluate(() => { document.body.innerHTML = '<form method="post" action="/save"><input name="text" value="mine"><button>Save</button></form>'; });
    await context.clearCookies();
    await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.click("button")]);
    await page.waitForLoadState();
    await look("form", undefined);
    await look("signed-out", bed.url("app.test", "/oauth2/signed_out"));
  });
});

test("nor on those where somebody decides: approvals, tokens, devices, emergencies, signing out", needsBrowser, async (t) => {
  const account = runGateway(["break-glass", "root"], { input: "correct horse battery\n" });
  const file = path.join(scratch("account"), "break-glass.json");
  writeFileSync(file, account.stdout, { mode: 0o600 });
  const bed = await startBed(t, {
    policies: { asking: { allow: [{ group: ["nobody"] }], otherwise: "pending", approval: { admins: "admins" } } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in" }, { host: "wiki.test", to: origin.url, policy: "asking" }],
    login: { tokens: { policy: "signed-in" }, break_glass: { account: { file } } },
  });
  for (const name of ["carol", "bob"]) await bed.signedIn(name, "wiki.test").then((visitor) => visitor.open(bed.url("wiki.test", "/")));
  bed.provider.user = users.alice;
  const program = bed.visitor({ navigates: false });
  const browser = (await startBrowser(t)).browser();
  await inEachLanguage(browser, async (page, look, context, locale) => {
    await look("break-glass", bed.url("auth.test", "/oauth2/break_glass"));
    await page.fill("input[type=password]", "wrong");
    await page.fill("input[name=code]", "000000");
    await Promise.all([page.waitForNavigation(), page.press("input[type=password]", "Enter")]);
    await look("break-glass-refused");
    await page.goto(bed.url("app.test", "/"));
    await look("approvals", bed.url("auth.test", "/oauth2/approvals"));
    assert.match(await page.content(), /carol@elsewhere\.test/);
    await look("sign-out-asked", bed.url("app.test", "/oauth2/sign_out"));
    await page.goto(bed.url("auth.test", "/oauth2/tokens"));
    await page.fill("input[name=name]", `of ${locale}`);
    await page.locator("input[name=place]").first().check();
    await Promise.all([page.waitForNavigation(), page.press("input[name=name]", "Enter")]);
    assert.match(await page.content(), /gwt_[\w-]{43}/);
    await look("token-shown");
    const begun = await program.post(bed.url("auth.test", "/oauth2/device/code"), { body: new URLSearchParams({ client_id: "deploy" }).toString(), headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    await page.goto(bed.url("auth.test", "/oauth2/device"));
    await page.fill("input[name=code]", begun.json().user_code);
    await Promise.all([page.waitForNavigation(), page.press("input[name=code]", "Enter")]);
    await look("device-shown");
  });
});

test("without a script, by Tab and Enter alone, a person signs in, goes from page to page and signs out", needsBrowser, async (t) => {
  const bed = await startBed(t, { login: { tokens: { policy: "signed-in" } }, config: (parts, own) => ({ ...parts, login: { ...parts.login, providers: {
    main: own.provider.configuration({ title: "Example Company" }), second: own.provider.configuration({ title: "Partners", client_id: "gateway" }) } } }) });
  const browser = (await startBrowser(t)).browser();
  const page = await (await browser.newContext({ javaScriptEnabled: false, locale: "en" })).newPage();
  /// Goes to what is called so, and presses Enter.
  const choose = async (name, url) => {
    const focused = page.locator(":focus");
    for (let i = 0; i < 20; ++i) {
      await page.keyboard.press("Tab");
      if ((await focused.count()) && (await focused.textContent()) === name) break;
    }
    assert.equal(await focused.textContent(), name, "it cannot be reached by keyboard");
    assert.notEqual(await focused.evaluate((element) => getComputedStyle(element).outlineStyle), "none", "where the keyboard is cannot be seen");
    await Promise.all([page.waitForURL(url), page.keyboard.press("Enter")]);
  };
  await page.goto(bed.url("app.test", "/here"));
  await choose("Continue with Partners", bed.url("app.test", "/here"));
  await page.goto(bed.url("app.test", "/oauth2/apps"));
  await choose("Sessions", "**/oauth2/sessions");
  await choose("Apps", "**/oauth2/apps");
  await choose("wiki.test", bed.url("wiki.test", "/"));
  await page.goto(bed.url("app.test", "/oauth2/sessions"));
  await choose("Sign out everywhere", "**/oauth2/signed_out**");
  assert.equal((await page.goto(bed.url("wiki.test", "/"))).url().includes("/oauth2/"), true, "the session lives on elsewhere");
});
