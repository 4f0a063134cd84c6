// Tunnels end half by half: each side's end is passed on behind its last byte, and the other side goes on.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startBed, users } from "./support/bed.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority, scratch } from "./support/run_folder.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A tunnel through the gateway: the client's wire, and the origin's connection with what it heard.
async function openTunnel(t, { tlsOptions = {}, originTls = false, idle = "5m" } = {}) {
  const heard = [];
  const reply = (_, connection) => {
    connection.raw = (bytes) => heard.push(Buffer.from(bytes));
    return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  };
  const upstream = originTls ? { tls: { ca: authority().certificate, server_name: "other.test" } } : {};
  const bed = await startBed(t, {
    origin: { reply, ...(originTls ? { tlsNames: ["other.test"] } : {}) },
    routes: (origin) => [{ host: "other.test", to: origin.url, public: true, timeouts: { idle }, ...upstream }],
  });
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", ...tlsOptions });
  await wire.send(`GET /ws HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  await until("the tunnel", () => wire.text.includes(accept));
  return { bed, wire, connection: bed.origin.connections[0], heard: () => Buffer.concat(heard).toString("latin1") };
}

const ways = [["TLS 1.3", {}], ["TLS 1.2", { tlsOptions: { maxVersion: "TLSv1.2" } }], ["TLS to the origin as well", { originTls: true }]];

for (const [name, options] of ways) {
  test(`the origin's end leaves the client its half of the tunnel: ${name}`, async (t) => {
    const { bed, wire, connection, heard } = await openTunnel(t, options);
    const last = "x".repeat(200000) + "last words";
    connection.write(last);
    connection.end();
    await wire.ended();
    assert.ok(wire.text.endsWith(last), "bytes before the end were lost");
    assert.equal(wire.error, undefined);
    for (const word of ["an answer", ", and more"]) {
      await wire.send(word);
      await quiet();
    }
    await until("the client's bytes at the origin", () => heard() === "an answer, and more");
    assert.ok(!connection.ended);
    wire.end();
    await until("the client's end at the origin", () => connection.ended);
    assert.equal(connection.error, undefined, "the origin saw a reset");
    await bed.gateway.accessLine((line) => line["http.response.status_code"] === 101);
  });

  test(`the client's end leaves the origin its half of the tunnel: ${name}`, async (t) => {
    const { bed, wire, connection, heard } = await openTunnel(t, options);
    const last = "y".repeat(200000) + "that is all";
    await wire.send(last);
    wire.end();
    await until("the client's end at the origin", () => connection.ended);
    assert.equal(heard(), last);
    await quiet();
    connection.write("the answer");
    await until("the answer", () => wire.text.endsWith("the answer"));
    connection.end();
    await wire.ended();
    assert.equal(wire.error, undefined);
    await bed.gateway.accessLine((line) => line["http.response.status_code"] === 101);
  });
}

test("half a tunnel in which nothing moves is ended after the idle time, on both sides", async (t) => {
  const { bed, wire, connection } = await openTunnel(t, { idle: "1s" });
  const open = bed.gateway.descriptors();
  connection.end();
  await wire.ended();
  await until("the other half's end", () => connection.closed, seconds(15));
  await until("the descriptors", () => bed.gateway.descriptors() <= open - 2);
});

test("a reset after an end ends the rest of the tunnel at once", async (t) => {
  const { wire, connection } = await openTunnel(t);
  connection.end();
  await wire.ended();
  wire.reset();
  await until("the end at the origin", () => connection.closed);
});

test("a client that ends its half and then breaks off ends the tunnel at once", async (t) => {
  const { bed, wire, connection } = await openTunnel(t);
  const open = bed.gateway.descriptors();
  wire.end();
  await until("the client's end at the origin", () => connection.ended);
  wire.reset();
  await until("the descriptors", () => bed.gateway.descriptors() <= open - 2);
});

test("sockets and event streams end with their session and with their place on a list, and nobody else's do", async (t) => {
  const file = path.join(scratch("list"), "staff.txt");
  const write = (people) => {
    writeFileSync(`${file}.new`, people.map((name) => `${users[name].email}\n`).join(""));
    renameSync(`${file}.new`, file);
  };
  write(["alice", "bob", "carol"]);
  const events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n";
  const bed = await startBed(t, {
    origin: { reply: (request, connection) => {
      if (request.target === "/events") return events;
      connection.raw = () => {};
      return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    } },
    policies: { listed: { allow: [{ email: { file } }] } },
    routes: (origin) => [{ host: "app.test", path: "/home", respond: { status: 200, body: "home" }, policy: "listed" }, { host: "app.test", to: origin.url, policy: "listed" }],
  });
  const port = bed.gateway.ports.https;
  const open = async (visitor, target) => {
    const wire = await connectTls(t, port, { servername: "app.test" });
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nOrigin: https://app.test:${port}\r\n`;
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: app.test:${port}\r\nCookie: ${visitor.jar.header(bed.url("app.test", target))}\r\n${target === "/ws" ? upgrade : ""}\r\n`);
    await until("its beginning", () => wire.text.includes(target === "/ws" ? accept : "data: first"));
    return wire;
  };
  const visitors = {};
  const wires = {};
  for (const name of ["alice", "bob", "carol"]) {
    visitors[name] = bed.visitor();
    (await bed.signIn(visitors[name], name, bed.url("app.test", "/home"))).expect(200);
    wires[name] = [await open(visitors[name], "/ws"), await open(visitors[name], "/events")];
  }
  const closed = (name) => wires[name].map((wire) => wire.closed);
  await visitors.alice.post(bed.url("app.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" } });
  await until("the end of alice's", () => closed("alice").every(Boolean));
  assert.deepEqual([...closed("bob"), ...closed("carol")], [false, false, false, false]);
  write(["alice", "carol"]);
  await until("the end of bob's", () => closed("bob").every(Boolean));
  await quiet();
  assert.deepEqual(closed("carol"), [false, false]);
});
