// BIND as the primary server of a zone that takes signed updates, and as the resolver of everything else the test needs.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { cleanup } from "./cleanup.mjs";
import { reservePort, scratch } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

export const hasBind = existsSync("/usr/sbin/named");

/// A zone with app, *.wild and so on at 127.0.0.1. {port, secret, keyName, texts(name)}
export async function startBind(t, zone) {
  const folder = scratch("bind");
  const port = await reservePort();
  const secret = randomBytes(32).toString("base64");
  mkdirSync(path.join(folder, "run"));
  writeFileSync(path.join(folder, "zone"), `$TTL 5\n@ IN SOA ns.${zone}. ops.${zone}. (1 60 60 600 5)\n@ IN NS ns.${zone}.\nns IN A 127.0.0.1\n@ IN A 127.0.0.1\n* IN A 127.0.0.1\n`);
  writeFileSync(path.join(folder, "named.conf"), `options { directory "${folder}"; pid-file "${folder}/run/pid"; session-keyfile "${folder}/run/session"; lock-file none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; allow-query { any; }; dnssec-validation no; };
controls { };
key "gwkey" { algorithm hmac-sha256; secret "${secret}"; };
zone "${zone}" { type primary; file "${folder}/zone"; update-policy { grant gwkey zonesub TXT; }; };\n`);
  const child = spawn("/usr/sbin/named", ["-g", "-c", path.join(folder, "named.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  child.stderr.on("data", (part) => { words += part; });
  const ended = new Promise((resolve) => child.on("close", resolve));
  cleanup(t, () => { child.kill("SIGKILL"); return ended; });
  await until("BIND", () => words.includes("all zones loaded") || child.exitCode !== null, seconds(20));
  if (child.exitCode !== null) throw new Error(`BIND did not start: ${words}`);
  const dig = (...args) => spawnSync("dig", ["@127.0.0.1", "-p", String(port), "+short", ...args], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  return { port, secret, keyName: "gwkey", get words() { return words; }, texts: (name) => dig("TXT", name) };
}
