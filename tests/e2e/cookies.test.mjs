// Session cookies that are forged, moved, mixed, cut or overdone (attack rows L01-L16, K15, K29, D08).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";

const name = "__Host-gateway";
const program = { Accept: "application/json", "Sec-Fetch-Mode": null, "Sec-Fetch-Dest": null };

/// Asks as a program with this Cookie field.
async function statusWith(bed, cookie, host = "app.test") {
  const page = await bed.visitor({ navigates: false }).get(bed.url(host, "/x"), { headers: { ...program, Cookie: cookie }, cookies: false });
  return page.status;
}

const valueOf = (visitor, host = "app.test") => visitor.jar.of(host).find((cookie) => cookie.name === name).value;

test("any flipped bit of the session cookie is the same refusal", async (t) => {
  const bed = await startBed(t);
  const value = valueOf(await bed.signedIn("alice"));
  assert.equal(await statusWith(bed, `${name}=${value}`), 200);
  bed.origin.forget();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const bodies = new Set();
  for (let at = 0; at < value.length; at += 1 + Math.floor(value.length / 120)) {
    const index = alphabet.indexOf(value[at]);
    const flipped = value.slice(0, at) + alphabet[index ^ 32] + value.slice(at + 1);
    const page = await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x"), { headers: { ...program, Cookie: `${name}=${flipped}` }, cookies: false });
    assert.equal(page.status, 401, `a flipped bit at ${at} passes`);
    bodies.add(page.body.replace(/"request_id":"[^"]*"/, ""));
  }
  assert.equal(bodies.size, 1, "the answer tells which check failed");
  assert.equal(bed.origin.text, "");
});

test("cookies that are cut, longer, empty or nonsense admit nobody", async (t) => {
  const bed = await startBed(t);
  const value = valueOf(await bed.signedIn("alice"));
  const bad = ["", "=", "x", "A".repeat(8000), value.slice(0, -1), value.slice(1), `${value}A`, `${value}=`, `${value} `.trim() + ".", value.slice(0, 30), value.slice(0, 40), "undefined", "%00", "ä", `"${value}"`, value.split("").reverse().join(""), `${value.slice(0, 20)}${value}`];
  for (const text of bad) assert.equal(await statusWith(bed, Buffer.from(`${name}=${text}`).toString("latin1")), 401, text.slice(0, 60));
});

test("a session belongs to its host: elsewhere it is worth nothing", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("alice");
  await alice.open(bed.url("wiki.test", "/"));
  const [app, wiki] = [valueOf(alice, "app.test"), valueOf(alice, "wiki.test")];
  assert.equal(await statusWith(bed, `${name}=${app}`, "wiki.test"), 401);
  assert.equal(await statusWith(bed, `${name}=${wiki}`, "app.test"), 401);
  assert.equal(await statusWith(bed, `${name}=${wiki}`, "wiki.test"), 200);
});

test("a value sealed for one purpose opens for no other", async (t) => {
  const bed = await startBed(t);
  const alice = bed.visitor();
  let page = await alice.get(bed.url("app.test", "/x"));
  const sealed = [];
  while (page.location) {
    for (const cookie of alice.jar.cookies) sealed.push(cookie.value);
    for (const [, value] of new URL(page.location).searchParams) sealed.push(value);
    page = await alice.follow(page);
  }
  const session = valueOf(alice);
  const others = [...new Set(sealed)].filter((value) => value !== session && value !== valueOf(alice, "auth.test") && /^[A-Za-z0-9_-]{30,}$/.test(value));
  assert.ok(others.length >= 2, "no sealed values were seen");
  for (const value of others) assert.equal(await statusWith(bed, `${name}=${value}`), 401, "a state or ticket is taken for a session");
  for (const value of [session, ...others]) assert.equal((await alice.get(bed.url("app.test", `/oauth2/return?ticket=${value}`))).status, 400);
});

test("of two session cookies only one that is ours counts, and garbage beside it harms nobody", async (t) => {
  const bed = await startBed(t);
  const value = valueOf(await bed.signedIn("alice"));
  for (const cookie of [`${name}=garbage; ${name}=garbage`, `x=${value}`, `gateway=${value}`, `__host-gateway=${value}`, `__Secure-gateway=${value}`, `$Version=1; x="${name}=${value}"`]) assert.equal(await statusWith(bed, cookie), 401, cookie.slice(0, 40));
  for (const cookie of [`a=1; ${name}=${value}; b=2`, `${Array.from({ length: 100 }, (_, i) => `c${i}=${i}`).join("; ")}; ${name}=${value}`, `; ;=; ${name}=${value};;`]) assert.equal(await statusWith(bed, cookie), 200, cookie.slice(0, 40));
  for (const prefix of ["\u2000", "\u0085", "\u00a0"]) assert.equal(await statusWith(bed, Buffer.from(`a=1; ${prefix}${name}=${value}`).toString("latin1")), 401);
});

test("odd Cookie fields are survived, and what is not ours arrives byte for byte", async (t) => {
  const bed = await startBed(t);
  for (const cookie of [";", "=", "; ;a", "a=b;;", "a=b; c=d,e=f", "a=\"x;y\"", "a", "a=b=c==", "$Version=1; a=b"]) {
    const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
    await wire.send(`GET / HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nCookie: ${cookie}\r\n\r\n`);
    const response = await wire.response();
    assert.equal(response.status, 200, cookie);
    assert.deepEqual(fieldsOf(bed.origin.lastRequest, "Cookie"), [cookie]);
    wire.close();
  }
  const many = Array.from({ length: 3000 }, (_, i) => `n${i}=v`).join("; ");
  assert.ok([200, 400, 431].includes(await statusWith(bed, many, "other.test")));
});

test("an origin cannot set or clear a cookie of ours", async (t) => {
  const setCookies = ["a=1; Path=/", `${name}=evil; Secure; Path=/`, `${name}-1=evil; Secure; Path=/`, "gateway=evil; Domain=test", "__Host-gateway-state-1=x; Secure; Path=/", `${name}=; Max-Age=0; Secure; Path=/`, "b=2; Domain=app.test; SameSite=None; Secure"];
  const reply = () => answer(200, "x", setCookies.map((value) => ["Set-Cookie", value]));
  const bed = await startBed(t, { origin: { reply } });
  const alice = await bed.signedIn("alice");
  const page = await alice.get(bed.url("app.test", "/")).expect(200);
  assert.deepEqual(page.setCookies.filter((value) => !value.startsWith(`${name}=`) || value.includes("evil") || value.includes("Max-Age=0")), [setCookies[0], setCookies[6]]);
  await alice.get(bed.url("app.test", "/")).expect(200);
});

const manyGroups = (count, tag = "some") => (claims) => ({ ...claims, groups: Array.from({ length: count }, (_, i) => `${tag}-group-${i}-of-the-company`) });

test("a person with many groups signs in with all of them, or is told why not", async (t) => {
  const alone = await startBed(t, { loginHost: "app.test", routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy" }] });
  const several = await startBed(t);
  const outcomes = [];
  for (const [bed, counts] of [[alone, [50, 200, 800]], [several, [50, 100, 800]]]) {
    for (const count of counts) {
      bed.provider.claims = manyGroups(count);
      const visitor = bed.visitor();
      const page = await visitor.open(bed.url("app.test", "/"));
      assert.deepEqual(visitor.jar.refused, [], `${count} groups: a browser would drop the cookie`);
      outcomes.push(page.status);
      if (page.status === 200) assert.equal(fieldsOf(page.json(), "x-auth-request-groups")[0].split(",").length, count);
      else assert.ok(page.status >= 400 && page.body.includes("<!doctype html>"), `${count} groups: ${page.status}`);
    }
  }
  assert.deepEqual([outcomes[0], outcomes[1], outcomes[3], outcomes[4]], [200, 200, 200, 200]);
  // What one host keeps in cookies may be more than can be handed to the next.
  several.provider.claims = manyGroups(200);
  const page = await several.visitor().open(several.url("app.test", "/"));
  page.expect(500);
  assert.match(page.body, /more groups and claims than can be handed over/);
});

test("parts of a large session that are missing, doubled or mixed admit nobody", async (t) => {
  const bed = await startBed(t);
  const large = async (tag) => {
    bed.provider.claims = manyGroups(120, tag);
    const visitor = bed.visitor();
    (await visitor.open(bed.url("app.test", "/"))).expect(200);
    return visitor.jar.of("app.test").filter((cookie) => /^__Host-gateway(-\d)?$/.test(cookie.name));
  };
  const [one, two] = [await large("one"), await large("two")];
  assert.ok(one.length >= 2, `a session of ${one.length} part`);
  const field = (cookies) => cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  assert.equal(await statusWith(bed, field(one)), 200);
  assert.equal(await statusWith(bed, field([...one].reverse())), 200, "the order of cookies means nothing");
  assert.equal(await statusWith(bed, field(one.slice(1))), 401);
  assert.equal(await statusWith(bed, field(one.slice(0, -1))), 401);
  assert.equal(await statusWith(bed, field([one[0], ...two.slice(1)])), 401);
  assert.equal(await statusWith(bed, field([{ name: one[0].name, value: one[1].value }, { name: one[1].name, value: one[0].value }])), 401);
});

test("with cookie_domain one cookie serves every host below it, and none beside it", async (t) => {
  const bed = await startBed(t, {
    loginHost: "auth.test", login: { session: { cookie_domain: "wild.test" } },
    routes: (origin) => [{ host: "a.wild.test", to: origin.url, policy: "signed-in" }, { host: "b.wild.test", to: origin.url, policy: "signed-in" }, { host: "app.test", to: origin.url, policy: "signed-in" }],
  });
  const alice = bed.visitor();
  (await alice.open(bed.url("a.wild.test", "/"))).expect(200);
  await alice.get(bed.url("b.wild.test", "/")).expect(200);
  const [cookie] = alice.jar.of("wild.test");
  assert.deepEqual([cookie.hostOnly, cookie.secure, cookie.httpOnly], [false, true, true]);
  assert.equal(await statusWith(bed, `${cookie.name}=${cookie.value}`, "app.test"), 401);
});

test("every answer of ours that depends on a session forbids storing it", async (t) => {
  const bed = await startBed(t);
  const alice = await bed.signedIn("carol");
  const pages = [await bed.visitor().get(bed.url("app.test", "/a.css")), await alice.get(bed.url("wiki.test", "/account;x.css")), await alice.get(bed.url("app.test", "/oauth2/userinfo")), await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x.js"))];
  for (const page of pages) assert.match(page.headers["cache-control"] ?? "", /no-store/, `${page.url} ${page.status}`);
});
