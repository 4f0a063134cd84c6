// One normal form of a path: what is judged is what is sent, in every spelling (attack rows G01-G10, G13, G14, G16, G20, A18, A24).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { tolerantPath } from "./support/http_message.mjs";
import { connectTls } from "./support/raw_client.mjs";

const routes = (origin) => [
  { host: "app.test", to: origin.url, public: true },
  { host: "app.test", path: "/admin", to: origin.url, policy: "admins", identity: "oauth2-proxy" },
  { host: "wiki.test", to: origin.url, policy: "staff", except: [{ path: "/public", public: true }] },
];

/// Sends a target as it is, without a session; gives status and what reached the origin.
async function probe(t, bed, target, host = "app.test") {
  bed.origin.forget();
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: host });
  await wire.send(`GET ${target} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n\r\n`);
  const response = await wire.response();
  wire.close();
  return { status: response.status, seen: bed.origin.requests.at(-1)?.target };
}

test("no spelling of a protected path reaches the origin without a session", async (t) => {
  const bed = await startBed(t, { routes });
  const targets = [
    "/admin", "/admin/", "/admin/x", "//admin", "///admin/x", "/./admin", "/a/../admin", "/a/..//admin", "/admin/.", "/x//../admin", "/%61dmin", "/%41dmin/../admin", "/a/%2e%2e/admin", "/a/%2E%2e/admin",
    "/.%2e/admin", "/%2e/admin", "/admin?x=/public", "/admin?", "/admin#/public", "/public%2f..%2fadmin", "/public/..%2fadmin", "/public/..%5cadmin", "/public\\..\\admin", "/public/%252e%252e/admin", "/admin%2fx", "/admin%2Fx",
    "/public/..;/admin", "/public/..;a=b/admin", "/.;/admin", "/admin;x=y", "/admin;/x", "/admin%3b/x", "/admin%00", "/admin%0a", "/admin%20", "/admin/%2e%2e/admin", "/public/../admin/./x", "/admin%23.png", "/admin%3f/public",
    "/%c0%aeadmin", "/%c0%afadmin", "/adm%C4%B1n", "/admin/%", "/admin/%g1", "/admin/%u0041", "/admin*", "/admin!", "/admin'", "/admin(", "/admin@", "/admin~", "/admin/*", "/ad%6Din/",
  ];
  for (const target of targets) {
    const { status, seen } = await probe(t, bed, target);
    if (seen === undefined) continue;
    // What a lenient origin makes of it must not be below /admin either.
    const judged = tolerantPath(seen);
    assert.ok(!(judged === "/admin" || judged.startsWith("/admin/")), `${target} arrived as ${seen} (status ${status})`);
  }
});

test("a public sub-path is left by no trick", async (t) => {
  const bed = await startBed(t, { routes });
  assert.equal((await probe(t, bed, "/public/ok", "wiki.test")).seen, "/public/ok");
  const targets = ["/public/../secret", "/public/%2e%2e/secret", "/public/..%2fsecret", "/public/..;/secret", "/public/.%2e/secret", "/publicx", "/public%2f..%2fsecret", "/public/..\\secret", "/public//../secret", "/Public", "/PUBLIC/x", "/public%2e%2e/secret"];
  for (const target of targets) {
    const { seen, status } = await probe(t, bed, target, "wiki.test");
    assert.equal(seen, undefined, `${target} arrived as ${seen} (status ${status})`);
  }
});

test("malformed targets are refused with 400", async (t) => {
  const bed = await startBed(t, { routes });
  const targets = ["/a\\b", "/a%5cb", "/a%00b", "/a%0ab", "/a%0db", "/a%7fb", "/a#b", "/%", "/%g1", "/%2", "/%c0%af", "/%ff", "/../x/../..", "x", "*", "?x", "http://evil.test/", "http://app.test@evil.test/", "//evil.test:99999/", "/\x7f", "/\xe4"];
  for (const target of targets) {
    const { status, seen } = await probe(t, bed, target);
    const harmless = target === "//evil.test:99999/" || target.startsWith("/../");
    if (harmless) assert.ok(seen === undefined || !seen.includes(".."), target);
    else assert.equal(status, 400, `${JSON.stringify(target)} gave ${status}, origin saw ${seen}`);
  }
});

test("ordinary paths and queries arrive byte for byte", async (t) => {
  const bed = await startBed(t, { routes });
  const targets = ["/", "/a/b/c", "/a%20b", "/%C3%A4", "/a;b=c/d", "/~user/-._!$&'()*+,;=:@", "/q?a=1&a=2&b[]=%2F%2f&c=%zz;d#".replace("#", ""), "/q?", "/q??x=/../y", "/x?rd=//evil&u=http://e", "/a/b/", "/?unix:AAAA|http://x/"];
  for (const target of targets) {
    const { status, seen } = await probe(t, bed, target);
    assert.equal(status, 200, target);
    assert.equal(seen, target);
  }
});

test("absolute-form is served when it names the same host, and reduced to origin-form", async (t) => {
  const bed = await startBed(t, { routes });
  const port = bed.gateway.ports.https;
  assert.equal((await probe(t, bed, `https://app.test:${port}/x?y=1`)).seen, "/x?y=1");
  for (const target of [`https://wiki.test:${port}/x`, `https://u@app.test:${port}/x`, "https:///x", "@internal:80/", "http://h?x"]) {
    const { status, seen } = await probe(t, bed, target);
    assert.ok(status === 400 || status === 421, `${target}: ${status}`);
    assert.equal(seen, undefined);
  }
});

test("a target of many dots costs no time and stays in its place", async (t) => {
  const bed = await startBed(t, { routes });
  for (const part of ["/..", "//", "/.", "/%2e"]) {
    const { status } = await probe(t, bed, part.repeat(2000));
    assert.ok([200, 400, 414, 431].includes(status), `${part}: ${status}`);
  }
  assert.equal((await probe(t, bed, `/${"a".repeat(9000)}`)).status, 414);
});

test("encoded slashes pass only where the route keeps them", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "app.test", to: origin.url, public: true, encoded_slashes: "keep" }, { host: "other.test", to: origin.url, public: true }] });
  assert.equal((await probe(t, bed, "/repo/group%2Fproject")).seen, "/repo/group%2Fproject");
  assert.equal((await probe(t, bed, "/repo/group%2Fproject", "other.test")).status, 400);
});
