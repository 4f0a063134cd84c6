// What a person typed survives the end of the session (attack row L19).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { hasBrowser, screenshot, startBrowser } from "./support/browser.mjs";
import { answer } from "./support/origin.mjs";
import { fieldsOf } from "./support/http_message.mjs";

const needsBrowser = { skip: !hasBrowser && "no Chromium on this machine" };
const page = `<!doctype html><html lang="en"><title>app</title><body><form method="post" action="/save?draft=1&x=%2F"><input name="title" value='"&lt;b&gt; &amp;amp; &uuml;'>
<textarea name="text">one\ntwo</textarea><input name="tag" value="a"><input name="tag" value=" b "><input name="empty"><button>Save</button></form>`;
const reply = (request) => answer(200, request.method === "POST" ? "<!doctype html><h1>saved</h1>" : page, [["Content-Type", "text/html; charset=utf-8"]]);
const expected = "title=%22%3Cb%3E+%26amp%3B+%C3%BC&text=one%0D%0Atwo&tag=a&tag=+b+&empty=";

test("a form sent after the session had ended is sent again from its own page after a sign-in in another tab", needsBrowser, async (t) => {
  const bed = await startBed(t, { real: true, origin: { reply } });
  const context = await startBrowser(t);
  const signIn = async (tab) => {
    await tab.fill("input[name=login]", "alice");
    await tab.fill("input[name=password]", "alice");
    await tab.click("button");
    await tab.waitForSelector("form[action^='/save']");
  };
  const first = await context.newPage();
  await first.goto(bed.url("app.test", "/form"));
  await signIn(first);
  await context.clearCookies();
  await first.click("button");
  assert.equal(await first.textContent("h1"), "Your session has ended");
  await screenshot(first, "session-ended-form");
  assert.ok(!bed.origin.requests.some((request) => request.method === "POST"), "the origin was asked without a session");
  const opened = context.waitForEvent("page");
  await first.click("a.act");
  const second = await opened;
  await signIn(second);
  assert.equal(second.url(), bed.url("app.test", "/form"));
  await first.click("button");
  await first.waitForSelector("text=saved");
  const sent = bed.origin.requests.filter((request) => request.method === "POST");
  assert.equal(sent.length, 1);
  assert.equal(sent[0].target, "/save?draft=1&x=%2F");
  assert.equal(sent[0].body.toString(), expected);
  assert.deepEqual(fieldsOf(sent[0], "Origin"), [bed.url("app.test")], "the app would take it for another site's");
});

test("a form of another site, one that is too long and one that is none are not given back", async (t) => {
  const bed = await startBed(t);
  const visitor = bed.visitor();
  const send = (site, body, more = {}) => visitor.post(bed.url("app.test", "/save"), { body, headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": site, ...more } }).expect(401);
  assert.match((await send("same-origin", "a=planted")).body, /value="planted"/);
  for (const answered of [await send("cross-site", "a=planted"), await send("same-origin", "a=planted%"), await send("same-origin", `a=planted${"x".repeat(70_000)}`)]) {
    assert.match(answered.body, /session has ended/);
    assert.ok(!answered.body.includes("planted"));
  }
  assert.deepEqual(bed.origin.requests, []);
});

test("a URL's fragment comes through a sign-in where it is kept, and without scripts only it is lost", needsBrowser, async (t) => {
  const bed = await startBed(t, { real: true, origin: { reply: () => answer(200, "<!doctype html><h1>here</h1>", [["Content-Type", "text/html"]]) }, login: { keep_fragment: "on" } });
  const browser = (await startBrowser(t)).browser();
  for (const [javaScriptEnabled, expected] of [[true, "/deep?x=1#/d/abc?y=%20z"], [false, "/deep?x=1"]]) {
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
    const refused = [];
    page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
    await page.goto(bed.url("app.test", "/deep?x=1#/d/abc?y=%20z"));
    await page.fill("input[name=login]", "alice");
    await page.fill("input[name=password]", "alice");
    await page.click("button");
    await page.waitForSelector("text=here");
    assert.equal(page.url(), bed.url("app.test", expected));
    assert.deepEqual(refused.filter((text) => /Security Policy|Refused/.test(text)), []);
  }
});
