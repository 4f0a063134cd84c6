// Which origin a connection is with, and which routes may share it (attack rows C07, C08, C12).
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { authority } from "./support/run_folder.mjs";

const ca = authority().certificate;
const open = (t, routes) => startBed(t, { routes, login: { host: "other.test" }, config: (parts) => ({ ...parts, workers: 1 }) });

test("C07: routes share a connection only where address, trust and name are the same", async (t) => {
  const origin = await startOrigin(t, { tlsNames: ["one.test", "two.test", "127.0.0.1"], reply: (request, connection) => answer(200, String(origin.connections.indexOf(connection))) });
  const route = (path, tls) => ({ host: "other.test", path, to: origin.url, public: true, tls });
  const bed = await open(t, () => [
    route("/a", { ca, server_name: "one.test" }), route("/b", { ca, server_name: "two.test" }), route("/c", { ca }), route("/same", { ca, server_name: "one.test" }),
    { host: "other.test", path: "/plain", to: origin.url.replace("https", "http"), public: true },
  ]);
  const visitor = bed.visitor();
  const used = {};
  for (const path of ["/a", "/b", "/c"]) used[path] = (await visitor.get(bed.url("other.test", path)).expect(200)).body;
  assert.equal(new Set(Object.values(used)).size, 3, `one connection for two trusts: ${JSON.stringify(used)}`);
  for (const path of ["/a", "/b", "/c"]) assert.equal((await visitor.get(bed.url("other.test", path)).expect(200)).body, used[path], "each keeps its own");
  assert.equal((await visitor.get(bed.url("other.test", "/plain"))).status, 502, "TLS is not spoken to by accident");
});

test("C08: a wildcard of an origin's certificate stands for one label", async (t) => {
  const origin = await startOrigin(t, { tlsNames: ["*.example.test"] });
  const route = (path, server_name) => ({ host: "other.test", path, to: origin.url, public: true, tls: { ca, server_name } });
  const bed = await open(t, () => [route("/one", "a.example.test"), route("/two", "a.b.example.test"), route("/none", "example.test"), route("/part", "xexample.test")]);
  assert.equal((await bed.visitor().get(bed.url("other.test", "/one"))).status, 200);
  for (const path of ["/two", "/none", "/part"]) assert.equal((await bed.visitor().get(bed.url("other.test", path))).status, 502, path);
});

/// A server that speaks before the handshake, and then anything.
async function startEager(t, bytes) {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.write(bytes);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set();
  server.on("connection", (socket) => sockets.add(socket));
  cleanup(t, () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

test("C12: what an origin says before its handshake is never an answer", async (t) => {
  const forged = answer(200, "forged");
  const port = await startEager(t, forged + forged);
  const bed = await open(t, () => [{ host: "other.test", to: `https://127.0.0.1:${port}`, public: true, tls: { ca }, timeouts: { connect: "2s" } }]);
  for (let i = 0; i < 3; i++) {
    const page = await bed.visitor().get(bed.url("other.test", "/x"));
    assert.equal(page.status, 502);
    assert.ok(!page.body.includes("forged"));
  }
});
