// Certificates of six, forty-five and ninety days over their whole lives: renewed in time, once, and never shown expired.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { acmeSettings, startAuthority, startChallengeDns } from "./support/authority.mjs";
import { startFront } from "./support/authority_front.mjs";
import { respond, shown } from "./support/acme_bed.mjs";
import { movableClock } from "./support/clock.mjs";
import { reservePorts, startGateway } from "./support/gateway.mjs";
import { scratch } from "./support/run_folder.mjs";
import { quiet, seconds, until } from "./support/wait.mjs";

const day = 86400;

/// A gateway on a clock of its own whose authority issues for `days` of that clock.
async function startAged(t, days) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port });
  const front = await startFront(t, authority);
  const clock = movableClock();
  const bed = { t, ports, front, days, shift: 0 };
  bed.now = () => Date.now() + bed.shift * 1000;
  bed.move = (by) => { bed.shift += Math.round(by); clock.move(bed.shift); };
  front.dates = () => ({ from: new Date(bed.now() - 3600_000), to: new Date(bed.now() + days * day * 1000) });
  const storage = path.join(scratch("aged"), "storage");
  bed.start = () => startGateway(t, { storage, tls: { acme: acmeSettings(front) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] }, { ports, environment: clock.environment });
  bed.orders = () => front.asked.filter((one) => one.path === "/order-plz").length;
  bed.shown = async () => {
    const { certificate } = await shown(ports.https, "app.test");
    assert.ok(certificate && Date.parse(certificate.validTo) > bed.now(), `${days} days: valid ${certificate?.validTo}`);
    return certificate.serialNumber;
  };
  return bed;
}

const event = (gateway, text, number) => until(`${text} ${number}`, () => gateway.events.filter((one) => String(one.message).includes(text)).length >= number, seconds(40));

test("a certificate is renewed with a third of its life left, a short one with half, whatever the life is and also after a restart", async (t) => {
  await Promise.all([6, 45, 90].map(async (days) => {
    const bed = await startAged(t, days);
    const early = days < 10 ? 0.44 : 0.6; // of the life: nothing is due
    const late = days < 10 ? 0.51 : 0.68; // it is due
    const gateway = await bed.start();
    await event(gateway, "certificate obtained", 1);
    const serials = [await bed.shown()];
    for (let renewal = 1; renewal <= 2; ++renewal) {
      bed.move(days * day * early);
      // Advice is asked for again after six hours: with that, the keeper has looked at the time.
      const asked = () => bed.front.asked.filter((one) => one.path.startsWith("/renewal-info/")).length;
      const before = asked();
      await until("a look at the clock", () => asked() > before, seconds(30));
      await quiet();
      assert.equal(bed.orders(), renewal, `${days} days: nothing is ordered early`);
      assert.equal(await bed.shown(), serials.at(-1));
      bed.move(days * day * (late - early));
      await event(gateway, "certificate renewed", renewal);
      serials.push(await bed.shown());
    }
    assert.equal(new Set(serials).size, 3);
    assert.equal(bed.orders(), 3);
    await gateway.stop();
    // Switched off over the end of its certificate: what has expired is not what it stays with.
    bed.move(days * day * 1.5);
    const again = await bed.start();
    await event(again, "certificate renewed", 1);
    assert.ok(!serials.includes(await bed.shown()));
    assert.equal(bed.orders(), 4);
  }));
});

test("a clock that is put back an hour or a year neither orders nor stops what is served", async (t) => {
  const bed = await startAged(t, 90);
  const gateway = await bed.start();
  await event(gateway, "certificate obtained", 1);
  const serial = await bed.shown();
  for (const by of [-3600, -365 * day, 366 * day + 3600 - day]) {
    bed.move(by);
    await quiet();
    assert.equal((await shown(bed.ports.https, "app.test")).certificate.serialNumber, serial);
  }
  assert.equal(bed.orders(), 1);
  await gateway.stop();
});
