// dns-01 against a real authority: by a program, by signed updates to BIND, by an API; wildcards; a standing record (attack row Q05).
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority } from "./support/authority.mjs";
import { obtained, respond, shown, startAcmeBed } from "./support/acme_bed.mjs";
import { hasBind, startBind } from "./support/bind.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

/// A program that sets TXT records of the challenge name server and keeps what it was called with.
function dnsProgram(dns, { failsAt } = {}) {
  const folder = scratch("dns-program");
  const calls = path.join(folder, "calls");
  const file = path.join(folder, "set.mjs");
  writeFileSync(file, `#!${process.execPath}
import { appendFileSync } from "node:fs";
const [what, name, value] = process.argv.slice(-3);
appendFileSync(${JSON.stringify(calls)}, JSON.stringify(process.argv.slice(2)) + "\\n");
if (what === ${JSON.stringify(failsAt ?? "")}) process.exit(3);
await fetch(${JSON.stringify(dns.url)} + (what === "present" ? "/set-txt" : "/clear-txt"), { method: "POST", body: JSON.stringify({ host: name, value }) });
`);
  chmodSync(file, 0o755);
  return { file, calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : []) };
}

test("a wildcard is proved by a program that sets the record, and the record is taken back", async (t) => {
  let program;
  const bed = await startAcmeBed(t, {
    routes: [respond("*.wild.test")],
    acme: ({ dns }) => {
      program = dnsProgram(dns);
      return { challenge: "dns-01", dns: { provider: "exec", command: [program.file, "first;argument $(touch /tmp/never)"], servers: [`127.0.0.1:${dns.port}`] } };
    },
  });
  await obtained(bed, "*.wild.test");
  assert.equal((await shown(bed.ports.https, "any.wild.test")).certificate.subjectAltName, "DNS:*.wild.test");
  const calls = await until("the clean-up", () => program.calls().length >= 2 && program.calls());
  assert.deepEqual(calls[0].slice(0, 3), ["first;argument $(touch /tmp/never)", "present", "_acme-challenge.wild.test."]);
  assert.equal(calls.at(-1)[1], "cleanup");
  assert.equal(calls[0][3], calls.at(-1)[3]);
});

test("a program that fails is said to, and nothing is asked of the authority's validation", async (t) => {
  const bed = await startAcmeBed(t, {
    routes: [respond("*.wild.test")],
    acme: ({ dns }) => ({ challenge: "dns-01", dns: { provider: "exec", command: [dnsProgram(dns, { failsAt: "present" }).file], servers: [`127.0.0.1:${dns.port}`] } }),
  });
  const failed = await bed.gateway.event("could not be obtained");
  assert.match(failed.why, /ended with status 3/);
});

test("a wildcard and its base are two values of one name, by signed updates to BIND, and others' records stay", { skip: !hasBind && "no BIND" }, async (t) => {
  const ports = await reservePorts();
  const bind = await startBind(t, "corp.test");
  const authority = await startAuthority(t, { ports, dnsPort: bind.port });
  const dns = { provider: "rfc2136", server: `127.0.0.1:${bind.port}`, key_name: bind.keyName, secret: bind.secret, servers: [`127.0.0.1:${bind.port}`] };
  const gateway = await startGateway(t, {
    tls: { acme: acmeSettings(authority, { challenge: "dns-01", dns }) },
    routes: [respond("*.corp.test"), respond("corp.test")], resolver: [`127.0.0.1:${bind.port}`],
  }, { ports });
  await obtained({ gateway }, "*.corp.test");
  const { certificate } = await shown(ports.https, "corp.test");
  assert.deepEqual(certificate.subjectAltName.split(", ").sort(), ["DNS:*.corp.test", "DNS:corp.test"]);
  await until("the records to be gone", () => bind.texts("_acme-challenge.corp.test").length === 0);
});

test("an update with a wrong key says so", { skip: !hasBind && "no BIND" }, async (t) => {
  const ports = await reservePorts();
  const bind = await startBind(t, "corp.test");
  const authority = await startAuthority(t, { ports, dnsPort: bind.port });
  const dns = { provider: "rfc2136", server: `127.0.0.1:${bind.port}`, key_name: "gwkey", secret: Buffer.alloc(32, 7).toString("base64"), servers: [`127.0.0.1:${bind.port}`] };
  const gateway = await startGateway(t, {
    tls: { acme: acmeSettings(authority, { challenge: "dns-01", dns }) }, routes: [respond("*.corp.test")], resolver: [`127.0.0.1:${bind.port}`],
  }, { ports });
  const failed = await gateway.event("could not be obtained");
  assert.match(failed.why, /does not take this key/);
});

test("records are written through Scaleway's API, one value at a time", { skip: !hasBind && "no BIND" }, async (t) => {
  const ports = await reservePorts();
  const bind = await startBind(t, "corp.test");
  const asked = [];
  const api = http.createServer((request, answer) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      asked.push({ method: request.method, url: request.url, token: request.headers["x-auth-token"], body: JSON.parse(body) });
      answer.writeHead(403, { "Content-Type": "application/json" }).end(JSON.stringify({ message: "insufficient permissions" }));
    });
  });
  await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => api.close());
  const authority = await startAuthority(t, { ports, dnsPort: bind.port });
  const dns = { provider: "scaleway", secret_key: "0123456789", url: `http://127.0.0.1:${api.address().port}`, servers: [`127.0.0.1:${bind.port}`] };
  const gateway = await startGateway(t, {
    tls: { acme: acmeSettings(authority, { challenge: "dns-01", dns }) }, routes: [respond("*.app.corp.test")], resolver: [`127.0.0.1:${bind.port}`],
  }, { ports });
  const failed = await gateway.event("could not be obtained");
  assert.match(failed.why, /insufficient permissions/);
  assert.deepEqual([asked[0].method, asked[0].url, asked[0].token], ["PATCH", "/domain/v2beta1/dns-zones/corp.test/records", "0123456789"]);
  const record = asked[0].body.changes[0].add.records[0];
  assert.equal(record.name, "_acme-challenge.app");
  assert.match(record.data, /^"[A-Za-z0-9_-]{43}"$/);
  assert.ok(!JSON.stringify(gateway.events).includes("0123456789"), "the key stays out of the log");
});
