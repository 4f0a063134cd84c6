// The handshake as strangers try it (attack rows I02, I06, I08, I10, I11, H08, H12).
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import tls from "node:tls";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { authority } from "./support/run_folder.mjs";
import { seconds, until, within } from "./support/wait.mjs";

/// The outcome of one handshake: {socket} or {error}.
function handshake(t, port, options) {
  return within("a handshake", new Promise((resolve) => {
    const socket = tls.connect({ port, host: "127.0.0.1", servername: "other.test", ca: authority().pem, ...options }, () => resolve({ socket }));
    socket.on("error", (error) => resolve({ error: error.code ?? error.message }));
    cleanup(t, () => socket.destroy());
  }));
}

async function isAlive(t, bed) {
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  await wire.send(`GET /alive HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  assert.equal((await wire.response()).status, 200);
}

test("TLS 1.2 and 1.3 with forward secrecy are spoken, older versions are not", async (t) => {
  const bed = await startBed(t);
  const port = bed.gateway.ports.https;
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const { socket, error } = await handshake(t, port, { minVersion: version, maxVersion: version });
    assert.ok(socket, `${version}: ${error}`);
    assert.equal(socket.getProtocol(), version);
    assert.match(socket.getCipher().name, /GCM|CHACHA20/);
    assert.ok(socket.getEphemeralKeyInfo().type, `${version} without an ephemeral key`);
  }
  for (const version of ["TLSv1", "TLSv1.1"]) {
    const { socket } = await handshake(t, port, { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" });
    assert.equal(socket, undefined, version);
  }
  for (const ciphers of ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "NULL-SHA256"]) {
    const { socket } = await handshake(t, port, { maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` });
    assert.equal(socket, undefined, ciphers);
  }
});

test("a client that offers protocols we do not speak is refused in the handshake; one that offers none gets HTTP/1.1", async (t) => {
  const bed = await startBed(t);
  for (const ALPNProtocols of [["ftp"], ["smtp"], ["h2c"], ["acme-tls/1"], ["x".repeat(255)]]) {
    const { socket } = await handshake(t, bed.gateway.ports.https, { ALPNProtocols });
    assert.equal(socket, undefined, ALPNProtocols[0].slice(0, 20));
  }
  for (const ALPNProtocols of [undefined, ["http/1.1"], ["ftp", "http/1.1"]]) assert.ok((await handshake(t, bed.gateway.ports.https, { ALPNProtocols })).socket);
  await isAlive(t, bed);
});

test("renegotiation is refused and harms nobody", async (t) => {
  const bed = await startBed(t);
  const { socket } = await handshake(t, bed.gateway.ports.https, { maxVersion: "TLSv1.2" });
  await within("the refusal", new Promise((resolve) => {
    socket.on("close", resolve);
    socket.renegotiate({}, (error) => error && resolve());
  }));
  await isAlive(t, bed);
});

test("a session is resumed, one ticket at a time", async (t) => {
  const bed = await startBed(t);
  const tickets = [];
  const first = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  first.socket.on("session", (session) => tickets.push(session));
  await first.send(`GET / HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  await first.response();
  await until("a ticket", () => tickets.length);
  assert.equal(tickets.length, 1);
  const second = await connectTls(t, bed.gateway.ports.https, { servername: "other.test", session: tickets[0] });
  assert.ok(second.socket.isSessionReused());
  await second.send(`GET /resumed HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\n\r\n`);
  assert.equal((await second.response()).status, 200);
});

/// Sends bytes in place of a handshake; gives what came back when the other side has ended the connection.
function untilEnd(t, port, bytes) {
  const socket = net.connect(port, "127.0.0.1");
  cleanup(t, () => socket.destroy());
  const received = [];
  socket.on("data", (part) => received.push(part));
  socket.on("error", () => {});
  socket.write(Buffer.from(bytes, "latin1"));
  const closed = new Promise((resolve) => socket.on("close", () => resolve(Buffer.concat(received).toString("latin1"))));
  return within(`the end after ${JSON.stringify(bytes.slice(0, 20))}`, closed, seconds(25));
}

test("a handshake that stalls anywhere is ended", async (t) => {
  const bed = await startBed(t);
  const hello = Buffer.from("1603010200010001fc0303", "hex").toString("latin1");
  await Promise.all([0, 1, 5, hello.length].map((sent) => untilEnd(t, bed.gateway.ports.https, hello.slice(0, sent))));
  await isAlive(t, bed);
});

test("bytes that are no handshake are answered with an end, not with HTTP", async (t) => {
  const bed = await startBed(t);
  const starts = ["GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "\x80\x2e\x01\x00\x02", "\x16\x03\x01\xff\xff", "\x15\x03\x01\x00\x02\x01\x00".repeat(200), "\0".repeat(100)];
  const answers = await Promise.all(starts.map((bytes) => untilEnd(t, bed.gateway.ports.https, bytes)));
  for (const text of answers) assert.ok(!text.includes("HTTP/1.1 200"), text);
  await isAlive(t, bed);
});

test("strange names in the handshake crash nothing and reach no file", async (t) => {
  const bed = await startBed(t);
  for (const servername of ["x".repeat(250), "a/b", "*.test", "xn--80ak6aa92e.test", "_x.test", "a..b", "OTHER.TEST"]) {
    const { socket, error } = await handshake(t, bed.gateway.ports.https, { servername, checkServerIdentity: () => undefined });
    if (servername === "OTHER.TEST") assert.ok(socket, error);
    else assert.equal(socket, undefined, servername);
  }
  await isAlive(t, bed);
});

test("a wrong certificate of an https origin is 502, a right one passes", async (t) => {
  const { startOrigin } = await import("./support/origin.mjs");
  const good = await startOrigin(t, { tlsNames: ["127.0.0.1"] });
  const wrongName = await startOrigin(t, { tlsNames: ["elsewhere.test"] });
  const wrongCa = await startOrigin(t, { tlsNames: ["127.0.0.1"], tlsOptions: { authority: "foreign-ca" } });
  const ca = authority().certificate;
  const bed = await startBed(t, { routes: () => [
    { host: "app.test", to: good.url, public: true, tls: { ca } }, { host: "wiki.test", to: wrongName.url, public: true, tls: { ca } }, { host: "other.test", to: wrongCa.url, public: true, tls: { ca } },
    { host: "a.wild.test", path: "/named", to: wrongName.url, public: true, tls: { ca, server_name: "elsewhere.test" } }, { host: "a.wild.test", path: "/untrusted", to: good.url, public: true }] });
  await bed.visitor().get(bed.url("app.test", "/")).expect(200);
  await bed.visitor().get(bed.url("wiki.test", "/")).expect(502);
  await bed.visitor().get(bed.url("other.test", "/")).expect(502);
  await bed.visitor().get(bed.url("a.wild.test", "/named")).expect(200);
  await bed.visitor().get(bed.url("a.wild.test", "/untrusted")).expect(502);
  assert.equal(wrongName.requests.length, 1);
  assert.equal(wrongCa.text, "");
});

test("a provider whose certificate does not hold signs nobody in", async (t) => {
  const bed = await startBed(t, { providerReady: false, config: (parts, own) => ({ ...parts, login: { ...parts.login, providers: { main: own.provider.configuration({ ca: authority("foreign-ca").certificate }) } } }) });
  const page = await bed.visitor().open(bed.url("app.test", "/"));
  assert.ok(page.status >= 500, String(page.status));
  assert.equal(bed.provider.requests.length, 0);
});
