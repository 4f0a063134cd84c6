// Other ways to an origin: a Unix socket, a client certificate, a PROXY header in front.
import assert from "node:assert/strict";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { ask, connectH2 } from "./support/h2_client.mjs";
import { answer } from "./support/origin.mjs";
import { ends4, version2 } from "./support/proxy_header.mjs";
import { authority, certificateFor, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const open = (t, route) => startBed(t, { routes: () => [{ host: "other.test", public: true, ...route }], config: (parts) => ({ workers: 1, ...parts }) });
const get = (bed, rest = "/x") => bed.visitor({ navigates: false }).get(bed.url("other.test", rest));

/// A server whose `onBytes(bytes, socket)` sees what comes; on a port or a path.
async function listen(t, server, where) {
  await new Promise((resolve) => server.listen(...where, resolve));
  cleanup(t, () => server.close());
  return server.address();
}

test("a Unix socket is an origin like another, with the client's Host", async (t) => {
  const file = path.join(scratch("socket"), "app.sock");
  let text = "";
  let connections = 0;
  await listen(t, net.createServer((socket) => {
    ++connections;
    socket.on("error", () => {});
    socket.on("data", (bytes) => { text += bytes; socket.write(answer(200, "unix")); });
  }), [file]);
  const bed = await open(t, { to: `unix:${file}`, health: { path: "/healthz", interval: "200ms" } });
  const visitor = bed.visitor({ navigates: false });
  for (let i = 0; i < 3; ++i) assert.equal((await visitor.get(bed.url("other.test", "/x")).expect(200)).body, "unix");
  assert.ok(text.includes(`Host: other.test:${bed.gateway.ports.https}\r\n`));
  assert.ok(existsSync(file) && connections < 50);
});

test("a Unix socket that nobody listens on is a 502 that the log explains", async (t) => {
  const bed = await open(t, { to: "unix:/nowhere/app.sock" });
  await get(bed).expect(502);
  assert.ok(await bed.gateway.event("the upstream did not answer", (e) => /nowhere/.test(e.error)));
});

test("an origin that asks for a certificate is shown the route's, and only that one", async (t) => {
  const server = certificateFor(["origin.localhost"]);
  const ours = certificateFor(["gateway.test"], { own: true, client: true });
  const asked = [];
  const { port } = await listen(t, tls.createServer({
    key: readFileSync(server.key), cert: readFileSync(server.certificate), ca: authority().pem, requestCert: true, rejectUnauthorized: true,
  }, (socket) => {
    asked.push(socket.getPeerCertificate().subjectaltname);
    socket.on("error", () => {});
    socket.on("data", () => socket.write(answer(200, "mutual")));
  }).on("tlsClientError", () => {}), [0, "127.0.0.1"]);
  const bed = await startBed(t, {
    routes: () => [
      { host: "other.test", public: true, to: `https://origin.localhost:${port}`, tls: { ca: authority().certificate, client_certificate: { certificate: ours.certificate, key: ours.key } } },
      { host: "app.test", public: true, to: `https://origin.localhost:${port}`, tls: { ca: authority().certificate } },
    ],
  });
  assert.equal((await get(bed).expect(200)).body, "mutual");
  assert.deepEqual(asked, ["DNS:gateway.test"]);
  await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x")).expect(502);
});

test("a PROXY header says who the client is, in front of TLS too, and its connection serves no other", async (t) => {
  const expected = (source) => version2({ block: ends4(source, "127.0.0.1", [0, 0]) }).length;
  const headers = [];
  const sockets = [];
  const files = certificateFor(["origin.localhost"]);
  const secure = tls.createServer({ key: readFileSync(files.key), cert: readFileSync(files.certificate) });
  const take = (socket, then) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("readable", function read() {
      const bytes = socket.read(expected("127.0.0.1"));
      if (bytes === null) return socket.once("readable", read);
      headers.push(bytes);
      then(socket);
    });
  };
  const plain = await listen(t, net.createServer((socket) => take(socket, () => socket.on("data", () => socket.write(answer(200, "plain"))))), [0, "127.0.0.1"]);
  const wrapped = await listen(t, net.createServer((socket) => take(socket, () => {
    const inner = new tls.TLSSocket(socket, { isServer: true, key: readFileSync(files.key), cert: readFileSync(files.certificate) });
    inner.on("error", () => {});
    inner.on("data", () => inner.write(answer(200, "secure")));
  })), [0, "127.0.0.1"]);
  secure.close();
  const bed = await startBed(t, {
    routes: () => [
      { host: "other.test", public: true, to: `http://127.0.0.1:${plain.port}`, proxy_protocol: "v2" },
      { host: "app.test", public: true, to: `https://origin.localhost:${wrapped.port}`, proxy_protocol: "v2", tls: { ca: authority().certificate } },
    ],
    config: (parts) => ({ workers: 1, ...parts }),
  });
  const session = await connectH2(t, bed.gateway.ports.https);
  for (let i = 0; i < 3; ++i) assert.equal((await ask(session, { ":path": "/x" })).body.toString(), "plain");
  assert.equal(headers.length, 3, "a connection each");
  const local = session.socket.localPort;
  const block = ends4("127.0.0.1", "127.0.0.1", [local, bed.gateway.ports.https]);
  for (const bytes of headers) assert.deepEqual(bytes, version2({ block }));
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("app.test", "/x")).expect(200)).body, "secure");
  assert.equal(headers.length, 4);
});

test("a health check of an origin that takes PROXY headers begins with one that speaks for nobody", async (t) => {
  const begun = [];
  const origin = await listen(t, net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      begun.push(bytes);
      socket.end(answer(bytes[12] === 0x20 || bytes[12] === 0x21 ? 200 : 400, "x"));
    });
  }), [0, "127.0.0.1"]);
  const bed = await startBed(t, {
    routes: () => [{ host: "other.test", public: true, to: `http://127.0.0.1:${origin.port}`, proxy_protocol: "v2", health: { path: "/h", interval: "100ms" } }],
  });
  await until("two checks", () => begun.length > 1);
  for (const bytes of begun) assert.deepEqual([...bytes.subarray(12, 16)], [0x20, 0, 0, 0]);
  assert.equal((await get(bed).expect(200)).body, "x");
  assert.doesNotMatch(bed.gateway.stderr.text, /fails its check/);
});
