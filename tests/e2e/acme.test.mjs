// Certificates from a real authority: Pebble (attack rows Q03, Q12; the ways of RFC 8555 section 8 and RFC 8737).
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { test } from "node:test";
import tls from "node:tls";

import { obtained, respond, shown, startAcmeBed } from "./support/acme_bed.mjs";
import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { startOrigin } from "./support/origin.mjs";
import { version1 } from "./support/proxy_header.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

test("with an e-mail address and a host alone a certificate is there, by http-01", async (t) => {
  const bed = await startAcmeBed(t);
  await obtained(bed, "app.test");
  const { certificate } = await shown(bed.ports.https, "app.test");
  assert.equal(certificate.subjectAltName, "DNS:app.test");
  const whole = await new Promise((resolve, reject) => {
    bed.authority.root().then((ca) => {
      const socket = tls.connect({ port: bed.ports.https, host: "127.0.0.1", servername: "app.test", ca }, () => { resolve(socket.authorized); socket.destroy(); });
      socket.on("error", reject);
    });
  });
  assert.equal(whole, true, "the chain leads to the authority's root");
});

/// A verified request to the address itself.
function fetchAddress(port, ca) {
  return new Promise((resolve, reject) => {
    https.get({ port, host: "127.0.0.1", ca, headers: { Host: `127.0.0.1:${port}` }, agent: false }, (answer) => {
      let body = "";
      answer.on("data", (part) => { body += part; });
      answer.on("end", () => resolve({ authorized: answer.socket.authorized, body }));
    }).on("error", reject);
  });
}

test("an address is ordered as an address by either challenge, and served to who names nobody (RFC 8738)", async (t) => {
  for (const challenge of ["http-01", "tls-alpn-01"]) {
    const bed = await startAcmeBed(t, { acme: { challenge }, routes: [respond("127.0.0.1"), respond("app.test")] });
    await obtained(bed, "127.0.0.1");
    await obtained(bed, "app.test");
    const { certificate } = await shown(bed.ports.https, "");
    assert.equal(certificate.subjectAltName, "IP Address:127.0.0.1", challenge);
    const answer = await fetchAddress(bed.ports.https, await bed.authority.root());
    assert.deepEqual(answer, { authorized: true, body: "this is 127.0.0.1\n" });
    await bed.gateway.stop();
  }
});

test("until it is there, a handshake is refused with unrecognized_name and nobody waits", async (t) => {
  const bed = await startAcmeBed(t, { authority: { blocked: ["app.test"] } });
  assert.match((await shown(bed.ports.https, "app.test")).alert, /unrecognized name/i);
  const failed = await bed.gateway.event("could not be obtained");
  assert.match(failed.why, /rejectedIdentifier/);
  assert.match(failed.why, /app\.test/);
  assert.equal(failed.certificate, "none");
});

test("tls-alpn-01 is answered to the authority and to nobody else", async (t) => {
  const bed = await startAcmeBed(t, { acme: { challenge: "tls-alpn-01" } });
  await obtained(bed, "app.test");
  const asked = await shown(bed.ports.https, "app.test", { ALPNProtocols: ["acme-tls/1"] });
  assert.match(asked.alert, /no.application.protocol/i);
  const stranger = await shown(bed.ports.https, "stranger.test", { ALPNProtocols: ["acme-tls/1"] });
  assert.match(stranger.alert, /unrecognized name/i);
  const mixed = await shown(bed.ports.https, "app.test", { ALPNProtocols: ["acme-tls/1", "h2"] });
  assert.equal(mixed.protocol, "h2");
});

test("behind a balancer that says who asks (PROXY protocol) both listeners answer the authority", async (t) => {
  const validated = await reservePorts();
  const ports = await reservePorts();
  for (const kind of ["https", "http"]) {
    const relay = net.createServer((client) => {
      const server = net.connect(ports[kind], "127.0.0.1");
      server.write(version1("192.0.2.7"));
      for (const [from, to] of [[client, server], [server, client]]) from.on("error", () => to.destroy()).pipe(to);
    });
    await new Promise((resolve) => relay.listen(validated[kind], "127.0.0.1", resolve));
    cleanup(t, () => relay.close());
  }
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports: validated, dnsPort: dns.port });
  const listen = { https: `127.0.0.1:${ports.https}`, http: `127.0.0.1:${ports.http}`, public_port: validated.https, proxy_protocol: { from: ["127.0.0.1"] } };
  const gateway = await startGateway(t, { listen, tls: { acme: acmeSettings(authority, { challenge: "tls-alpn-01" }) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] }, { ports });
  await gateway.event("certificate obtained", undefined, seconds(30));
  assert.ok((await shown(validated.https, "app.test")).certificate);
  assert.equal((await ask(validated.http, `/.well-known/acme-challenge/${"a".repeat(43)}`)).status, 200);
});

/// {status, headers, body} of one plain request with the path as it is.
function ask(port, path, { host = "app.test", method = "GET", by = http } = {}) {
  return new Promise((resolve, reject) => {
    const request = by.request({ port, host: "127.0.0.1", path, method, headers: { Host: host }, agent: false, servername: host.split(":")[0], rejectUnauthorized: false }, (answer) => {
      let body = "";
      answer.on("data", (part) => { body += part; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    request.on("error", reject);
    request.end();
  });
}

test("the challenge path answers a well-formed token of a host of ours, and is no way around anything else", async (t) => {
  const origin = await startOrigin(t);
  const bed = await startAcmeBed(t, { routes: [{ host: "app.test", to: origin.url, public: true }, respond("other.test", { acme: false })] }).catch((error) => error);
  assert.ok(bed instanceof Error, "a host without any certificate is an error");
  const bed2 = await startAcmeBed(t, { routes: [{ host: "app.test", to: origin.url, public: true }] });
  await obtained(bed2, "app.test");
  const token = "abcdefghijklmnopqrstuvwxyz012345";
  const path = `/.well-known/acme-challenge/${token}`;
  const answer = await ask(bed2.ports.http, path);
  assert.equal(answer.status, 200);
  assert.match(answer.body, new RegExp(`^${token}\\.[A-Za-z0-9_-]{43}$`));
  assert.equal(answer.headers["content-type"], "application/octet-stream");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.equal((await ask(bed2.ports.https, path, { by: https, host: `app.test:${bed2.ports.https}` })).body, answer.body);
  const head = await ask(bed2.ports.http, path, { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, ""]);
  for (const [other, options] of [["/.well-known/acme-challenge/x"], [`${path}/extra`], [`${path}?`], [`${path}?a=1`], ["/.well-known/acme-challenge/../../admin"],
    ["/.well-known/acme-challenge/%2e%2e/admin/aaaaaaaaaaaaaaaaaaaaaa"], [path, { method: "POST" }], ["/.well-known/acme-challenge/"]]) {
    const refused = await ask(bed2.ports.http, other, options);
    assert.ok([308, 400].includes(refused.status), `${other}: ${refused.status}`);
  }
  assert.equal((await ask(bed2.ports.http, path, { host: "stranger.test" })).status, 421);
  assert.equal(origin.requests?.length ?? 0, 0, "nothing reached the origin");
});

test("rejected nonces, reused authorizations and other roots are all taken", async (t) => {
  const bed = await startAcmeBed(t, {
    authority: { environment: { PEBBLE_WFE_NONCEREJECT: "50", PEBBLE_AUTHZREUSE: "100", PEBBLE_ALTERNATE_ROOTS: "2", PEBBLE_CHAIN_LENGTH: "3" }, strict: true },
    routes: [respond("app.test"), respond("b.test"), respond("c.test")], acme: { names_per_certificate: 2 },
  });
  await obtained(bed, "app.test", seconds(60));
  await obtained(bed, "c.test", seconds(60));
  assert.equal((await shown(bed.ports.https, "b.test")).certificate.subjectAltName, "DNS:app.test, DNS:b.test");
});

test("an authority that wants an account of its own gets its binding; without one the log says what to do", async (t) => {
  const key = Buffer.alloc(32, 9).toString("base64url");
  const bed = await startAcmeBed(t, { authority: { externalAccount: { "kid-1": key } }, acme: { external_account: { key_id: "kid-1", hmac_key: key } } });
  await obtained(bed, "app.test");
  const bare = await startAcmeBed(t, { authority: { externalAccount: { "kid-1": key } } });
  const failed = await bare.gateway.event("could not be obtained");
  assert.match(failed.why, /tls\.acme\.external_account/);
});

test("an authority that was replaced and knows nobody gets a new account, and old certificates are served meanwhile", async (t) => {
  const bed = await startAcmeBed(t, { authority: { certificateSeconds: 40 } });
  await obtained(bed, "app.test");
  await bed.authority.restart();
  await bed.gateway.event("does not know our account", undefined, seconds(60));
  await bed.gateway.event("certificate renewed", undefined, seconds(60));
  const { certificate } = await shown(bed.ports.https, "app.test");
  assert.match(certificate.issuer, /Pebble/);
});

test("certificates are renewed under load without a failed request, and are in use on every worker", async (t) => {
  const bed = await startAcmeBed(t, { authority: { certificateSeconds: 30 } });
  await obtained(bed, "app.test");
  const serials = new Set();
  let failures = 0;
  let done = 0;
  let isOver = false;
  const load = async () => {
    while (!isOver) {
      const seen = await shown(bed.ports.https, "app.test");
      if (seen.alert || Date.parse(seen.certificate.validTo) < Date.now()) ++failures;
      else serials.add(seen.certificate.serialNumber);
      ++done;
    }
  };
  const loads = [load(), load(), load(), load()];
  await until("two renewals", () => bed.gateway.events.filter((event) => String(event.message).includes("certificate renewed")).length >= 2, seconds(90)).finally(() => { isOver = true; });
  await Promise.all(loads);
  assert.equal(failures, 0, `of ${done}`);
  assert.ok(serials.size >= 3);
  const newest = (await shown(bed.ports.https, "app.test")).certificate.serialNumber;
  for (let i = 0; i < 20; ++i) assert.equal((await shown(bed.ports.https, "app.test")).certificate.serialNumber, newest);
});
