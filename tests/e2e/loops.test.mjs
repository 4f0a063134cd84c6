// A sign-in never loops, and says why it did not work: cookies refused, clocks apart, keys changed, an answer that came too late.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { movableClock } from "./support/clock.mjs";
import { runGateway, startGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";

const session = /^__Host-gateway(-\d)?$/;

/// Follows redirects until there are none, at most `most` of them.
async function walk(visitor, url, most = 30) {
  let page = await visitor.get(url);
  let hops = 0;
  while (page.location && ++hops <= most) page = await visitor.follow(page);
  return { page, hops };
}

test("a browser that keeps no cookie at all ends in a page at the first callback", async (t) => {
  const bed = await startBed(t);
  const visitor = bed.visitor();
  visitor.jar.store = () => {};
  const { page, hops } = await walk(visitor, bed.url("app.test", "/"));
  assert.ok(hops < 8, `${hops} redirects`);
  assert.equal(page.status, 400);
  assert.match(page.body, /cookie/i, "the page does not name the likely cause");
  assert.equal(bed.provider.to("token").length, 0);
});

test("a browser that drops the session cookie alone ends in a page after the second round", async (t) => {
  const bed = await startBed(t);
  const visitor = bed.visitor();
  const store = visitor.jar.store.bind(visitor.jar);
  visitor.jar.store = (url, values) => store(url, values.filter((value) => !session.test(value.split("=")[0])));
  const { page, hops } = await walk(visitor, bed.url("app.test", "/"));
  assert.ok(hops < 25, `${hops} redirects`);
  assert.ok(page.status >= 400 && page.status < 500, String(page.status));
  assert.match(page.body, /cookie/i);
  assert.ok(bed.provider.to("authorize").length <= 2, `${bed.provider.to("authorize").length} questions to the provider`);
});

test("cookies that a sibling host plants for one path end in a page, and cost nobody else a sign-in", async (t) => {
  const bed = await startBed(t, {
    loginHost: "auth.wild.test", login: { session: { cookie_domain: "wild.test" } },
    routes: (origin) => [{ host: "app.wild.test", to: origin.url, policy: "signed-in" }],
  });
  const visitor = bed.visitor();
  (await walk(visitor, bed.url("app.wild.test", "/"))).page.expect(200);
  const paths = ["/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/b/c/d/e"];
  visitor.jar.store(bed.url("evil.wild.test", "/"), paths.map((at) => `gateway=1.planted; Domain=wild.test; Path=${at}; Secure`));
  const asked = bed.provider.to("authorize").length;
  const { page, hops } = await walk(visitor, bed.url("app.wild.test", "/a/b/c/d/e"));
  page.expect(400);
  assert.ok(hops <= 5, `${hops} redirects`);
  assert.match(page.body, /another site of its domain sets cookies/);
  assert.equal(bed.provider.to("authorize").length, asked);
  await visitor.get(bed.url("app.wild.test", "/elsewhere")).expect(200);
  visitor.jar.cookies = visitor.jar.cookies.filter((cookie) => !cookie.value.includes("planted"));
  await visitor.get(bed.url("app.wild.test", "/a/b/c/d/e")).expect(200);
});

test("a callback that comes back too late says so", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { start: { environment: clock.environment } });
  const visitor = bed.visitor();
  let page = await visitor.get(bed.url("app.test", "/"));
  while (!page.location.includes("/oauth2/callback")) page = await visitor.follow(page);
  clock.move(11 * 60);
  for (const cookie of visitor.jar.cookies) cookie.expires = Infinity;
  page = await visitor.follow(page);
  assert.equal(page.status, 400);
  assert.equal(bed.provider.to("token").length, 0);
});

test("a clock that is a little wrong does no harm; one that is far off is named, and nobody is let in", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { start: { environment: clock.environment } });
  for (const seconds of [0, 45, -45]) {
    clock.move(seconds);
    assert.equal((await walk(bed.visitor(), bed.url("app.test", "/"))).page.status, 200, `${seconds} s apart`);
  }
  for (const seconds of [900, -900, 40 * 365 * 86400, -86400]) {
    clock.move(seconds);
    const { page, hops } = await walk(bed.visitor(), bed.url("app.test", "/"));
    assert.ok(page.status >= 400, `${seconds} s apart: ${page.status}`);
    assert.ok(hops < 25);
  }
  clock.move(0);
  assert.equal((await walk(bed.visitor(), bed.url("app.test", "/"))).page.status, 200, "nothing is left behind by the jumps");
});

test("session keys rotate without signing anybody out, and a key that is gone ends its sessions", async (t) => {
  const folder = scratch("keys");
  const [first, second] = ["first", "second"].map((name) => {
    const file = path.join(folder, name);
    writeFileSync(file, runGateway(["keygen"]).stdout, { mode: 0o600 });
    return { file };
  });
  const bed = await startBed(t, { login: { session: { keys: [first] } } });
  const alice = await bed.signedIn("alice");
  const config = (keys) => ({ login: { host: "auth.test", session: { keys }, providers: { main: bed.provider.configuration() } },
    policies: { "signed-in": { allow: [{ authenticated: true }] } }, routes: [{ host: "app.test", to: bed.origin.url, policy: "signed-in" }, { host: "auth.test", respond: { status: 200, body: "x" } }] });
  const { ports } = bed.gateway;
  await bed.gateway.stop();
  let value = alice.jar.of("app.test").find((cookie) => session.test(cookie.name)).value;
  for (const [keys, renewed] of [[[first, second], false], [[second, first], true], [[second], false]]) {
    const gateway = await startGateway(t, config(keys), { ports });
    await alice.get(gateway.url("app.test", "/x")).expect(200);
    const now = alice.jar.of("app.test").find((cookie) => session.test(cookie.name)).value;
    assert.equal(now !== value, renewed, `${keys.length} keys: ${renewed ? "not sealed anew by the first key" : "sealed anew without need"}`);
    value = now;
    await gateway.stop();
  }
  const gateway = await startGateway(t, config([first]), { ports });
  await alice.get(gateway.url("app.test", "/x")).expect(302);
});

test("a POST without a session is answered with a page that says so, and nothing of it is kept", async (t) => {
  const bed = await startBed(t);
  const page = await bed.visitor().post(bed.url("app.test", "/form"), { body: "secret=planted", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  assert.equal(page.status, 401);
  assert.match(page.headers["content-type"], /html/);
  assert.match(page.body, /not processed|ended/i);
  assert.ok(!page.body.includes("planted"));
  assert.equal(bed.origin.text, "");
});
