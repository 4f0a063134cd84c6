// The benchmarks: scenarios one after the other, in each of them all proxies in turn, round by round. Started by run.sh; README.md says
// what the numbers mean.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { allocations, heapCounter, systemCalls } from "./measure/counting.mjs";
import { judged, printCounts, printScenario } from "./measure/report.mjs";
import { enoughRounds } from "./measure/statistics.mjs";
import { Proxies, names as allNames, reference, subject, twin } from "./proxies/all.mjs";
import { buildTools, endAll, folder, startBed } from "./proxies/bed.mjs";
import * as access from "./scenarios/access.mjs";
import * as bodies from "./scenarios/bodies.mjs";
import * as connections from "./scenarios/connections.mjs";
import * as memory from "./scenarios/memory.mjs";
import * as requests from "./scenarios/requests.mjs";
import * as routes from "./scenarios/routes.mjs";
import * as sockets from "./scenarios/sockets.mjs";

const scenarios = [requests, connections, bodies, sockets, memory, routes, access].flatMap((module) => module.scenarios);
const slowRounds = 3; // of a scenario that starts every process anew, if more are not asked for

function options(words) {
  const chosen = { rounds: enoughRounds, seconds: 3, only: "A,B,G,C,D,W,F,R,P", proxies: allNames.join(","), counts: "yes", other: "" };
  for (let i = 0; i < words.length; ++i) {
    const name = words[i].replace(/^--/, "");
    if (name === "quick") Object.assign(chosen, { rounds: 2, seconds: 1 });
    else if (Object.hasOwn(chosen, name) && words[i + 1] !== undefined) chosen[name] = words[++i];
    else throw new Error(`unknown: ${words[i]}; known are --quick ${Object.keys(chosen).map((one) => `--${one}`).join(" ")}`);
  }
  const list = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);
  const strange = list(chosen.proxies).filter((name) => !allNames.includes(name));
  if (strange.length) throw new Error(`no proxy ${strange.join(", ")}; there are ${allNames.join(", ")}`);
  for (const name of ["rounds", "seconds"]) if (!/^[1-9]\d*$/.test(chosen[name])) throw new Error(`--${name}: a whole number, not ${chosen[name]}`);
  return { rounds: Number(chosen.rounds), seconds: Number(chosen.seconds), only: list(chosen.only), proxies: list(chosen.proxies), counts: chosen.counts === "yes", other: chosen.other && path.resolve(chosen.other) };
}

const say = (text) => process.stderr.write(`${text}\n`);

/// name → samples, round by round; the order moves on by one in each.
async function play(scenario, participants, { rounds, seconds }) {
  const results = new Map(participants.map(({ name }) => [name, []]));
  if (!scenario.isSlow) for (const one of participants) await one.sample(1); // starts and warms them
  for (let round = 0; round < rounds; ++round) {
    for (let i = 0; i < participants.length; ++i) {
      const one = participants[(i + round) % participants.length];
      results.get(one.name).push(await one.sample(seconds));
    }
    say(`${scenario.group}. ${scenario.title}: round ${round + 1} of ${rounds}`);
  }
  for (const one of participants) await one.end?.();
  return results;
}

/// System calls and heap allocations a request, of the subject and the reference.
async function counted(proxies, load) {
  const counts = new Map();
  for (const name of [reference, subject]) {
    const proxy = await proxies.named(name);
    const calls = await systemCalls(proxy.pids, (seconds) => load(proxy, seconds));
    const counter = heapCounter();
    const watched = await proxies.fresh(name, { environment: counter.environment });
    counts.set(name, { calls, heap: await allocations(counter, (seconds) => load(watched, seconds)) });
    await watched.stop();
  }
  return counts;
}

async function run(chosen) {
  const proxies = new Proxies(await startBed(), chosen.proxies, chosen.other);
  const record = [];
  for (const scenario of scenarios.filter(({ group }) => chosen.only.includes(group))) {
    const participants = scenario.participants(proxies);
    if (!participants.length) continue;
    const names = { reference: scenario.reference ?? reference, twin: scenario.twin ?? twin };
    const rounds = scenario.isSlow ? Math.min(chosen.rounds, slowRounds) : chosen.rounds;
    const results = await play(scenario, participants, { ...chosen, rounds });
    printScenario(scenario, results, names);
    const entry = { group: scenario.group, title: scenario.title, ...names, samples: Object.fromEntries(results) };
    entry.judged = Object.fromEntries(scenario.metrics.filter((metric) => metric.isHeadline).map((metric) => [metric.key, Object.fromEntries(judged(results, metric, names))]));
    if (scenario.counted && chosen.counts) {
      const counts = await counted(proxies, scenario.counted);
      printCounts(scenario, counts);
      entry.counts = Object.fromEntries(counts);
    }
    record.push(entry);
    write(chosen, record);
  }
}

const began = new Date().toISOString().replace(/[-:]|\.\d+/g, "");

function write(chosen, record) {
  mkdirSync(folder, { recursive: true });
  const machine = { processor: os.cpus()[0].model, cores: os.cpus().length, kernel: os.release(), load: readFileSync("/proc/loadavg", "utf8").trim() };
  writeFileSync(path.join(folder, `${began}.json`), `${JSON.stringify({ began, machine, chosen, scenarios: record }, null, 1)}\n`);
}

try {
  const chosen = options(process.argv.slice(2));
  if (os.cpus().length < 2) throw new Error("two cores are needed: one for the proxy, one for load and origin");
  buildTools();
  await run(chosen);
  say(`\nall samples: build/bench/${began}.json`);
} catch (error) {
  say(error.stack ?? String(error));
  process.exitCode = 1;
} finally {
  await endAll();
}
