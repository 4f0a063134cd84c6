// What is said of DNS records before an order: CAA records that forbid it, and the standing records that `gateway check` names and looks up.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { startFront } from "./support/authority_front.mjs";
import { respond } from "./support/acme_bed.mjs";
import { binary, reservePorts, startGateway, usualConfig, writeConfig } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { seconds } from "./support/wait.mjs";

async function startAuthorityBed(t) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port });
  const front = await startFront(t, authority, { dnsPort: dns.port });
  front.identities = ["ca.example"];
  return { ports, dns, front };
}

/// `gateway check FILE`, while the servers of this process go on: {status, text}.
function check(file) {
  return new Promise((resolve) => {
    const child = spawn(binary, ["check", "--strict", file], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { text += part; });
    child.on("close", (status) => resolve({ status, text }));
  });
}

const orders = (front) => front.asked.filter((one) => one.path === "/order-plz").length;

test("CAA records that forbid a certificate are reported with the record to add, and nothing is ordered until they allow it", async (t) => {
  const bed = await startAuthorityBed(t);
  await bed.dns.call("add-caa", { host: "app.test.", policies: [{ tag: "issue", value: "elsewhere.example" }] });
  // Proved by DNS, so that the self-test asks the DNS alone: port 80 is not ours here.
  const dns = { provider: "exec", command: ["/bin/true"], servers: [`127.0.0.1:${bed.dns.port}`] };
  const acme = acmeSettings(bed.front, { self_test: "require", challenge: "dns-persist-01", dns });
  const gateway = await startGateway(t, { tls: { acme }, routes: [respond("app.test")], resolver: [`127.0.0.1:${bed.dns.port}`] }, { ports: bed.ports });
  const told = await gateway.event("CAA records forbid");
  assert.equal(told.name, "app.test");
  assert.match(told.why, /let others issue, not this authority \(issue "elsewhere\.example"\); add: app\.test\. CAA 0 issue "ca\.example"/);
  assert.equal(orders(bed.front), 0);
  await bed.dns.call("clear-caa", { host: "app.test." });
  await bed.dns.call("add-caa", { host: "app.test.", policies: [{ tag: "issue", value: "ca.example" }] });
  await gateway.event("certificate obtained", undefined, seconds(30));
  assert.equal(orders(bed.front), 1);
});

test("check names the standing record of each name, says whether it is there, and changes nothing", async (t) => {
  const bed = await startAuthorityBed(t);
  bed.front.persist = { issuer: "ca.example", get resolver() { return bed.front.resolver; } };
  const folder = scratch("standing");
  const storage = path.join(folder, "storage");
  const acme = acmeSettings(bed.front, { challenge: "dns-persist-01", dns: { provider: "exec", command: ["/bin/false"], servers: [`127.0.0.1:${bed.dns.port}`] } });
  const config = { tls: { acme }, routes: [respond("*.wild.test"), respond("app.test")], resolver: [`127.0.0.1:${bed.dns.port}`], storage };
  const file = writeConfig({ ...usualConfig(bed.ports, folder), ...config });

  const early = await check(file);
  assert.equal(early.status, 0, early.text);
  assert.match(early.text, /\*\.wild\.test is proved by the record _validation-persist\.wild\.test\. TXT "ca\.example; accounturi=ACCOUNT; policy=wildcard"; ACCOUNT is known once the gateway has run/);
  assert.equal(existsSync(storage), false, "no storage is made");
  assert.deepEqual(bed.front.asked.map((one) => one.path), ["/dir"], "no account is made");

  const gateway = await startGateway(t, config, { ports: bed.ports });
  const failed = await gateway.event("could not be obtained", undefined, seconds(30));
  await gateway.stop();
  const account = /accounturi=([^;"]+)/.exec(failed.why)[1];

  const missing = await check(file);
  assert.equal(missing.status, 0, missing.text);
  assert.ok(missing.text.includes(`warning: tls.acme: app.test is not proved: create the record _validation-persist.app.test. TXT "ca.example; accounturi=${account}"; it is not there`), missing.text);

  await bed.dns.call("set-txt", { host: "_validation-persist.app.test.", value: `ca.example; accounturi=${account}` });
  await bed.dns.call("set-txt", { host: "_validation-persist.wild.test.", value: `ca.example; accounturi=${account}` });
  const mixed = await check(file);
  assert.equal(mixed.status, 0, mixed.text);
  assert.match(mixed.text, /note: tls\.acme: app\.test is proved: /);
  assert.match(mixed.text, /warning: tls\.acme: \*\.wild\.test is not proved: .*what is there does not prove it: .*lacks policy=wildcard/);
});

test("check without a name server or an authority says so soon, and the file is still good", async (t) => {
  const ports = await reservePorts();
  const nobody = await reservePorts();
  const acme = acmeSettings({ directory: `https://127.0.0.1:${nobody.https}/dir` }, { challenge: "dns-persist-01" });
  const file = writeConfig({ ...usualConfig(ports, scratch("standing")), tls: { acme }, routes: [respond("app.test")], resolver: [`127.0.0.1:${nobody.http}`] });
  const started = Date.now();
  const run = await check(file);
  assert.equal(run.status, 0, run.text);
  assert.match(run.text, /app\.test is proved by the record _validation-persist\.app\.test\. TXT "ISSUER; accounturi=ACCOUNT"/);
  assert.match(run.text, /the authority cannot be asked for its name: /);
  assert.ok(Date.now() - started < seconds(15));
});
