// Chromium through the gateway: what a person sees and does. Pictures of each page are kept in artifacts/.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, screenshot, startBrowser } from "./support/browser.mjs";
import { answer } from "./support/origin.mjs";
import { startLyingProvider } from "./support/lying_provider.mjs";

const needsBrowser = { skip: !hasBrowser && "no Chromium on this machine" };
const html = (body) => answer(200, `<!doctype html><html lang="en"><title>app</title><body>${body}</body></html>`, [["Content-Type", "text/html; charset=utf-8"]]);
const reply = (request) => html(`<h1>${request.fields.find(([n]) => n.toLowerCase() === "x-auth-request-email")?.[1] ?? "nobody"}</h1><p id="target">${request.target}</p><a href="/next?a=1">next</a>`);

async function signIn(page, name) {
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", name);
  await page.click("button");
}

test("a person signs in, reads two apps, and signs out", needsBrowser, async (t) => {
  const bed = await startBed(t, { real: true, origin: { reply } });
  const context = await startBrowser(t);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(bed.url("app.test", "/deep?x=1#fragment"));
  await signIn(page, "alice");
  await page.waitForSelector("#target");
  assert.equal(await page.textContent("h1"), "alice@example.test");
  assert.equal(await page.textContent("#target"), "/deep?x=1");
  await page.click("text=next");
  assert.equal(await page.textContent("#target"), "/next?a=1");
  await page.goto(bed.url("wiki.test", "/w"));
  assert.equal(await page.textContent("#target"), "/w", "the second host asked for another sign-in");
  const cookies = await context.cookies();
  for (const cookie of cookies.filter((c) => c.name.includes("gateway"))) {
    assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite], [true, true, "Lax"], cookie.name);
    assert.ok(cookie.name.startsWith("__Host-"), cookie.name);
  }
  await page.goto(bed.url("app.test", "/oauth2/sign_out")); // typed: by whom, nobody knows
  await screenshot(page, "sign-out-asked");
  await page.click("button");
  await page.click("text=Yes, sign me out"); // the provider asks, too
  await page.waitForURL(bed.url("auth.test", "/oauth2/signed_out**"));
  assert.equal(await page.textContent("h1"), "You are signed out");
  await screenshot(page, "signed-out");
  const left = (await context.cookies(bed.url("app.test"))).map((c) => c.name).filter((name) => name === "__Host-gateway");
  assert.deepEqual(left, [], "the session cookie is still there");
  assert.deepEqual(faults, []);
});

test("the pages look right in light and dark, and run under their own policy", needsBrowser, async (t) => {
  const bed = await startBed(t, { origin: { reply }, config: (parts, own) => ({ ...parts, login: { ...parts.login, providers: {
    main: own.provider.configuration({ title: "Example Company" }), second: own.provider.configuration({ title: "Partners", client_id: "gateway" }) } } }) });
  for (const colorScheme of ["light", "dark"]) {
    const context = await startBrowser(t, { colorScheme });
    const page = await context.newPage();
    const refused = [];
    page.on("console", (message) => message.type() === "error" && /Content Security Policy|Refused/.test(message.text()) && refused.push(message.text()));
    await page.goto(bed.url("app.test", "/"));
    await screenshot(page, `sign-in-${colorScheme}`);
    assert.ok(await page.getByText("Example Company").count(), "the first provider is offered");
    assert.ok(await page.getByText("Partners").count(), "the second provider is offered");
    await page.goto(bed.url("auth.test", "/oauth2/callback?code=x&state=y"));
    await screenshot(page, `error-${colorScheme}`);
    await page.goto(bed.url("app.test", "/oauth2/sign_out"));
    await screenshot(page, `sign-out-${colorScheme}`);
    bed.provider.user = { sub: "u-9", email: "<b>guest</b>@elsewhere.test", email_verified: true, groups: [] };
    await page.goto(bed.url("wiki.test", "/"));
    await page.getByText("Example Company").click();
    await page.waitForURL("**wiki.test**");
    await screenshot(page, `denied-${colorScheme}`);
    assert.equal(await page.locator("b", { hasText: "guest" }).count(), 0, "an address was taken for markup");
    assert.deepEqual(refused, [], "a page breaks its own Content-Security-Policy");
  }
});

test("what goes wrong has a page that says so", needsBrowser, async (t) => {
  const staff = { allow: [{ group: ["staff"] }] };
  const bed = await startBed(t, {
    policies: { waits: { ...staff, otherwise: "pending" } },
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "signed-in" },
      { host: "wiki.test", to: origin.url, policy: "waits" },
      { host: "other.test", to: "http://127.0.0.1:9", public: true },
    ],
    origin: { reply },
  });
  for (const colorScheme of ["light", "dark"]) {
    const context = await startBrowser(t, { colorScheme });
    const page = await context.newPage();
    bed.provider.user = { sub: "u-9", email: "guest@elsewhere.test", email_verified: true, groups: [] };
    const waiting = await page.goto(bed.url("wiki.test", "/"));
    assert.equal(waiting.status(), 403);
    await screenshot(page, `pending-${colorScheme}`);
    const dead = await page.goto(bed.url("other.test", "/"));
    assert.equal(dead.status(), 502);
    await screenshot(page, `bad-gateway-${colorScheme}`);
    await page.goto(bed.url("app.test", "/form"));
    await page.evaluate(() => { document.body.innerHTML = '<form method="post" action="/save"><input name="text" value="mine"><button>Save</button></form>'; });
    await context.clearCookies();
    const [ended] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.click("button")]);
    assert.equal(ended.status(), 401);
    await page.waitForLoadState();
    await screenshot(page, `session-ended-${colorScheme}`);
    const unread = await page.goto(bed.url("app.test", "/%00"));
    assert.equal(unread.status(), 400);
    await screenshot(page, `bad-request-${colorScheme}`);
  }
});

test("going back after a sign-in, and reloading the callback, ends well", needsBrowser, async (t) => {
  const bed = await startBed(t, { real: true, origin: { reply } });
  const page = await (await startBrowser(t)).newPage();
  await page.goto(bed.url("other.test", "/before"));
  await page.goto(bed.url("app.test", "/after"));
  await signIn(page, "bob");
  await page.waitForSelector("#target");
  await page.goBack();
  await page.goForward();
  await page.goto(bed.url("app.test", "/after"));
  assert.equal(await page.textContent("h1"), "bob@example.test");
});

test("six tabs at once sign in and each shows its own page", needsBrowser, async (t) => {
  const bed = await startBed(t, { origin: { reply } });
  const context = await startBrowser(t);
  const pages = await Promise.all(Array.from({ length: 6 }, () => context.newPage()));
  await Promise.all(pages.map((page, i) => page.goto(bed.url(i % 2 ? "wiki.test" : "app.test", `/tab/${i}`))));
  for (const [i, page] of pages.entries()) assert.equal(await page.textContent("#target"), `/tab/${i}`);
});

test("a page of another site can neither read the app nor post to it with the session", needsBrowser, async (t) => {
  const bed = await startBed(t, { origin: { reply } });
  const evil = await startLyingProvider(t); // any other origin will do
  evil.broken.unknown = (_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<title>evil</title>");
  const context = await startBrowser(t);
  const page = await context.newPage();
  await page.goto(bed.url("app.test", "/"));
  await page.goto(`${evil.issuer}/page`);
  bed.origin.requests.length = 0;
  const outcome = await page.evaluate(async (url) => {
    const read = await fetch(url, { credentials: "include" }).then((r) => r.text(), () => "blocked");
    await fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: "GET /smuggled HTTP/1.1\r\n\r\n" }).catch(() => {});
    return read;
  }, bed.url("app.test", "/private"));
  assert.equal(outcome, "blocked");
  assert.deepEqual(bed.origin.requests.map((r) => r.target), [], "SameSite did not keep the session at home");
});
