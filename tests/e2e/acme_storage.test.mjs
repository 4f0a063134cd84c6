// Certificates across restarts: what is stored, what is damaged, what the command line shows; given ones whose files change.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { obtained, respond, shown, startAcmeBed } from "./support/acme_bed.mjs";
import { runGateway, startGateway, writeConfig } from "./support/gateway.mjs";
import { certificateFor, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesBelow(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
}

test("a restart serves what is stored at once, asks nobody, and what is damaged is reported and made anew", async (t) => {
  const storage = path.join(scratch("acme-storage"), "storage");
  const bed = await startAcmeBed(t, { config: { storage } });
  await obtained(bed, "app.test");
  const serial = (await shown(bed.ports.https, "app.test")).certificate.serialNumber;
  await bed.gateway.stop();
  for (const file of filesBelow(storage)) assert.equal(statSync(file).mode & 0o077, 0, `${file} is its owner's alone`);

  const second = await startGateway(t, { ...bed.config, storage }, { ports: bed.ports });
  assert.equal((await shown(bed.ports.https, "app.test")).certificate.serialNumber, serial);
  await second.stop();

  const file = filesBelow(storage).find((name) => /^certificate\b/.test(path.basename(name)));
  writeFileSync(file, readFileSync(file, "utf8").replace("BEGIN CERTIFICATE", "BEGIN CERTIFICATF"));
  const third = await startGateway(t, { ...bed.config, storage }, { ports: bed.ports });
  await third.event("set aside");
  await obtained({ gateway: third }, "app.test");
  assert.notEqual((await shown(bed.ports.https, "app.test")).certificate.serialNumber, serial);
  await third.stop();

  const config = writeConfig({ listen: { https: "127.0.0.1:0" }, ...bed.config, storage });
  const list = runGateway(["certificates", "list", "--config", config]);
  assert.match(list.stdout, /^app\.test\n {2}expires {2}\S+ \S+ UTC/m, list.stderr);
  const exported = runGateway(["certificates", "export", "app.test", "--config", config]);
  assert.match(exported.stdout, /BEGIN CERTIFICATE/);
  assert.ok(!exported.stdout.includes("PRIVATE KEY"));
  assert.match(runGateway(["certificates", "export", "app.test", "--key", "--config", config]).stdout, /BEGIN PRIVATE KEY/);
  assert.equal(runGateway(["certificates", "export", "stranger.test", "--config", config]).status, 1);
});

test("a given certificate is in use as soon as its files change, also by a swapped link, and one that is broken changes nothing", async (t) => {
  const folder = scratch("given");
  const put = (into, { certificate, key }) => {
    mkdirSync(path.join(folder, into));
    copyFileSync(certificate, path.join(folder, into, "tls.crt"));
    copyFileSync(key, path.join(folder, into, "tls.key"));
  };
  const point = (to) => {
    symlinkSync(to, path.join(folder, "next"));
    renameSync(path.join(folder, "next"), path.join(folder, "data"));
  };
  put("one", certificateFor(["app.test"], { own: true }));
  point("one");
  const given = { certificate: path.join(folder, "data/tls.crt"), key: path.join(folder, "data/tls.key") };
  const gateway = await startGateway(t, { tls: { certificates: [given] }, routes: [respond("app.test")] });
  const serial = async () => (await shown(gateway.ports.https, "app.test")).certificate.serialNumber;
  const first = await serial();

  put("two", certificateFor(["app.test"], { own: true }));
  point("two");
  await gateway.event("a given certificate changed", (event) => event.level !== "error", seconds(20));
  const second = await serial(); // in use before the log says so
  assert.notEqual(second, first);

  mkdirSync(path.join(folder, "broken"));
  writeFileSync(path.join(folder, "broken/tls.crt"), "nothing\n");
  writeFileSync(path.join(folder, "broken/tls.key"), "nothing\n");
  point("broken");
  await gateway.event("cannot be used; the one before stays", undefined, seconds(20));
  assert.equal(await serial(), second);
});
