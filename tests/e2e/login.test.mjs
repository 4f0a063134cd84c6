// Signing in and out: one tab and several, one host and two, deep links, and every way in which a callback is not ours.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed, users } from "./support/bed.mjs";
import { movableClock } from "./support/clock.mjs";
import { fieldsOf } from "./support/http_message.mjs";

const sessionCookie = "__Host-gateway";
const sessionOf = (visitor, host) => visitor.jar.of(host).find((cookie) => cookie.name === sessionCookie);

/// Goes to `url` and through redirects, but stops before the callback; gives the callback's URL.
async function stopBeforeCallback(visitor, url) {
  let page = await visitor.get(url);
  while (!new URL(page.location).pathname.endsWith("/oauth2/callback")) page = await visitor.follow(page);
  return page.location;
}

test("a visitor signs in with a real provider and arrives where he wanted to go", async (t) => {
  const bed = await startBed(t, { real: true });
  const alice = bed.visitor();
  const wanted = bed.url("app.test", "/deep/page?q=a%20b&x=%2Fy&q=2");
  const form = await alice.open(wanted);
  assert.match(form.body, /Sign in at the provider/);
  assert.equal(bed.origin.text, "", "the origin sees nothing of a visitor who has not signed in");
  const page = await alice.submit(form, { login: "alice", password: "alice" });
  assert.equal(page.status, 200);
  assert.equal(page.url, wanted);
  const seen = page.json();
  assert.equal(seen.target, "/deep/page?q=a%20b&x=%2Fy&q=2");
  assert.deepEqual(fieldsOf(seen, "x-auth-request-email"), ["alice@example.test"]);
  assert.deepEqual(fieldsOf(seen, "x-auth-request-user"), ["u-alice"]);
  assert.deepEqual(fieldsOf(seen, "x-auth-request-preferred-username"), ["alice"]);
  assert.deepEqual(fieldsOf(seen, "x-auth-request-groups"), ["staff,admins"]);
  await alice.get(bed.url("app.test", "/again")).expect(200);
});

test("the session cookie has the flags that a browser needs to protect it", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const cookie = sessionOf(alice, "app.test");
  assert.ok(cookie, "no session cookie");
  assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path, cookie.hostOnly], [true, true, "lax", "/", true]);
  assert.deepEqual(alice.jar.refused, [], "a browser would drop a cookie of ours");
});

test("a second host needs no second sign-in", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice", "app.test");
  const page = await alice.open(bed.url("wiki.test", "/w?x=1"));
  assert.equal(page.status, 200);
  assert.equal(page.url, bed.url("wiki.test", "/w?x=1"));
  assert.equal(bed.provider.to("authorize").length, 1, "the provider was asked again");
  assert.notEqual(sessionOf(alice, "wiki.test").value, sessionOf(alice, "app.test").value);
});

test("two tabs that sign in at once both arrive", async (t) => {
  const bed = await startBed(t);
  const alice = bed.visitor();
  const urls = ["/first?tab=1", "/second?tab=2"].map((rest) => bed.url("app.test", rest));
  const callbacks = [await stopBeforeCallback(alice, urls[0]), await stopBeforeCallback(alice, urls[1])];
  const second = await alice.open(callbacks[1]);
  const first = await alice.open(callbacks[0]);
  assert.deepEqual([first.url, second.url], urls);
  assert.deepEqual([first.status, second.status], [200, 200]);
});

test("nine tabs leave the browser with cookies that still fit", async (t) => {
  const bed = await startBed(t);
  const alice = bed.visitor();
  let callback;
  for (let tab = 0; tab < 20; ++tab) callback = await stopBeforeCallback(alice, bed.url("app.test", `/tab/${tab}?${"x".repeat(1500)}`));
  const page = await alice.open(callback);
  assert.equal(page.status, 200);
  assert.match(page.url, /\/tab\/19/);
});

test("a callback works once", async (t) => {
  const bed = await startBed(t);
  const alice = bed.visitor();
  const callback = await stopBeforeCallback(alice, bed.url("app.test", "/x"));
  await alice.open(callback);
  const asked = bed.provider.to("token").length;
  const again = await alice.get(callback);
  assert.ok(again.status >= 400, `a used callback gave ${again.status}`);
  assert.equal(bed.provider.to("token").length, asked, "a used state reached the token endpoint");
});

test("a callback opened in another browser is refused", async (t) => {
  const bed = await startBed(t);
  const attacker = bed.visitor();
  const callback = await stopBeforeCallback(attacker, bed.url("app.test", "/x"));
  const victim = bed.visitor();
  await victim.get(callback).expect(400);
  assert.equal(bed.provider.to("token").length, 0, "a foreign state reached the token endpoint");
  assert.equal(sessionOf(victim, "auth.test"), undefined);
});

test("callbacks without a started sign-in are refused before the provider is asked", async (t) => {
  const bed = await startBed(t);
  const base = bed.url("auth.test", "/oauth2/callback");
  const alice = bed.visitor();
  const good = new URL(await stopBeforeCallback(alice, bed.url("app.test", "/x")));
  const [code, state] = [good.searchParams.get("code"), good.searchParams.get("state")];
  const bad = [
    "", "?", "?&", "?code=x", `?state=${state}`, "?code=&state=", "?code=x&state=", `?code=${code}&state=${state}x`, `?code=${code}&state=${state.slice(0, -1)}`,
    `?code=${code}&code=${code}&state=${state}`, `?code=${code}&state=${state}&state=${state}`, `?code=${code}&state[]=${state}`,
    `?code=${code}&state=${encodeURIComponent(state + "\u0000")}`, `?code=${code}&state=${state}&iss=https%3A%2F%2Fevil.test`, `?code=${code}&state=${"x".repeat(4000)}`,
  ];
  for (const query of bad) {
    const page = await alice.get(base + query);
    assert.equal(page.status, 400, `${query} gave ${page.status}`);
    assert.match(page.headers["cache-control"], /no-store/);
  }
  assert.equal(bed.provider.to("token").length, 0);
  assert.equal(sessionOf(alice, "app.test"), undefined);
});

test("a hand-over ticket is worthless in another browser, on another host, and the second time", async (t) => {
  const bed = await startBed(t);
  const alice = bed.visitor();
  let page = await alice.get(bed.url("app.test", "/x"));
  while (!new URL(page.location).pathname.endsWith("/oauth2/return")) page = await alice.follow(page);
  const ticket = new URL(page.location);
  const stranger = bed.visitor();
  assert.equal((await stranger.get(ticket.href)).status, 400);
  assert.equal(sessionOf(stranger, "app.test"), undefined);
  const elsewhere = new URL(ticket);
  elsewhere.hostname = "wiki.test";
  assert.equal((await alice.get(elsewhere.href)).status, 400);
  await alice.open(ticket.href);
  assert.ok(sessionOf(alice, "app.test"), "the ticket works where it belongs");
  const value = sessionOf(alice, "app.test").value;
  alice.jar.cookies = alice.jar.cookies.filter((cookie) => cookie.name !== sessionCookie);
  assert.equal((await alice.get(ticket.href)).status, 400);
  assert.ok(value);
});

test("signing out ends the session on every host, and its cookie is worth nothing any more", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice", "app.test");
  await alice.open(bed.url("wiki.test", "/"));
  const old = sessionOf(alice, "app.test");
  const page = await alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" }, body: "" });
  assert.ok(page.status < 400, `sign-out gave ${page.status}`);
  if (page.location) await alice.open(page.location);
  assert.equal(sessionOf(alice, "app.test"), undefined, "the cookie stays after sign-out");
  const replay = bed.visitor();
  replay.jar.cookies.push(old);
  bed.origin.forget();
  assert.equal((await replay.get(bed.url("app.test", "/x"))).status, 302, "the cookie of an ended session is accepted");
  const wiki = await alice.get(bed.url("wiki.test", "/x"));
  assert.equal(wiki.status, 302, "the session lives on at the other host");
  assert.equal(bed.origin.text, "");
});

test("a foreign page cannot sign somebody out", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice", "app.test");
  const url = bed.url("app.test", "/oauth2/sign_out");
  const cross = { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" };
  const posted = await alice.post(url, { headers: cross, body: "" });
  assert.ok(posted.status >= 400 || posted.status === 200, `a cross-site POST gave ${posted.status}`);
  const image = await alice.get(url, { headers: { ...cross, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", Accept: "image/*" } });
  assert.ok(image.status !== 302, "an image signs out");
  await alice.get(url, { headers: { "Sec-Fetch-Site": "cross-site" } }).expect(200);
  await alice.get(url, { headers: { "Sec-Purpose": "prefetch", "Sec-Fetch-Site": "same-origin" } });
  await alice.get(bed.url("app.test", "/still")).expect(200);
});

test("a session ends at its lifetime and when it was idle too long, even if the browser keeps the cookie", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { start: { environment: clock.environment }, login: { session: { lifetime: "12h", idle: "2h" } } });
  const alice = await bed.signedIn("alice");
  const stubborn = () => { for (const cookie of alice.jar.cookies) cookie.expires = Infinity; };
  const status = async (seconds) => {
    clock.move(seconds);
    stubborn();
    return (await alice.get(bed.url("app.test", "/x"))).status;
  };
  const first = { ...sessionOf(alice, "app.test") };
  assert.equal(await status(0), 200);
  assert.equal(await status(-30), 200, "a clock set back a little ends a session");
  for (let hour = 1; hour < 12; ++hour) assert.equal(await status(hour * 3600 - 60), 200, `after ${hour} hours of use`);
  assert.equal(await status(12 * 3600 + 120), 302, "the lifetime is over");
  alice.jar.cookies = [{ ...first, expires: Infinity }];
  assert.equal(await status(1 * 3600), 200, "the first cookie is good for its idle time");
  alice.jar.cookies = [{ ...first, expires: Infinity }];
  assert.equal(await status(2 * 3600 + 120), 302, "the first cookie is good beyond its idle time");
});

test("the cookie is renewed while it is used, at most every quarter of the idle time", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { start: { environment: clock.environment }, login: { session: { lifetime: "12h", idle: "2h" } } });
  const alice = await bed.signedIn("alice");
  const renewed = async (seconds) => {
    clock.move(seconds);
    return (await alice.get(bed.url("app.test", "/x")).expect(200)).setCookies.length > 0;
  };
  assert.deepEqual([await renewed(0), await renewed(29 * 60), await renewed(31 * 60), await renewed(32 * 60), await renewed(62 * 60)], [false, false, true, false, true]);
});

test("a program gets 401 and is told where to sign in, never a redirect", async (t) => {
  const bed = await startBed(t);
  const program = bed.visitor({ navigates: false });
  const page = await program.get(bed.url("app.test", "/api"), { headers: { Accept: "application/json" } }).expect(401);
  assert.match(page.headers["content-type"], /application\/json/);
  assert.ok(page.json().error.sign_in.startsWith("https://"), page.body);
  await program.get(bed.url("app.test", "/api"), { headers: { Accept: "text/html", "Sec-Fetch-Mode": "cors", "X-Requested-With": "XMLHttpRequest" } }).expect(401);
  await program.post(bed.url("app.test", "/api"), { body: "lost?" }).expect(401);
  assert.equal(bed.origin.text, "");
});

test("a prefetch neither starts a session nor redirects to the provider", async (t) => {
  const bed = await startBed(t);
  const page = await bed.visitor().get(bed.url("app.test", "/x"), { headers: { "Sec-Purpose": "prefetch" } });
  assert.notEqual(page.status, 302);
  assert.deepEqual(page.setCookies, []);
});

test("who is not in the policy is denied, sees why, and the origin sees nothing", async (t) => {
  const bed = await startBed(t);
  const carol = bed.visitor();
  const page = await bed.signIn(carol, "carol", bed.url("wiki.test", "/secret"));
  assert.equal(page.status, 403);
  assert.match(page.body, /carol@elsewhere\.test/);
  assert.equal(bed.origin.text, "");
  await carol.open(bed.url("app.test", "/")).then((app) => app.expect(200));
});

test("two people with different groups never see each other's identity", async (t) => {
  const bed = await startBed(t);
  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? alice : bob).get(bed.url("app.test", `/${i}`)).expect(200)));
  answers.forEach((page, i) => {
    const user = i % 2 ? users.alice : users.bob;
    assert.deepEqual(fieldsOf(page.json(), "x-auth-request-email"), [user.email]);
    assert.deepEqual(fieldsOf(page.json(), "x-auth-request-groups"), [user.groups.join(",")]);
  });
});

test("userinfo tells the signed-in visitor who he is, and nobody else anything", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  const info = (await alice.get(bed.url("app.test", "/oauth2/userinfo"), { headers: { Accept: "application/json" } }).expect(200)).json();
  assert.deepEqual([info.user, info.email, info.preferredUsername, info.groups], ["u-alice", "alice@example.test", "alice", ["staff", "admins"]]);
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/oauth2/userinfo")).expect(401);
});

test("a sign-in begun by /oauth2/start goes to rd afterwards", async (t) => {
  const bed = await startBed(t);
  bed.provider.user = users.alice;
  const page = await bed.visitor().open(bed.url("auth.test", `/oauth2/start?rd=${encodeURIComponent(bed.url("app.test", "/there?x=1"))}`));
  assert.equal(page.url, bed.url("app.test", "/there?x=1"));
  assert.equal(page.status, 200);
});

test("one host alone needs no login.host and no hand-over", async (t) => {
  const bed = await startBed(t, { loginHost: "app.test", routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy" }] });
  const page = await bed.signIn(bed.visitor(), "alice", bed.url("app.test", "/only"));
  assert.equal(page.url, bed.url("app.test", "/only"));
  assert.equal(page.status, 200);
  assert.ok(!page.hops.some((hop) => hop.includes("/oauth2/return")));
});

test("after a restart with the same storage a session is still good", async (t) => {
  const first = await startBed(t);
  const alice = await first.signedIn("alice");
  await first.gateway.stop();
  const { startGateway } = await import("./support/gateway.mjs");
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(`${first.gateway.folder}/gateway.yaml`, "utf8");
  const second = await startGateway(t, text, { ports: first.gateway.ports });
  await alice.get(second.url("app.test", "/x")).expect(200);
});

test("people choose among the providers that the policy admits, and one is no choice", async (t) => {
  const bed = await startBed(t, {
    policies: { "signed-in": { allow: [{ provider: ["main", "second"] }] }, staff: { allow: [{ provider: "second", group: ["staff"] }] } },
    config: (parts, { provider }) => ({ ...parts, login: { ...parts.login, providers: Object.fromEntries(["main", "second", "third"].map((name) => [name, provider.configuration({ title: `Door ${name}` })])) } }),
  });
  const chooser = await bed.visitor().open(bed.url("app.test", "/"));
  assert.deepEqual([...chooser.body.matchAll(/Door \w+/g)].map(([door]) => door), ["Door main", "Door second"]);
  const alice = bed.visitor();
  const page = await alice.open(bed.url("wiki.test", "/w"));
  assert.equal(page.status, 200, page.body);
  assert.ok(page.hops.some((hop) => hop.startsWith(bed.provider.issuer)), "there was a choice of one");
});

test("who signs in with another account has left the one before, on every host", async (t) => {
  const bed = await startBed(t, {
    policies: { "signed-in": { allow: [{ provider: "main" }] }, staff: { allow: [{ provider: "second" }] } },
    config: (parts, { provider }) => ({ ...parts, login: { ...parts.login, providers: Object.fromEntries(["main", "second"].map((name) => [name, provider.configuration({ title: `Door ${name}` })])) } }),
  });
  const visitor = bed.visitor();
  bed.provider.user = users.alice;
  (await visitor.open(bed.url("app.test", "/"))).expect(200);
  bed.provider.user = users.bob;
  (await visitor.open(bed.url("wiki.test", "/"))).expect(200);
  // Else alice would be signed in here after bob has signed out everywhere.
  await visitor.get(bed.url("app.test", "/")).expect(302);
  assert.equal((await bed.gateway.event("audit", (event) => event.act === "sign_out")).user, "u-alice");
  await visitor.get(bed.url("wiki.test", "/")).expect(200);
});
