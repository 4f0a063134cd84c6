// Methods that no rule lists, requests without a path: refused on each kind of route, and the origin hears nothing (attack rows M03, M06).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { connectTls } from "./support/raw_client.mjs";

/// One raw request on a connection of its own: the status, or "closed".
async function statusOf(t, bed, request, host = "app.test") {
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: host });
  await wire.send(request, [request.split(" ", 1)[0]]);
  const response = await wire.response().catch((error) => assert.match(error.message, /^closed without an answer/));
  wire.close();
  return response?.status ?? "closed";
}

test("M03: a rule about methods admits those that it lists, spelt so, whatever else the request says of its method", async (t) => {
  const bed = await startBed(t, {
    policies: { readers: { allow: [{ method: ["GET"], authenticated: true }] } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "readers" }, { host: "wiki.test", path: "/", methods: ["GET"], to: origin.url, public: true }, { host: "other.test", to: origin.url, public: true }],
  });
  const alice = await bed.signedIn("alice");
  const authority = `app.test:${bed.gateway.ports.https}`;
  const head = (method, fields = "", target = "/x") => `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\nCookie: ${alice.jar.header(bed.url("app.test", "/"))}\r\n${fields}\r\n`;
  bed.origin.forget();
  for (const method of ["get", "GeT", "FOO", "PROPFIND", "TRACE", "OPTIONS", "HEAD", "PATCH", "DELETE", "GETX", "CONNECT"]) {
    const status = await statusOf(t, bed, head(method));
    assert.ok(status === "closed" || status >= 400, `${method}: ${status}`);
  }
  const body = "Content-Length: 0\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  for (const field of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "X-Forwarded-Method"]) {
    assert.equal(await statusOf(t, bed, head("POST", `${body}${field}: GET\r\n`)), 403, field);
  }
  assert.equal(await statusOf(t, bed, head("POST", body, "/x?_method=GET")), 403);
  assert.equal(bed.origin.requests.length, 0, bed.origin.text);
  for (const method of ["get", "HEAD", "FOO", "POST"]) {
    const fields = method === "POST" ? body : "";
    const status = await statusOf(t, bed, `${method} /x HTTP/1.1\r\nHost: wiki.test:${bed.gateway.ports.https}\r\n${fields}X-HTTP-Method-Override: GET\r\n\r\n`, "wiki.test");
    assert.ok(status === 405 || status === 400, `${method} where the route takes GET: ${status}`);
  }
  assert.equal(bed.origin.requests.length, 0, bed.origin.text);
  assert.equal(await statusOf(t, bed, head("GET")), 200, "the refusals above mean something");
});

test("M06: a request without a path is refused on each kind of route, and others go on", async (t) => {
  const bed = await startBed(t, {
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "signed-in" }, { host: "other.test", to: origin.url, public: true },
      { host: "wiki.test", redirect: "https://new.test{uri}" }, { host: "a.wild.test", respond: { status: 200, body: "here" } },
      { host: "b.wild.test", to: origin.url, authorize: { url: origin.url } },
    ],
  });
  bed.origin.forget();
  for (const host of ["app.test", "other.test", "wiki.test", "a.wild.test", "b.wild.test"]) {
    const authority = `${host}:${bed.gateway.ports.https}`;
    for (const line of [`CONNECT ${authority}`, "CONNECT /", "CONNECT other.test:443", "OPTIONS *", "GET *", "GET ", "GET", "GET ?x", `GET https://${authority}?x`, `GET ${authority}`, "GET #x"]) {
      const status = await statusOf(t, bed, `${line} HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, host);
      assert.ok(status === "closed" || status === 400 || status === 405 || status === 501 || (status === 404 && line.startsWith("CONNECT")) || (status === 200 && line === "OPTIONS *"), `${host}: ${line}: ${status}`);
    }
  }
  assert.equal(bed.origin.requests.length, 0, bed.origin.text);
  assert.equal(await statusOf(t, bed, `GET / HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`, "other.test"), 200);
});
