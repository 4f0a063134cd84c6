// Mixed traffic through reloads, upgrades and faults: every request is in the clients' ledger and in the origins', and the two are the
// same. GATEWAY_SOAK_MINUTES makes it last (as long as one likes); figures are said each ten seconds and at the end.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { cleanup } from "./support/cleanup.mjs";
import { messageOf } from "./support/gateway.mjs";
import { startReplaced } from "./support/replaced.mjs";
import { certificateFor, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";
import { Ledger } from "./soak/ledger.mjs";
import { Lanes } from "./soak/lanes.mjs";
import { startSoakOrigin } from "./soak/soak_origin.mjs";
import { descriptorsOf, residentMiB, Weather } from "./soak/weather.mjs";

const minutes = Number(process.env.GATEWAY_SOAK_MINUTES ?? 0);
const short = { events: 24, upgrades: 3 };
const mayGrowMiB = 24; // of a process at rest, between the middle of its life and its end
const names = ["app.test", "mine.test", "breaks.test", "auth.test"];

async function startSoak(t) {
  const ledger = new Ledger();
  const [steady, fragile, other] = [await startSoakOrigin(t, ledger), await startSoakOrigin(t, ledger), await startSoakOrigin(t, ledger)];
  const accessLog = path.join(scratch("soak-log"), "access.log");
  const bed = await startReplaced(t, {
    login: { session: { store: "storage", lifetime: "12h" }, rate: "off", sign_in_rate: "off" }, // all from one address
    config: (parts) => ({ ...parts, tls: { certificates: [certificateFor(names)] }, log: { access: accessLog }, shutdown: { timeout: "2s" } }),
    routes: () => [
      { host: "app.test", to: steady.url, public: true, timeouts: { response: "20s" } },
      { host: "mine.test", to: steady.url, policy: "signed-in", identity: { "X-Soak-User": "{email}" } },
      { host: "breaks.test", to: [fragile.url, other.url], public: true, retry: { attempts: 1, budget: "100%" } },
    ],
  });
  bed.accessLog = accessLog;
  const lanes = new Lanes(bed, ledger);
  const weather = new Weather(bed, ledger, lanes, { fragile });
  return { bed, ledger, lanes, weather };
}

const usual = { keepAlive: 3, newConnection: 2, http2: 2, person: 2, webSocket: 3, leaver: 1, breaking: 3 };

/// Short: a fixed number of events. Long: until its time is over; nothing is replaced in the second half, so that one process lives
/// through it and shows whether it grows.
async function goThrough({ bed, ledger, weather }, say) {
  const rest = { middle: undefined };
  if (!minutes) {
    for (let i = 0; i < short.events; ++i) {
      ledger.quarter = Math.floor((i * 4) / short.events);
      if (i % (short.events / short.upgrades) === 2) await weather.upgrade();
      else await weather.happen({ upgrades: false });
    }
    return rest;
  }
  const [began, length] = [Date.now(), minutes * 60_000];
  let told = 0;
  for (let gone = 0; gone < length; gone = Date.now() - began) {
    ledger.quarter = Math.floor((gone * 4) / length);
    if (gone > length / 2 + 30_000) rest.middle ??= { pid: bed.pid(), memory: residentMiB(bed.pid()), descriptors: descriptorsOf(bed.pid()) };
    await weather.happen({ upgrades: gone < length / 2 });
    if (gone - told > 10_000) {
      told = gone;
      say(`${Math.round(gone / 1000)} s: ${ledger.settled} settled, ${ledger.differenceCount} differences, ${JSON.stringify(weather.done)}, ${residentMiB(bed.pid())} MiB, ${descriptorsOf(bed.pid())} descriptors`);
    }
  }
  return rest;
}

/// Ends the lanes, and judges what they and the origins wrote down.
async function judge({ bed, ledger, lanes }, kinds) {
  await lanes.stop();
  await until("the ones before to end", () => bed.processes().every((pid) => pid === bed.pid() || !residentMiB(pid)), seconds(20));
  assert.deepEqual(ledger.differences, [], `${ledger.differenceCount} differences`);
  assert.equal(ledger.open.size, 0, "requests that nobody has settled");
  for (const lane of Object.keys(kinds)) assert.ok(Object.keys(ledger.counts).some((key) => key.startsWith(`${lane} `)), `${lane} has done nothing`);
  assert.deepEqual(bed.gateway.events.filter((event) => event.level === "error").map(messageOf).filter((text) => !/provider/.test(text)), []);
  await until("the connections of the soak to be gone", () => descriptorsOf(bed.pid()) < 150);
}

test("a hundred reloads and ten upgrades lose no request, over HTTP/1.1, HTTP/2 and WebSockets", async (t) => {
  const soak = await startSoak(t);
  const { bed, ledger, lanes, weather } = soak;
  cleanup(t, () => lanes.stop().catch(() => {}));
  const kinds = { keepAlive: 3, newConnection: 2, http2: 2, person: 1, webSocket: 2 };
  lanes.start(kinds);
  for (let upgrades = 0; upgrades < 10; ++upgrades) {
    for (let reloads = 0; reloads < 10; ++reloads) await weather.reload();
    await weather.upgrade();
  }
  await judge(soak, kinds);
  assert.deepEqual([weather.done.reload, weather.done.upgrade, bed.successors().length], [100, 10, 10]);
  assert.ok(ledger.settled > 1000, `${ledger.settled} requests`);
});

test("a soak: what clients sent and what origins saw is the same, through reloads, upgrades and faults", { timeout: minutes ? (minutes + 5) * 60_000 : undefined }, async (t) => {
  const soak = await startSoak(t);
  const { bed, ledger, lanes, weather } = soak;
  cleanup(t, () => lanes.stop().catch(() => {}));
  const say = (text) => console.log(`soak: ${text}`);
  lanes.start(usual);
  const rest = await goThrough(soak, say);
  await lanes.stop();
  if (minutes) {
    say(`outcomes ${JSON.stringify(ledger.counts, null, 1)}`);
    say(`milliseconds by quarter ${JSON.stringify(ledger.latencyTable())}`);
    say(`memory of process ${bed.pid()}: ${rest.middle?.memory} MiB in the middle, ${residentMiB(bed.pid())} MiB at the end; descriptors ${rest.middle?.descriptors}, ${descriptorsOf(bed.pid())}`);
  }
  await judge(soak, usual);
  assert.ok(weather.done.reload > 0 && weather.done.upgrade > 0);
  if (rest.middle?.pid === bed.pid()) assert.ok(residentMiB(bed.pid()) < rest.middle.memory + mayGrowMiB, `the process grows: ${rest.middle.memory} MiB, then ${residentMiB(bed.pid())} MiB`);
});
