// Clients that are known by a certificate: whom it lets in, where it is asked for, and that nothing carries it over to another host
// (attack rows C07, E07, H03, H09, I01, I03, K31).
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";

import { startBed } from "./support/bed.mjs";
import { echo } from "./support/origin.mjs";
import { authority, certificateFor, revocationList, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const clientOf = (name, more = {}) => {
  const { certificate, key } = certificateFor([name], { authority: "clients", own: true, client: true, ...more });
  return { file: certificate, cert: readFileSync(certificate), key: readFileSync(key) };
};

const endless = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n";

/// app.test asks nobody, wiki.test whoever likes, *.wild.test everybody. robot.test may enter, by its certificate.
async function startCertificateBed(t) {
  const crl = path.join(scratch("crl"), "crl.pem");
  writeFileSync(crl, revocationList("clients"));
  const devices = { ca: authority("clients").certificate, crl, claims: { user: "dns" } };
  const bed = await startBed(t, {
    origin: { reply: (request, connection) => (request.target === "/stream" ? connection.write(endless) && undefined : echo(request)) },
    policies: {
      both: { allow: [{ authenticated: true }, { client: ["devices", "fleet"], claim: { dns: "robot.test" } }] },
    },
    login: {
      client_certificates: { devices: { ...devices, hosts: ["wiki.test"] }, fleet: { ...devices, hosts: ["*.wild.test"], mode: "required" } },
    },
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "both", identity: "oauth2-proxy" },
      { host: "wiki.test", to: origin.url, policy: "both", identity: "oauth2-proxy", except: [{ path: "/staff", policy: "signed-in" }] },
      { host: "*.wild.test", to: origin.url, policy: "both", identity: "oauth2-proxy", except: [{ path: "/stream", public: true }] },
    ],
  });
  bed.crl = crl;
  /// {status, json, error}: one request on a connection of its own. options: client, host (of the request), headers, and those of tls.
  bed.ask = (servername, target = "/", { client, host = servername, headers = {}, agent = false, method = "GET", ...more } = {}) =>
    new Promise((resolve) => {
      const options = { host: "127.0.0.1", port: bed.gateway.ports.https, servername, path: target, method, ca: authority().pem, agent, headers: { Host: `${host}:${bed.gateway.ports.https}`, ...headers }, cert: client?.cert, key: client?.key, ...more };
      https.request(options, (answer) => {
        let text = "";
        answer.on("data", (part) => { text += part; });
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, json: () => JSON.parse(text) }));
      }).on("error", (error) => resolve({ status: 0, error })).end();
    });
  return bed;
}

const fieldsOf = (page) => new Map(page.json().fields.map(([name, value]) => [name.toLowerCase(), value]));

test("a client's certificate opens what a rule for it opens, on its hosts and on no other connection", async (t) => {
  const bed = await startCertificateBed(t);
  const robot = clientOf("robot.test");
  const status = async (...args) => (await bed.ask(...args)).status;

  // E07: what claims to be a certificate goes no further, and who the app sees is who showed one.
  const claims = { "X-Forwarded-Client-Cert": "Subject=admin", "Client-Cert": ":AAA:", Ssl_Client_Verify: "SUCCESS", "X-SSL-Client-S-DN": "CN=admin", "X-Auth-Request-User": "admin" };
  const seen = fieldsOf(await bed.ask("wiki.test", "/", { client: robot, headers: claims }));
  assert.equal(seen.get("x-auth-request-user"), "robot.test");
  for (const name of Object.keys(claims).slice(0, 4)) assert.equal(seen.get(name.toLowerCase()), undefined, name);

  // K31: policies judge it like anybody.
  assert.equal(await status("wiki.test", "/", { client: clientOf("toaster.test") }), 403);
  assert.equal(await status("wiki.test", "/staff", { client: robot }), 401);
  assert.equal(await status("wiki.test", "/"), 401);
  assert.equal(await status("wiki.test", "/", { client: robot, method: "POST", headers: { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" } }), 401, "another site's page has no use of it");
  const alice = await bed.signedIn("alice", "wiki.test");
  assert.equal(fieldsOf(await alice.get(bed.url("wiki.test"))).get("x-auth-request-user"), "u-alice");

  // I03: none, of another authority, expired, of a server: no handshake where one is demanded or where a bad one is shown.
  for (const host of ["a.wild.test", "A.Wild.TEST"]) {
    assert.equal(await status(host, "/", { host: "a.wild.test" }), 0, "none");
    assert.equal(await status(host, "/", { host: "a.wild.test", client: robot }), 200, `H09: ${host}`);
  }
  for (const host of ["a.wild.test", "wiki.test"]) {
    for (const bad of [{ authority: "ca" }, { days: -1 }, { client: false }]) assert.equal(await status(host, "/", { client: clientOf("robot.test", bad) }), 0, JSON.stringify(bad));
    assert.equal(await status(host, "/", { client: robot, maxVersion: "TLSv1.2" }), 200);
    assert.equal(await status(host, "/", { client: clientOf("robot.test", { authority: "ca" }), maxVersion: "TLSv1.2" }), 0);
  }
  assert.equal(await status("app.test", "/", { client: robot }), 401, "nobody asked for it there");

  // H03, C07: one connection, one way of asking.
  assert.equal(await status("app.test", "/", { host: "wiki.test", client: robot }), 421);
  assert.equal(await status("app.test", "/", { host: "a.wild.test", client: robot }), 421);
  assert.equal(await status("wiki.test", "/", { host: "a.wild.test", client: robot }), 421);
  assert.equal(await status("wiki.test", "/", { host: "app.test", client: robot }), 421);
  assert.equal(await status("a.wild.test", "/", { host: "b.wild.test", client: robot }), 200);
  const session = http2.connect(`https://app.test:${bed.gateway.ports.https}`, { ca: authority().pem, createConnection: () => tls.connect({ host: "127.0.0.1", port: bed.gateway.ports.https, servername: "app.test", ca: authority().pem, cert: robot.cert, key: robot.key, ALPNProtocols: ["h2"] }) });
  t.after(() => session.destroy());
  const coalesced = await new Promise((resolve, reject) => {
    const request = session.request({ ":path": "/", ":authority": `a.wild.test:${bed.gateway.ports.https}` });
    request.on("response", (headers) => resolve(headers[":status"])).on("error", reject).end();
  });
  assert.equal(coalesced, 421);
});

test("I01: no session of TLS is resumed where a certificate is asked for", async (t) => {
  const bed = await startCertificateBed(t);
  const robot = clientOf("robot.test");
  /// A ticket (or none) of a connection, and whether it was resumed.
  const visit = (servername, version, { session, client } = {}) => new Promise((resolve) => {
    const socket = tls.connect({ host: "127.0.0.1", port: bed.gateway.ports.https, servername, session, ca: authority().pem, cert: client?.cert, key: client?.key, minVersion: version, maxVersion: version });
    let [ticket, resumed] = [undefined, false];
    socket.on("session", (fresh) => { ticket = fresh; });
    socket.on("secureConnect", () => { resumed = socket.isSessionReused(); socket.write(`GET / HTTP/1.1\r\nHost: ${servername}:${bed.gateway.ports.https}\r\nConnection: close\r\n\r\n`); });
    let text = "";
    socket.on("data", (part) => { text += part; });
    socket.on("error", () => resolve({ status: 0 }));
    socket.on("close", () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), resumed, ticket }));
  });
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const open = await visit("app.test", version);
    assert.ok(open.ticket, `${version}: a ticket where nothing is asked for`);
    assert.equal((await visit("app.test", version, { session: open.ticket })).resumed, true);
    assert.equal((await visit("a.wild.test", version, { session: open.ticket })).status, 0, "a ticket of an open host in place of a certificate");
    const known = await visit("a.wild.test", version, { client: robot });
    assert.equal(known.status, 200);
    for (const session of [open.ticket, known.ticket].filter(Boolean)) {
      const again = await visit("a.wild.test", version, { client: robot, session });
      assert.deepEqual([again.status, again.resumed], [200, false], version);
      assert.equal((await visit("a.wild.test", version, { session })).status, 0, "resumed without a certificate");
    }
  }
});

test("a certificate that is revoked ends with the list that says so, on connections that stand as well", async (t) => {
  const bed = await startCertificateBed(t);
  const [robot, other] = [clientOf("robot.test"), clientOf("robot.test")];
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const standing = () => bed.ask("a.wild.test", "/", { client: robot, agent }).then((page) => page.status);
  assert.equal(await standing(), 200);
  let isStreaming = false;
  https.get({ host: "127.0.0.1", port: bed.gateway.ports.https, servername: "a.wild.test", path: "/stream", ca: authority().pem, agent: false, cert: robot.cert, key: robot.key, headers: { Host: `a.wild.test:${bed.gateway.ports.https}` } },
    (answer) => answer.on("data", () => { isStreaming = true; }).on("error", () => {}).on("close", () => { isStreaming = false; })).on("error", () => {});
  await until("a stream that anybody with a certificate may open", () => isStreaming);
  writeFileSync(`${bed.crl}.new`, revocationList("clients", [robot.file]));
  renameSync(`${bed.crl}.new`, bed.crl);
  await until("the list to act", async () => (await standing()) !== 200);
  await until("the stream to end with its certificate", () => !isStreaming);
  assert.equal((await bed.ask("a.wild.test", "/", { client: robot })).status, 0);
  assert.equal((await bed.ask("wiki.test", "/", { client: robot })).status, 0);
  assert.equal((await bed.ask("a.wild.test", "/", { client: other })).status, 200);
  assert.match((await bed.gateway.event("authorities or revocation lists")).message ?? "", /have changed/);
});
