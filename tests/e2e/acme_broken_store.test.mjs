// Storage that is full, read-only, torn or gone: what is served goes on, what was issued is served, nothing is ordered in a loop.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { startFront } from "./support/authority_front.mjs";
import { respond, shown } from "./support/acme_bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { movableClock } from "./support/clock.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

const isRoot = process.getuid() === 0;
const day = 86400;

/// Starts gateways over one storage folder and one authority: {front, ports, storage, start, orders, serial, move}.
async function startShelf(t, storage = path.join(scratch("shelf"), "storage")) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port });
  const front = await startFront(t, authority);
  const clock = movableClock();
  let shift = 0;
  front.dates = () => ({ from: new Date(Date.now() + shift * 1000 - 3600_000), to: new Date(Date.now() + (shift + 90 * day) * 1000) });
  const config = { storage, tls: { acme: acmeSettings(front) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] };
  return {
    front, ports, storage,
    start: (options = {}) => startGateway(t, config, { ports, environment: clock.environment, ...options }),
    move: (by) => { shift += by; clock.move(shift); },
    orders: () => front.asked.filter((one) => one.path === "/order-plz").length,
    serial: async () => (await shown(ports.https, "app.test")).certificate?.serialNumber,
  };
}

const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
const stored = (shelf) => files(shelf.storage).find((file) => /\/certificate\+entry$/.test(file));
const count = (gateway, text) => gateway.events.filter((event) => String(event.message).includes(text)).length;

/// Removes a folder that a gateway may be writing to: out of its way first, where nothing new comes into it.
function removeInUse(folder) {
  const aside = `${folder}-removed`;
  renameSync(folder, aside);
  rmSync(aside, { recursive: true });
}

/// A mount of 256 KiB, or nothing where this process may not.
function smallMount(t) {
  const folder = scratch("small");
  if (!isRoot || spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", folder]).status !== 0) return undefined;
  cleanup(t, () => execFileSync("umount", ["-l", folder]));
  return folder;
}

/// The certificate comes while storage cannot take it; `mend` ends that.
async function servedUnstored(shelf, gateway, { why, mend }) {
  const failed = await gateway.event("is served but cannot be stored", undefined, seconds(40));
  assert.match(failed.why, why);
  const serial = await shelf.serial();
  assert.ok(serial);
  assert.equal(stored(shelf), undefined);
  await until("another try", () => count(gateway, "is served but cannot be stored") >= 2, seconds(60));
  mend(gateway);
  await gateway.event("certificate obtained", undefined, seconds(60));
  assert.equal(shelf.orders(), 1, "ordered once");
  assert.equal(await shelf.serial(), serial);
  await gateway.stop();
  assert.deepEqual(files(shelf.storage).filter((file) => file.includes("+tmp-")), [], "nothing half-written stays");
  const second = await shelf.start();
  assert.equal(await shelf.serial(), serial, "another start finds it");
  assert.equal(shelf.orders(), 1);
  await second.stop();
}

test("a certificate that storage cannot take is served, ordered once, and stored when there is room again", async (t) => {
  const limited = async () => {
    const shelf = await startShelf(t);
    // Files of one KiB at most, and no signal about it: a certificate is longer, the rest is not.
    const gateway = await shelf.start({ wrapper: ["bash", "-c", "trap '' XFSZ; ulimit -S -f 1; exec \"$0\" \"$@\""] });
    await servedUnstored(shelf, gateway, { why: /File too large/, mend: ({ pid }) => execFileSync("prlimit", ["--pid", String(pid), "--fsize=unlimited"]) });
  };
  const full = async () => {
    const folder = smallMount(t);
    if (!folder) return t.diagnostic("no disk was filled: mounts are not allowed here");
    const shelf = await startShelf(t, path.join(folder, "storage"));
    const ballast = path.join(folder, "ballast");
    shelf.front.onAsked = (_, request) => {
      if (!request.url.startsWith("/certZ/")) return;
      try { writeFileSync(ballast, Buffer.alloc(1024 * 1024)); } catch (error) { assert.equal(error.code, "ENOSPC"); }
    };
    const gateway = await shelf.start();
    await servedUnstored(shelf, gateway, { why: /No space left on device; free space there/, mend: () => { shelf.front.onAsked = undefined; unlinkSync(ballast); } });
  };
  await Promise.all([limited(), full()]);
});

test("storage that becomes read-only stops a renewal before the authority hears of it, and what is stored is served", async (t) => {
  const shelf = await startShelf(t);
  // Root without its powers obeys modes.
  const wrapper = isRoot ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];
  const gateway = await shelf.start({ wrapper });
  await gateway.event("certificate obtained", undefined, seconds(30));
  const serial = await shelf.serial();
  const folders = execFileSync("find", [shelf.storage, "-type", "d"], { encoding: "utf8" }).trim().split("\n");
  const lock = path.join(shelf.storage, "+lock");
  const modes = (folder, file) => { for (const one of folders) chmodSync(one, folder); chmodSync(lock, file); };
  const asked = shelf.front.asked.length;
  modes(0o500, 0o400);
  cleanup(t, () => modes(0o700, 0o600));
  shelf.move(62 * day);
  const failed = await gateway.event("a certificate cannot be ordered: storage fails", undefined, seconds(30));
  assert.match(failed.why, /Permission denied; make it belong to the user/);
  assert.equal(await shelf.serial(), serial);
  assert.equal(shelf.front.asked.slice(asked).filter((one) => one.path === "/order-plz").length, 0);
  assert.equal(count(gateway, "a certificate cannot be ordered"), 1, "said once a minute at most");
  modes(0o700, 0o600);
  shelf.move(120); // the pause after a failure is over
  await gateway.event("certificate renewed", undefined, seconds(40));
  await until("the renewed certificate", async () => await shelf.serial() !== serial);
  await gateway.stop();
  modes(0o500, 0o400);
  await assert.rejects(shelf.start({ wrapper }), /Permission denied; make it belong to the user/);
  modes(0o700, 0o600);
});

test("entries that are torn, empty, foreign or garbage cost at most their own certificate", async (t) => {
  const shelf = await startShelf(t);
  let gateway = await shelf.start();
  await gateway.event("certificate obtained", undefined, seconds(30));
  let serial = await shelf.serial();
  await gateway.stop();
  const file = stored(shelf);
  const text = readFileSync(file);
  const harms = {
    torn: () => truncateSync(file, text.length / 2),
    empty: () => truncateSync(file, 0),
    "one bit": () => { const other = Buffer.from(text); other[other.length - 100] ^= 1; writeFileSync(file, other); },
  };
  for (const [what, harm] of Object.entries(harms)) {
    const before = shelf.orders();
    harm();
    gateway = await shelf.start();
    await gateway.event("damaged and set aside");
    await gateway.event("certificate obtained", undefined, seconds(30)).catch((error) => { throw new Error(`${what}: ${error.message}`); });
    const next = await shelf.serial();
    assert.notEqual(next, serial, what);
    assert.equal(shelf.orders(), before + 1, what);
    serial = next;
    await gateway.stop();
  }
  const folder = path.dirname(file);
  writeFileSync(path.join(folder, "README.txt"), "a note of an operator\n");
  writeFileSync(path.join(folder, "+tmp-0123"), "half of something");
  writeFileSync(path.join(shelf.storage, "locks", "acme.garbage+entry"), "\u0000\u0001garbage");
  mkdirSync(path.join(shelf.storage, "certificates", "lost+found"));
  chmodSync(file, 0o644);
  const before = shelf.orders();
  gateway = await shelf.start();
  assert.equal(await shelf.serial(), serial, "what is foreign changes nothing");
  assert.equal(shelf.orders(), before);
  await gateway.stop();
  assert.ok(files(shelf.storage).includes(path.join(folder, "README.txt")), "nor is it removed");
});

test("a folder that is removed while the gateway runs is said, and a restart makes it anew", async (t) => {
  const shelf = await startShelf(t);
  const gateway = await shelf.start();
  await gateway.event("certificate obtained", undefined, seconds(30));
  const serial = await shelf.serial();
  removeInUse(shelf.storage);
  shelf.move(62 * day);
  const failed = await gateway.event("a certificate cannot be ordered: storage fails", undefined, seconds(30));
  assert.match(failed.why, /it was removed while the gateway ran: restart/);
  assert.equal(await shelf.serial(), serial);
  assert.equal(shelf.orders(), 1);
  await gateway.stop();
  const second = await shelf.start();
  await second.event("certificate obtained", undefined, seconds(30));
  assert.notEqual(await shelf.serial(), serial);
});
