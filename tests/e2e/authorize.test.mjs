// Another decision engine: what it is asked, what of its answer counts, and that everything else denies (attack rows G17, K25, M05, M07, M12, F07, S01).
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { messageOf } from "./support/gateway.mjs";
import { begin, connectH2 } from "./support/h2_client.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { clientFrame, openOverH2, startSocketOrigin } from "./support/web_sockets.mjs";
import { seconds, until } from "./support/wait.mjs";

const accepts = (fields = []) => () => answer(200, "", fields);

/// A bed with an engine (bed.engine) that says yes unless the test says otherwise.
async function startEngineBed(t, routes, more = {}) {
  const engine = await startOrigin(t);
  engine.reply = accepts();
  const bed = await startBed(t, { routes: (origin) => routes(origin, engine), ...more });
  bed.engine = engine;
  bed.engineSays = (reply) => { engine.forget(); bed.origin.forget(); engine.reply = reply; };
  return bed;
}

const named = (request) => Object.fromEntries(request.fields.map(([name, value]) => [name.toLowerCase(), value]));

test("the engine is told which request is meant, in each convention, and nothing of ours", async (t) => {
  const bed = await startEngineBed(t, (origin, engine) => [
    { host: "app.test", to: origin.url, authorize: { url: `${engine.url}/check?a=b`, send: ["Cookie", "Authorization", "X-Requested-With"], identity: ["Remote-User", "Remote-Groups", "Acme-User"] } },
    { host: "app.test", path: "/open", to: origin.url, public: true },
    { host: "app.test", path: "/nginx", to: origin.url, authorize: { url: `${engine.url}/auth`, convention: "auth_request" } },
    { host: "app.test", path: "/envoy", to: origin.url, authorize: { url: `${engine.url}/api/authz/ext-authz/` } },
    { host: "app.test", path: "/both", to: origin.url, policy: "staff", authorize: { url: `${engine.url}/both`, send: ["Cookie"] } },
  ]);
  const visitor = bed.visitor();
  bed.engineSays(accepts([["Remote-User", "ann"], ["Remote-Email", "not@listed.test"]]));
  const spoofed = { "X-Forwarded-Uri": "/evil", X_Forwarded_Method: "GET", "X-Forwarded-Prefix": "/evil", "X-Original-URL": "https://evil.test/", "Remote-User": "root", Remote_Groups: "admins", "X-Forwarded-For": "10.9.9.9", Cookie: "a=1; __Host-gateway=stolen; b=2; gateway=3", Authorization: "Bearer x", "Content-Length": "4", "X-Requested-With": "fetch" };
  await visitor.post(bed.url("app.test", "/a/../b%2Fc?x=%2F"), { headers: spoofed, body: "body" }).expect(400); // %2F could be read in two ways
  await visitor.post(bed.url("app.test", "/a/../b/c?x=%2F"), { headers: spoofed, body: "body" }).expect(200);
  const [asked] = bed.engine.requests;
  assert.equal(`${asked.method} ${asked.target}`, "GET /check?a=b");
  assert.equal(asked.body.length, 0);
  const fields = named(asked);
  for (const name of ["content-length", "transfer-encoding", "expect", "x-original-url", "x-forwarded-prefix", "remote-user", "remote_groups"]) assert.equal(fields[name], undefined, name);
  const port = bed.gateway.ports.https;
  assert.deepEqual([fields["x-forwarded-method"], fields["x-forwarded-proto"], fields["x-forwarded-host"], fields["x-forwarded-uri"], fields["x-forwarded-for"]], ["POST", "https", `app.test:${port}`, "/b/c?x=%2F", "127.0.0.1"]);
  assert.deepEqual([fields.cookie, fields.authorization, fields["x-requested-with"]], ["a=1; b=2", "Bearer x", "fetch"]);
  const [passed] = bed.origin.requests;
  assert.deepEqual([fieldsOf(passed, "Remote-User"), fieldsOf(passed, "Remote-Email"), fieldsOf(passed, "Remote_Groups"), fieldsOf(passed, "Remote-Groups")], [["ann"], [], [], []]);
  assert.equal(passed.body.toString(), "body");
  // A name that some engine's answer sets is nobody else's to set, on no route.
  await visitor.get(bed.url("app.test", "/open"), { headers: { "Acme-User": "root", acme_user: "root", "Acme-Other": "x" } }).expect(200);
  const open = bed.origin.requests.at(-1);
  assert.deepEqual([fieldsOf(open, "Acme-User"), fieldsOf(open, "Acme_User"), fieldsOf(open, "Acme-Other")], [[], [], ["x"]]);

  bed.engineSays(accepts());
  await visitor.get(bed.url("app.test", "/nginx/x?y")).expect(200);
  await visitor.request("DELETE", bed.url("app.test", "/envoy/x?y")).expect(200);
  const [nginx, envoy] = bed.engine.requests;
  assert.deepEqual([nginx.target, named(nginx)["x-original-url"], named(nginx)["x-original-method"], named(nginx)["x-forwarded-uri"]], ["/auth", bed.url("app.test", "/nginx/x?y"), "GET", undefined]);
  assert.deepEqual([envoy.method, envoy.target, named(envoy).host, named(envoy)["x-forwarded-proto"]], ["DELETE", "/api/authz/ext-authz/envoy/x?y", `app.test:${port}`, "https"]);

  // With a policy too: who that refuses, the engine hears nothing of.
  bed.engineSays(accepts());
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/both")).expect(401);
  assert.equal((await bed.signIn(bed.visitor(), "carol", bed.url("app.test", "/both"))).status, 403);
  assert.equal(bed.engine.requests.filter((request) => request.target === "/both").length, 0);
  const bob = bed.visitor();
  assert.equal((await bed.signIn(bob, "bob", bed.url("app.test", "/both"))).status, 200);
  const both = bed.engine.requests.find((request) => request.target === "/both");
  assert.equal(named(both).cookie, undefined, "our own cookie");
  bed.engineSays(() => answer(403, "not you"));
  assert.equal((await bob.get(bed.url("app.test", "/both")).expect(403)).body, "not you");
  assert.equal(bed.origin.requests.length, 0);
});

test("an answer that is no complete 2xx in time denies, and the engine's own refusals reach the client", async (t) => {
  const bed = await startEngineBed(t, (origin, engine) => [{ host: "app.test", to: origin.url, authorize: { url: `${engine.url}/check`, identity: ["Remote-User"], timeout: "300ms" } }, { host: "other.test", to: origin.url, authorize: { url: "http://127.0.0.1:1/" } }]);
  const visitor = bed.visitor();
  const refusals = {
    "a redirect": [302, [["Location", "https://portal.test/?rd=x"], ["Set-Cookie", "authelia=1; Path=/"], ["Set-Cookie", "__Host-gateway=ours; Path=/"], ["X-Secret", "1"]]],
    "unauthorized": [401, [["Location", "https://portal.test/"], ["WWW-Authenticate", "Basic realm=x"]]],
    "forbidden": [403, [["Content-Type", "text/plain"]]],
  };
  for (const [what, [status, fields]] of Object.entries(refusals)) {
    bed.engineSays(() => answer(status, "why", fields));
    const page = await visitor.get(bed.url("app.test", "/")).expect(status);
    assert.equal(page.body, "why", what);
    assert.equal(page.headers.location, fields.find(([name]) => name === "Location")?.[1], what);
    assert.deepEqual(page.setCookies, status === 302 ? ["authelia=1; Path=/"] : [], what);
    assert.equal(page.headers["x-secret"], undefined);
    assert.equal(bed.origin.requests.length, 0, what);
  }
  const failures = {
    "an error": () => answer(500), "a page that is not there": () => answer(404), "no change": () => answer(304), "a redirect to nowhere": () => answer(302), "choices": () => answer(300, "", [["Location", "/"]]),
    "an interim answer and no more": () => "HTTP/1.1 103 Early Hints\r\n\r\n", "two names": accepts([["Remote-User", "ann"], ["remote-user", "root"]]), "a huge body": () => answer(200, "x".repeat(70_000)),
    "half a body": (request, connection) => { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); connection.end(); },
    "half a head": (request, connection) => { connection.write("HTTP/1.1 200 OK\r\nRemote-"); connection.end(); },
    "silence": () => undefined, "a reset": (request, connection) => { connection.reset(); }, "what is no HTTP": () => "hello\r\n\r\n", "two lengths": () => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n", "a coded body": () => answer(200, "xx", [["Content-Encoding", "gzip"]]),
  };
  for (const [what, reply] of Object.entries(failures)) {
    bed.engineSays(reply);
    for (const request of [() => visitor.get(bed.url("app.test", "/")), ...(what === "an error" ? [() => visitor.post(bed.url("app.test", "/"), { body: "x", headers: { "Content-Length": "1" } })] : [])]) assert.equal((await request()).status, 503, what);
    assert.equal(bed.origin.requests.length, 0, what);
  }
  assert.equal((await visitor.get(bed.url("other.test", "/"))).status, 503);
  bed.engineSays(accepts([["Remote-User", "ann"]]));
  for (let i = 0; i < 6; ++i) await visitor.get(bed.url("app.test", "/")).expect(200);
  const used = bed.engine.connections.filter((connection) => bed.engine.requests.some((request) => connection.requests.includes(request)));
  assert.ok(used.length <= 2, "a worker keeps its connection");
});

test("sockets and event streams are asked about again, and end with the engine's no", async (t) => {
  const origin = await startSocketOrigin(t);
  const bed = await startEngineBed(t, (plain, engine) => [
    { host: "app.test", to: origin.url, authorize: { url: `${engine.url}/check`, recheck: "1s" } },
    { host: "app.test", path: "/events", to: plain.url, authorize: { url: `${engine.url}/events`, recheck: "1s" } },
  ]);
  bed.origin.reply = () => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata:\n\r\n";
  const asked = (path) => bed.engine.requests.filter((request) => request.target === path);
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const open = async () => {
    const socket = await openOverH2(session, { cookie: "engine=1", origin: bed.url("app.test") });
    assert.equal(socket.status, 200);
    return socket;
  };
  const first = await open();
  await until("three more questions", () => asked("/check").length >= 4, seconds(30));
  for (const question of asked("/check")) assert.equal(named(question).cookie, "engine=1");
  bed.engine.reply = () => answer(500);
  const failing = asked("/check").length;
  await until("two more questions", () => asked("/check").length >= failing + 2, seconds(30));
  first.stream.write(clientFrame(1, Buffer.from("still here")));
  await until("the echo", () => first.frames().length === 1);
  bed.engine.reply = accepts();
  const second = await open();
  const stream = begin(session, { ":method": "GET", ":path": "/events", ":authority": `app.test:${bed.gateway.ports.https}` });
  await until("the event", () => stream.body.length > 0);
  bed.engine.reply = () => answer(403, "no more");
  for (const socket of [first, second]) {
    await until("its end", () => socket.frames().at(-1)?.opcode === 8, seconds(30));
    assert.equal(socket.frames().at(-1).payload.readUInt16BE(0), 1008);
  }
  await until("the end of the stream", () => stream.stream.closed || stream.stream.destroyed, seconds(30));
  await until("the origin's end", () => origin.sockets.every((socket) => socket.code !== undefined));
  const denied = () => bed.gateway.events.filter((event) => messageOf(event) === "audit" && event.act === "denied" && event.reason.includes("while it stood open"));
  await until("three lines", () => denied().length === 3);
  assert.deepEqual(denied().map((event) => event.path).sort(), ["/events", "/socket", "/socket"]);
});

test("a reload ends the sockets that an engine is to be asked about from then on, and was not", async (t) => {
  const origin = await startSocketOrigin(t);
  const bed = await startEngineBed(t, () => [{ host: "app.test", to: origin.url, public: true }]);
  const session = await connectH2(t, bed.gateway.ports.https, "app.test");
  const open = async () => {
    const socket = await openOverH2(session, { origin: bed.url("app.test") });
    assert.equal(socket.status, 200);
    return socket;
  };
  const before = await open();
  const route = (path) => ({ host: "app.test", to: origin.url, authorize: { url: `${bed.engine.url}${path}` } });
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  const reloads = () => bed.gateway.events.filter((event) => messageOf(event) === "reloaded").length;
  const reload = async (routes) => {
    const before = reloads();
    writeFileSync(`${file}.new`, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), routes }));
    renameSync(`${file}.new`, file);
    await until("the reload", () => reloads() > before, seconds(30));
  };
  await reload([route("/one")]);
  await until("its end", () => before.frames().at(-1)?.opcode === 8);
  const asked = await open();
  await reload([route("/one"), { host: "more.test", respond: { body: "x" } }]);
  asked.stream.write(clientFrame(1, Buffer.from("still here")));
  await until("the echo", () => asked.frames().length === 1);
  await reload([route("/two")]);
  await until("its end", () => asked.frames().at(-1)?.opcode === 8);
});

test("a client that goes away while the engine is asked takes its question along", async (t) => {
  const bed = await startEngineBed(t, (origin, engine) => [{ host: "app.test", to: origin.url, authorize: { url: `${engine.url}/check`, timeout: "30s" } }]);
  bed.engineSays(() => undefined);
  const leaving = new AbortController();
  const { default: https } = await import("node:https");
  const { authority } = await import("./support/run_folder.mjs");
  const { readFileSync } = await import("node:fs");
  const gone = https.get({ host: "127.0.0.1", port: bed.gateway.ports.https, servername: "app.test", headers: { Host: `app.test:${bed.gateway.ports.https}` }, ca: readFileSync(authority().certificate), signal: leaving.signal });
  gone.on("error", () => {});
  await until("the question", () => bed.engine.requests.length === 1);
  leaving.abort();
  await until("its end", () => bed.engine.connections.at(-1).closed || bed.engine.connections.at(-1).ended);
  bed.engineSays(accepts());
  await bed.visitor().get(bed.url("app.test", "/")).expect(200);
  assert.equal(bed.origin.requests.length, 1);
});
