#!/usr/bin/env node
// What a certificate costs beside Debian's lego and certbot, at one authority (Pebble): requests, and seconds from the start of the program
// to the certificate. The three take turns.  node tests/bench/acme.mjs [--rounds N]
import { clients, hasCertbot, hasLego, issuance } from "../e2e/support/acme_clients.mjs";

const at = process.argv.indexOf("--rounds");
const rounds = at > 0 ? Number(process.argv[at + 1]) : 7;
const present = Object.keys(clients).filter((one) => (one !== "lego" || hasLego) && (one !== "certbot" || hasCertbot));
if (present.length < 3) console.log("missing: tests/packages.sh bench installs lego and certbot");

/// One run with all that belongs to it, ended.
async function once(which, options) {
  const ends = [];
  try {
    return await issuance({ after: (end) => ends.push(end) }, which, options);
  } finally {
    for (const end of ends) await end();
  }
}

const middle = (list) => [...list].sort((one, other) => one - other)[Math.floor(list.length / 2)];
const span = (list) => (Math.min(...list) === Math.max(...list) ? `${list[0]}` : `${Math.min(...list)}-${Math.max(...list)}`);

async function table(title, options) {
  const samples = Object.fromEntries(present.map((one) => [one, []]));
  for (let round = 0; round < rounds; ++round) {
    for (let turn = 0; turn < present.length; ++turn) {
      const which = present[(round + turn) % present.length];
      samples[which].push(await once(which, options));
    }
  }
  console.log(`\n${title}, ${rounds} rounds\n\n| client | requests | of them signed | seconds, median | least | most |\n|---|---|---|---|---|---|`);
  for (const which of present) {
    const list = samples[which];
    const took = list.map((one) => one.seconds);
    console.log(`| ${which} | ${span(list.map((one) => one.requests))} | ${span(list.map((one) => one.signed))} | ${middle(took).toFixed(2)} | ${Math.min(...took).toFixed(2)} | ${Math.max(...took).toFixed(2)} |`);
  }
}

await table("The authority validates at once", {});
await table("The authority validates after 0 to 4 seconds", { environment: { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: "4" } });
