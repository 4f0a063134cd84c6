// Which names are ordered, and how many at once: a hundred in one certificate, a name of two routes once, other spellings of one name.
import assert from "node:assert/strict";
import { test } from "node:test";

import { obtained, respond, shown, startAcmeBed } from "./support/acme_bed.mjs";
import { startGateway } from "./support/gateway.mjs";
import { seconds, until } from "./support/wait.mjs";

const namesOf = (certificate) => certificate.subjectAltName.split(", ").map((name) => name.replace("DNS:", "")).sort();

test("a hundred names are proved and stand in one certificate", async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `host${String(i).padStart(3, "0")}.test`);
  const bed = await startAcmeBed(t, { routes: names.map((name) => respond(name)), acme: { names_per_certificate: 100 } });
  await obtained(bed, "host099.test", seconds(90));
  assert.deepEqual(namesOf((await shown(bed.ports.https, "host050.test")).certificate), names);
  assert.equal(bed.authority.mentions("order").some((line) => /invalid/.test(line)), false);
});

test("a name of two routes, and one of capital letters and one of other scripts, are each ordered once", async (t) => {
  const bed = await startAcmeBed(t, {
    routes: [respond("app.test", { path: "/a" }), respond("app.test"), respond("LOUD.test"), respond("xn--bcher-kva.test")],
  });
  for (const name of ["app.test", "loud.test", "xn--bcher-kva.test"]) {
    await obtained(bed, name, seconds(40));
    assert.deepEqual(namesOf((await shown(bed.ports.https, name)).certificate), [name]);
  }
  await until("three certificates", () => bed.gateway.events.filter((event) => String(event.message).includes("certificate obtained")).length === 3);
});

test("one name that the authority refuses leaves the others their certificates", async (t) => {
  const bed = await startAcmeBed(t, { authority: { blocked: ["bad.test"] }, routes: [respond("bad.test"), respond("app.test"), respond("b.test")] });
  await obtained(bed, "app.test", seconds(40));
  await obtained(bed, "b.test", seconds(40));
  const failed = await bed.gateway.event("could not be obtained");
  assert.match(failed.names, /^bad\.test$/);
  assert.match((await shown(bed.ports.https, "bad.test")).alert, /unrecognized name/i);
});

test("one refused name of a certificate leaves the others theirs, and a restart asks no more for it", async (t) => {
  const names = ["a.test", "bad.test", "c.test"];
  const bed = await startAcmeBed(t, { authority: { blocked: ["bad.test"] }, routes: names.map((name) => respond(name)), acme: { names_per_certificate: 3 } });
  await obtained(bed, "c.test", seconds(40));
  assert.deepEqual(namesOf((await shown(bed.ports.https, "a.test")).certificate), ["a.test", "c.test"]);
  const apart = await bed.gateway.event("ordered apart");
  assert.equal(apart.apart, "bad.test");
  assert.match((await shown(bed.ports.https, "bad.test")).alert, /unrecognized name/i);
  await bed.gateway.stop();
  const orders = () => bed.authority.mentions("POST /order-plz").length;
  const before = orders();
  const again = await startGateway(t, { ...bed.config, storage: `${bed.gateway.folder}/storage` }, { ports: bed.ports });
  assert.deepEqual(namesOf((await shown(bed.ports.https, "c.test")).certificate), ["a.test", "c.test"]);
  await again.event("ready");
  await new Promise((resolve) => { setTimeout(resolve, seconds(8)); }); // a look at what is due comes every five seconds
  assert.equal(orders(), before);
});

test("what a host that left the file had proved is given back at the next start", async (t) => {
  const bed = await startAcmeBed(t, { routes: [respond("left.test"), respond("kept.test")] });
  await obtained(bed, "left.test", seconds(40));
  await obtained(bed, "kept.test", seconds(40));
  await bed.gateway.stop();
  const again = await startGateway(t, { ...bed.config, routes: [respond("kept.test")], storage: `${bed.gateway.folder}/storage` }, { ports: bed.ports });
  const given = await again.event("were given back", undefined, seconds(20));
  assert.equal(given.names, "left.test");
});
