// What routes can say beyond host and path: expressions, header conditions, methods, stripped and rewritten paths with the way
// back, CORS, HSTS, fixed answers, defaults (attack rows D04, D08, G06, G11, J08, P03, P07).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { usualNames } from "./support/gateway.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { answer, echo } from "./support/origin.mjs";
import { certificateFor, reservePort } from "./support/run_folder.mjs";

const studio = "https://studio.example.com";

/// A raw request, its answer and what the origin saw of it (undefined if nothing).
async function ask(t, bed, target, { method = "GET", host = "app.test", fields = [] } = {}) {
  bed.origin.forget();
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: host });
  await wire.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join("")}Content-Length: 0\r\n\r\n`);
  const response = await wire.response();
  wire.close();
  return { response, seen: bed.origin.lastRequest };
}

const routeOf = (seen) => fieldsOf(seen, "X-Route")[0];
const marked = (name) => ({ request_headers: { set: { "X-Route": name } } });

test("exact paths, prefixes, expressions and header conditions choose one route, and methods do not", async (t) => {
  const bed = await startBed(t, { routes: ({ url: to }) => [
    { host: "app.test", path: { regex: "/v[0-9]+/.*" }, to, public: true, ...marked("versions") },
    { host: "app.test", path: { regex: "/v.*" }, to, public: true, ...marked("all") },
    { host: "app.test", path: "/v1/a", to, public: true, ...marked("plain") },
    { host: "app.test", path: "/v1/a", headers: { "X-Api": ["2", "3"] }, to, public: true, ...marked("api") },
    { host: "app.test", path: "/v1/a", headers: { "X-Api": "2", "X-Beta": "on" }, to, public: true, ...marked("beta") },
    { host: "app.test", path: { exact: "/v1/a" }, methods: ["GET", "HEAD"], to, public: true, ...marked("exact") },
    { host: "app.test", path: "/m", methods: ["GET"], to, public: true, ...marked("m"), except: [{ path: "/m/put", methods: ["PUT"] }] },
    { host: "auth.test", to, policy: "staff" },
  ] });
  const rows = [
    ["/v1/a", [], "exact"], ["/v1/a/", [], "plain"], ["/v1/a/b?x=/v2", [], "plain"], ["/v1/ab", [], "versions"], ["/v22/", [], "versions"], ["/vx", [], "all"], ["/v2", [], "all"],
    ["/v1/a/b", [["x-api", "3"]], "api"], ["/v1/a/b", [["X-API", "2"], ["X-Beta", "on"]], "beta"], ["/v1/a/b", [["X-Api", "2"], ["X-Beta", "ON"]], "api"],
    ["/v1/a/b", [["X-Api", "2"], ["X-Api", "2"]], "plain"], ["/v1/a/b", [["X-Api", "2, 3"]], "plain"], ["/v1/a/b", [["X_Api", "2"]], "plain"],
    ["/%76%31/../v1/./a//b", [], "plain"], ["/m", [], "m"],
  ];
  for (const [target, fields, expected] of rows) {
    const { seen } = await ask(t, bed, target, { fields });
    assert.equal(routeOf(seen), expected, `${target} ${fields}`);
  }
  for (const [target, method, allow] of [["/v1/a", "POST", "GET, HEAD"], ["/m/x", "PUT", "GET"], ["/m/put/x", "GET", "PUT"]]) {
    const { response, seen } = await ask(t, bed, target, { method });
    assert.equal(response.status, 405, target);
    assert.deepEqual(fieldsOf(response, "Allow"), [allow]);
    assert.equal(seen, undefined);
  }
  assert.equal((await ask(t, bed, "/m/put", { method: "PUT" })).response.status, 200);
  for (const target of ["/x/v1/a", "/V1/a", "/", `/v1${"x".repeat(7000)}/`]) {
    const { response } = await ask(t, bed, target);
    assert.equal(response.status, target.length > 100 ? 200 : 404, target.slice(0, 20));
  }
});

test("a stripped prefix comes back in Location, Refresh and cookie paths, and nobody else can set one", async (t) => {
  const replies = {
    "/login": (request) => answer(302, "", [["Location", "/home?x=1"], ["Set-Cookie", "a=1; Path=/; HttpOnly"], ["Set-Cookie", "__Host-b=2; Path=/; Secure"], ["X-Target", request.target]]),
    "/absolute": (request) => answer(201, "", [["Location", `http://${fieldsOf(request, "Host")[0].replace(/:\d+$/, "")}/made`], ["Content-Location", "/made"]]),
    "/internal": () => answer(302, "", [["Location", `${bed.origin.url}/inside`]]),
    "/known": () => answer(302, "", [["Location", "/api/known"]]),
    "/away": () => answer(302, "", [["Location", "https://elsewhere.test/x"]]),
    "/wait": () => answer(200, "", [["Refresh", "3; url='/next'"]]),
    "/": () => answer(302, "", [["Location", "start"], ["Set-Cookie", "c=3"]]),
  };
  const bed = await startBed(t, {
    origin: { reply: (request) => (replies[request.target.replace(/\?.*/, "")] ?? echo)(request) },
    routes: ({ url: to }) => [
      { host: "app.test", path: "/api", to, public: true, strip_prefix: true, except: [{ path: "/api/open", public: true }] },
      { host: "app.test", path: "/base", to, public: true, strip_prefix: true, rewrite: "/inner{path}" },
      { host: "auth.test", to, policy: "staff" },
    ] });
  const port = bed.gateway.ports.https;
  const login = await ask(t, bed, "/api/login?y=%2f2", { fields: [["X-Forwarded-Prefix", "https://evil.test"]] });
  assert.equal(login.seen.target, "/login?y=%2f2");
  assert.deepEqual(fieldsOf(login.seen, "X-Forwarded-Prefix"), ["/api"]);
  assert.deepEqual(fieldsOf(login.response, "Location"), ["/api/home?x=1"]);
  assert.deepEqual(fieldsOf(login.response, "Set-Cookie"), ["a=1; HttpOnly; Path=/api", "__Host-b=2; Path=/; Secure"]);
  const location = async (target) => fieldsOf((await ask(t, bed, target)).response, "Location")[0];
  assert.equal(await location("/api/absolute"), `https://app.test:${port}/api/made`);
  assert.equal(await location("/api/internal"), `https://app.test:${port}/api/inside`);
  assert.equal(await location("/api/known"), "/api/known");
  assert.equal(await location("/api/away"), "https://elsewhere.test/x");
  assert.deepEqual(fieldsOf((await ask(t, bed, "/api/absolute")).response, "Content-Location"), ["/api/made"]);
  assert.deepEqual(fieldsOf((await ask(t, bed, "/api/wait")).response, "Refresh"), ["3; url='/api/next'"]);
  const root = await ask(t, bed, "/api");
  assert.deepEqual(fieldsOf(root.response, "Location"), ["/api/start"]);
  assert.deepEqual(fieldsOf(root.response, "Set-Cookie"), ["c=3; Path=/api"]);
  assert.equal((await ask(t, bed, "/api/open/x")).seen.target, "/open/x");
  assert.equal((await ask(t, bed, "/base/x?q")).seen.target, "/inner/x?q");
  for (const [target, status] of [["/apifoo", 404], ["/api../foo", 404], ["/api/..;/x", 400], ["/api%2f..%2fadmin", 400], ["/api/%2e%2e/x", 404], ["/api/%0d%0aX-A:b", 400]]) {
    const { response, seen } = await ask(t, bed, target);
    assert.equal(response.status, status, target);
    assert.equal(seen, undefined, target);
  }
});

test("a rewrite makes the path of groups, and no piece of it climbs out", async (t) => {
  const bed = await startBed(t, { routes: ({ url: to }) => [
    { host: "app.test", path: { regex: "/v([0-9]+)/(.*)" }, to, public: true, rewrite: "/{2}/version/{1}" },
    { host: "app.test", path: "/old", to, public: true, rewrite: { regex: "/old/x(.*)", to: "/public/{1}" } },
    { host: "auth.test", to, policy: "staff" },
  ] });
  assert.equal((await ask(t, bed, "/v12/a/b?c=/../d")).seen.target, "/a/b/version/12?c=/../d");
  assert.equal((await ask(t, bed, "/old/xa")).seen.target, "/public/a");
  assert.equal((await ask(t, bed, "/old/other")).seen.target, "/old/other");
  for (const target of ["/old/x..", "/old/x../admin", "/old/x./"]) {
    const { response, seen } = await ask(t, bed, target);
    assert.equal(response.status, 400, target);
    assert.equal(seen, undefined, target);
  }
});

test("preflights of listed origins are answered before access, and answers are opened to them alone", async (t) => {
  const bed = await startBed(t, {
    origin: { reply: () => answer(200, "ok", [["Access-Control-Allow-Origin", "*"], ["access-control-allow-credentials", "true"], ["Vary", "Accept"]]) },
    routes: ({ url: to }) => [
      { host: "app.test", to, policy: "signed-in", cors: { origins: [studio], credentials: true, expose: "X-Total", max_age: "1m" }, except: [{ path: "/public", public: true }] },
      { host: "wiki.test", to, public: true, methods: ["GET"], cors: { origins: "*" } },
    ] });
  const preflight = [["Origin", studio], ["Access-Control-Request-Method", "PUT"], ["Access-Control-Request-Headers", "content-type,x-a"]];
  const allowed = await ask(t, bed, "/x", { method: "OPTIONS", fields: preflight });
  assert.equal(allowed.response.status, 204);
  assert.equal(allowed.seen, undefined);
  assert.deepEqual(fieldsOf(allowed.response, "Access-Control-Allow-Origin"), [studio]);
  assert.deepEqual(fieldsOf(allowed.response, "Access-Control-Allow-Credentials"), ["true"]);
  assert.deepEqual(fieldsOf(allowed.response, "Access-Control-Allow-Headers"), ["content-type,x-a"]);
  assert.match(fieldsOf(allowed.response, "Access-Control-Allow-Methods")[0], /PUT/);
  assert.deepEqual(fieldsOf(allowed.response, "Access-Control-Max-Age"), ["60"]);
  for (const origin of ["null", "https://evil.test", `${studio}.evil.test`, "http://studio.example.com"]) {
    const { response, seen } = await ask(t, bed, "/x", { method: "OPTIONS", fields: [["Origin", origin], preflight[1]] });
    assert.equal(response.status, 401, origin);
    assert.equal(seen, undefined);
    assert.deepEqual(fieldsOf(response, "Access-Control-Allow-Origin"), [], origin);
  }
  const refused = await ask(t, bed, "/x", { fields: [["Origin", studio]] });
  assert.equal(refused.response.status, 401);
  assert.deepEqual(fieldsOf(refused.response, "Access-Control-Allow-Origin"), [studio], "a script must see that it is signed out");
  const open = await ask(t, bed, "/public/x", { fields: [["Origin", studio]] });
  assert.deepEqual(fieldsOf(open.response, "Access-Control-Allow-Origin"), [studio]);
  assert.deepEqual(fieldsOf(open.response, "Access-Control-Allow-Credentials"), ["true"]);
  assert.deepEqual(fieldsOf(open.response, "Access-Control-Expose-Headers"), ["X-Total"]);
  assert.deepEqual(fieldsOf(open.response, "Vary"), ["Accept", "Origin"]);
  const foreign = await ask(t, bed, "/public/x", { fields: [["Origin", "https://evil.test"]] });
  assert.deepEqual(fieldsOf(foreign.response, "Access-Control-Allow-Origin"), [], "the app's own word does not count");
  assert.deepEqual(fieldsOf(foreign.response, "Access-Control-Allow-Credentials"), []);
  const everybody = await ask(t, bed, "/", { host: "wiki.test", method: "OPTIONS", fields: [["Origin", "https://any.test"], preflight[1]] });
  assert.deepEqual(fieldsOf(everybody.response, "Access-Control-Allow-Origin"), ["*"]);
  assert.deepEqual(fieldsOf(everybody.response, "Access-Control-Allow-Methods"), ["GET"]);
  assert.equal((await ask(t, bed, "/", { host: "wiki.test", method: "OPTIONS" })).response.status, 405);
});

test("answers of the gateway itself bear the route's headers, and a person's are not stored", async (t) => {
  const bed = await startBed(t, { routes: ({ url: to }) => [
    { host: "app.test", path: "/r", redirect: "https://{host}/there{path}", response_headers: { set: { "X-From": "{host}{path}" } } },
    { host: "app.test", path: "/f", respond: { body: "fixed\n" }, response_headers: { set: { "Content-Type": "text/markdown" } } },
    { host: "app.test", path: "/p", respond: { body: "mine\n" }, policy: "signed-in" },
    { host: "app.test", to, policy: "signed-in" },
    { host: "auth.test", to, policy: "staff" },
  ] });
  const moved = (await ask(t, bed, "/r/a?b")).response;
  assert.equal(moved.status, 308);
  assert.deepEqual(fieldsOf(moved, "Location"), ["https://app.test/there/r/a"]);
  assert.deepEqual(fieldsOf(moved, "X-From"), ["app.test/r/a"]);
  const fixed = (await ask(t, bed, "/f")).response;
  assert.deepEqual(fieldsOf(fixed, "Content-Type"), ["text/markdown"]);
  assert.deepEqual(fieldsOf(fixed, "Cache-Control"), []);
  const alice = await bed.signedIn("alice");
  const own = await alice.get(bed.url("app.test", "/p")).expect(200);
  assert.equal(own.headers["cache-control"], "no-store");
  assert.equal((await ask(t, bed, "/r/%0d%0aSet-Cookie:x=1")).response.status, 400);
});

test("HSTS is on every https answer for our hosts, in place of an app's, and on none over http", async (t) => {
  const bed = await startBed(t, {
    origin: { reply: () => answer(200, "", [["Strict-Transport-Security", "max-age=1"]]) },
    routes: ({ url: to }) => [
      { host: "app.test", to, public: true, except: [{ path: "/closed", policy: "staff" }] },
      { host: "wiki.test", to, public: true, response_headers: { set: { "Strict-Transport-Security": "max-age=7" } } },
      { host: "other.test", respond: {} },
      { host: "auth.test", to, policy: "staff" },
    ],
    config: (parts) => ({ ...parts, tls: { certificates: [certificateFor(usualNames)], hsts: { max_age: "2d", subdomains: true } } }),
  });
  const hsts = async (target, options) => fieldsOf((await ask(t, bed, target, options)).response, "Strict-Transport-Security");
  for (const [target, host] of [["/", "app.test"], ["/closed", "app.test"], ["/oauth2/nothing", "app.test"], ["/%zz", "app.test"], ["/", "other.test"]]) {
    assert.deepEqual(await hsts(target, { host }), ["max-age=172800; includeSubDomains"], host + target);
  }
  assert.deepEqual(await hsts("/", { host: "wiki.test" }), ["max-age=7"]);
  const wire = await connectPlain(t, bed.gateway.ports.http);
  await wire.send("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const redirect = await wire.response();
  assert.equal(redirect.status, 308);
  assert.deepEqual(fieldsOf(redirect, "Strict-Transport-Security"), []);
});

test("defaults are what routes without the key have, and a plain listener alone serves them", async (t) => {
  const plain = await reservePort();
  const bed = await startBed(t, {
    routes: ({ url: to }) => [
      { host: "app.test", to }, { host: "app.test", path: "/own", to, public: true, request_headers: { set: { "X-Env": "own" } } },
      { host: "wiki.test", redirect: "https://app.test{uri}" }, { host: "auth.test", to, identity: "none" },
    ],
    config: (parts) => ({ ...parts, tls: undefined, defaults: { policy: "signed-in", identity: "oauth2-proxy", methods: ["GET", "POST"], request_headers: { set: { "X-Env": "all" } }, except: [{ path: "/healthz", public: true }] },
      listen: { https: "off", http: "off", plain: `127.0.0.1:${plain}`, trusted_proxies: ["127.0.0.1"] } }),
  });
  const get = async (host, target, { method = "GET", scheme = "https" } = {}) => {
    bed.origin.forget();
    const wire = await connectPlain(t, plain);
    await wire.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Length: 0\r\n\r\n`);
    const response = await wire.response();
    wire.close();
    return { status: response.status, location: fieldsOf(response, "Location")[0], seen: bed.origin.lastRequest };
  };
  assert.equal((await get("app.test", "/")).status, 401);
  assert.equal((await get("app.test", "/", { method: "PUT" })).status, 405);
  assert.deepEqual(fieldsOf((await get("app.test", "/own/x")).seen, "X-Env"), ["own"]);
  assert.deepEqual(fieldsOf((await get("app.test", "/healthz")).seen, "X-Env"), ["all"]);
  assert.deepEqual(await get("wiki.test", "/a?b"), { status: 308, location: "https://app.test/a?b", seen: undefined });
  assert.equal((await get("app.test", "/x", { scheme: "http" })).location, "https://app.test/x");
});
