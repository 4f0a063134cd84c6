// Certificates on an operator's word: the control socket, renewing and revoking at a real authority.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, statSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";

import { obtained, respond, shown, startAcmeBed } from "./support/acme_bed.mjs";
import { binary, runGateway, startGateway } from "./support/gateway.mjs";
import { certificateFor, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

/// What a command says, without holding up this process, which the authority needs.
function command(...words) {
  return new Promise((resolve) => {
    const child = spawn(binary, ["certificates", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part) => { stdout += part; });
    child.stderr.on("data", (part) => { stderr += part; });
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

function fetchText(port, path, host) {
  return new Promise((resolve, reject) => {
    http.get({ port, host: "127.0.0.1", path, headers: { Host: host }, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part) => { text += part; }).on("end", () => resolve(text));
    }).on("error", reject);
  });
}

async function startControlled(t, options = {}) {
  const control = path.join(scratch("control"), "run", "control.sock");
  const bed = await startAcmeBed(t, { ...options, start: { ...options.start, environment: { RUNTIME_DIRECTORY: path.dirname(control) } } });
  return { ...bed, control, file: path.join(bed.gateway.folder, "gateway.yaml") };
}

test("renew orders another certificate now and tells how it ended; revoke ends the one that is served and orders another", async (t) => {
  const bed = await startControlled(t, { routes: [respond("app.test"), respond("b.test")] });
  await obtained(bed, "app.test");
  await obtained(bed, "b.test");
  const serial = async (name) => (await shown(bed.ports.https, name)).certificate.serialNumber;
  const first = await serial("app.test");
  const renewed = await command("renew", "app.test", "--control", bed.control);
  assert.equal(renewed.status, 0, renewed.stderr);
  assert.match(renewed.stdout, /^renewed: app\.test until \d{4}-/);
  const second = await serial("app.test");
  assert.notEqual(second, first);
  const revoked = await command("revoke", "app.test", "--reason", "keyCompromise", "--control", bed.control);
  assert.equal(revoked.status, 0, revoked.stderr);
  assert.match(revoked.stderr, /revoked: app\.test, keyCompromise; ordering another/);
  assert.match(revoked.stdout, /^renewed: app\.test/);
  assert.notEqual(await serial("app.test"), second);
  const status = await bed.authority.status(second);
  assert.equal(status.Status, "Revoked");
  assert.equal(status.Reason, 1);
  const all = await command("renew", "--all", "--control", bed.control);
  assert.equal(all.status, 0, all.stderr);
  assert.match(all.stdout, /2 certificates renewed/);
  assert.match(all.stderr, /renewed: b\.test/);
  const kept = await serial("b.test");
  const only = await command("revoke", "b.test", "--no-order", "--control", bed.control);
  assert.equal(only.status, 0, only.stderr);
  assert.match(only.stdout, /revoked: b\.test, unspecified; it is served until it is renewed/);
  assert.equal(await serial("b.test"), kept);
  const token = `/.well-known/acme-challenge/${"a".repeat(43)}`;
  const answered = () => fetchText(bed.ports.http, token, "b.test");
  const before = await answered();
  const rolled = await command("rollover", "--control", bed.control);
  assert.equal(rolled.status, 0, rolled.stderr);
  assert.match(rolled.stdout, /^the account's key was changed at https:\/\//);
  assert.notEqual(await answered(), before);
  assert.equal((await command("renew", "b.test", "--control", bed.control)).status, 0);
});

test("the socket is the gateway's own user's alone and goes with the gateway", async (t) => {
  const bed = await startControlled(t);
  await obtained(bed, "app.test");
  assert.equal(statSync(bed.control).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(bed.control)).mode & 0o777, 0o700);
  if (process.getuid() === 0) {
    const stranger = spawnSync(binary, ["certificates", "renew", "app.test", "--control", bed.control], { uid: 65534, gid: 65534, encoding: "utf8" });
    if (!stranger.error) assert.equal(stranger.status, 2, stranger.stderr);
  }
  const unknown = await command("renew", "stranger.test", "--control", bed.control);
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /stranger\.test: no certificate with this name is ordered here/);
  await bed.gateway.stop();
  assert.equal(existsSync(bed.control), false);
  const nobody = await command("renew", "app.test", "--control", bed.control);
  assert.equal(nobody.status, 2);
  assert.match(nobody.stderr, /no gateway runs there/);
});

test("a caller of another user is refused, whatever the rights of the socket are", { skip: process.getuid() !== 0 && "only root can call as somebody else" }, async (t) => {
  const control = path.join(scratch("control"), "control.sock");
  const gateway = await startGateway(t, ({ ports }) => ({
    listen: { https: `127.0.0.1:${ports.https}`, http: "off", public_port: ports.https, control }, tls: { certificates: [certificateFor(["app.test"])] }, routes: [respond("app.test")] }));
  // Everybody may come in, as far as the file system goes.
  for (let folder = path.dirname(control); folder !== "/"; folder = path.dirname(folder)) if ((statSync(folder).mode & 0o001) === 0) chmodSync(folder, statSync(folder).mode | 0o011);
  chmodSync(control, 0o666);
  // He says nothing: who writes to a socket that is closed meanwhile hears of that rather than what was said before.
  const script = `require("node:net").connect(${JSON.stringify(control)}).on("data", (text) => process.stdout.write(text))`;
  const stranger = spawnSync(process.execPath, ["-e", script], { uid: 65534, gid: 65534, encoding: "utf8", timeout: 10000 });
  assert.equal(stranger.stdout, "! only the gateway's own user and root may\n", stranger.stderr);
  await gateway.event("neither this user nor root");
  assert.match((await command("renew", "app.test", "--control", control)).stderr, /expected one of/);
});

test("a certificate that is ordered no more is listed as one, and revoked by its name", async (t) => {
  const bed = await startControlled(t, { config: { storage: path.join(scratch("former"), "storage") }, routes: [respond("app.test"), respond("old.test")], authority: { blocked: ["bad.test"] } });
  await obtained(bed, "old.test");
  await obtained(bed, "app.test");
  const serial = (await shown(bed.ports.https, "old.test")).certificate.serialNumber;
  await bed.gateway.stop();
  const listen = { https: `127.0.0.1:${bed.ports.https}`, http: `127.0.0.1:${bed.ports.http}`, public_port: bed.ports.https, control: bed.control };
  const given = certificateFor(["given.test"]);
  const config = { ...bed.config, tls: { ...bed.config.tls, certificates: [given] }, routes: [respond("app.test"), respond("bad.test")], listen };
  const second = await startGateway(t, config, { ports: bed.ports });
  await second.event("could not be obtained");
  const list = await command("list", "--config", path.join(second.folder, "gateway.yaml"));
  assert.match(list.stdout, /^old\.test\n {2}expires .*\n {2}renewal {2}none: not ordered any more/m, list.stderr);
  assert.match(list.stdout, /^app\.test\n {2}expires .*\n {2}renewal {2}\d{4}-/m);
  assert.match(list.stdout, /^given\.test\n {2}expires {2}\d{4}-.*\n {2}renewal {2}by whoever writes its files\n {2}from {5}\//m);
  assert.match(list.stdout, /^bad\.test\n {2}expires {2}there is no certificate yet\n {2}failed {3}1 times, next attempt \d{4}-.*: rejectedIdentifier/m);
  const revoked = await command("revoke", "old.test", "--reason", "keyCompromise", "--control", bed.control);
  assert.equal(revoked.status, 0, revoked.stderr);
  assert.match(revoked.stdout, /revoked: old\.test, keyCompromise; this name is ordered no more/);
  assert.equal((await bed.authority.status(serial)).Status, "Revoked");
});

test("hundreds of connections that say nothing, too much or nonsense leave the socket to who comes next", async (t) => {
  const control = path.join(scratch("control"), "control.sock");
  const gateway = await startGateway(t, ({ ports }) => ({
    listen: { https: `127.0.0.1:${ports.https}`, http: "off", public_port: ports.https, control }, tls: { certificates: [certificateFor(["app.test"])] }, routes: [respond("app.test")] }));
  const open = [];
  const ends = [];
  for (let i = 0; i < 300; ++i) {
    const socket = net.connect(control);
    ends.push(new Promise((resolve) => socket.on("close", resolve)));
    socket.on("error", () => {});
    if (i % 3 === 0) socket.write("x".repeat(1 << 20));
    if (i % 3 === 1) socket.write("\0\0\n");
    socket.resume();
    open.push(socket);
  }
  await Promise.all(ends); // those that say nothing after five seconds
  await until("the descriptors to be given back", () => gateway.descriptors() < 100);
  const answered = await command("renew", "app.test", "--control", control);
  assert.equal(answered.status, 1);
  assert.match(answered.stderr, /expected one of/);
  assert.equal(runGateway(["certificates", "renew", "app.test", "--config", path.join(gateway.folder, "gateway.yaml")]).status, 1);
});

test("a folder that others may write to, and a socket that another gateway answers, stop a start with the mend", async (t) => {
  const bed = await startControlled(t);
  const other = await startGateway(t, { ...bed.config, listen: { https: "127.0.0.1:0", http: "off", control: bed.control } }, { expectReady: false });
  await until("its end", () => other.end, seconds(10));
  assert.match(other.stderr.text, /listen\.control .*another process answers there/);
  other.end = { code: 0, signal: null }; // it was meant to
  assert.match((await command("renew", "app.test", "--control", bed.control)).stdout, /renewed|obtained/);
});
