// A real certificate authority: Pebble, with a name server whose records the test sets (pebble-challtestsrv, or another that the
// test brings). Everything on 127.0.0.1; its roots are new at every start.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";

import { cleanup } from "./cleanup.mjs";
import { authority as runAuthority, certificateFor, reservePort, scratch } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

function fetchText(url, { method = "GET", body } = {}) {
  const client = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(url, { method, ca: runAuthority().pem, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part) => { text += part; });
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

class Child {
  constructor(command, args, environment = {}) {
    this.words = "";
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (part) => { this.words += part; });
    this.ended = new Promise((resolve) => this.child.on("close", resolve).on("error", resolve));
    this.ended.then(() => { this.isOver = true; });
  }

  async ready(what, url) {
    await until(what, async () => this.isOver || fetchText(url).catch(() => false), seconds(20));
    if (this.isOver) throw new Error(`${what} did not start: ${this.words}`);
  }

  end() { this.child.kill("SIGKILL"); return this.ended; }
}

/// challtestsrv: A records of every name are 127.0.0.1, TXT and others as set.
export async function startChallengeDns(t) {
  const dns = await reservePort();
  const management = await reservePort();
  const child = new Child("pebble-challtestsrv", ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${management}`, "-http01", "", "-https01", "",
    "-tlsalpn01", "", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
  cleanup(t, () => child.end());
  const url = `http://127.0.0.1:${management}`;
  await child.ready("the name server", `${url}/dns-request-history`);
  return {
    port: dns,
    url,
    call: (what, body) => fetchText(`${url}/${what}`, { method: "POST", body: JSON.stringify(body) }),
  };
}

class Authority {
  get directory() { return `https://127.0.0.1:${this.port}/dir`; }

  /// The root that its certificates lead to, as PEM.
  async root(number = 0) { return (await fetchText(`https://127.0.0.1:${this.management}/roots/${number}`)).text; }

  /// What it says of the certificate with this serial number: {Status, Reason, …}.
  async status(serial) { return JSON.parse((await fetchText(`https://127.0.0.1:${this.management}/cert-status-by-serial/${serial.toLowerCase()}`)).text); }

  /// Lines of its log that mention `text`.
  mentions(text) { return this.child.words.split("\n").filter((line) => line.includes(text)); }

  /// Ends it and starts another in its place: it knows nobody, and has another root.
  async restart() {
    await this.child.end();
    await this.start();
  }

  async start() {
    this.child = new Child("pebble", ["-config", this.file, "-dnsserver", `127.0.0.1:${this.dnsPort}`, ...(this.strict ? ["-strict"] : [])], this.environment);
    await this.child.ready("the certificate authority", this.directory);
  }
}

/// options: ports {https, http} of the gateway, where names are validated; dnsPort; certificateSeconds; externalAccount (key id → key);
/// blocked (names); environment (Pebble's own settings); strict.
export async function startAuthority(t, { ports, dnsPort, certificateSeconds = 7776000, externalAccount, blocked = [], environment = {}, strict = false }) {
  const authority = new Authority();
  Object.assign(authority, { port: await reservePort(), management: await reservePort(), dnsPort, strict });
  authority.environment = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0", ...environment };
  const { certificate, key } = certificateFor(["127.0.0.1", "localhost"]);
  const settings = {
    listenAddress: `127.0.0.1:${authority.port}`, managementListenAddress: `127.0.0.1:${authority.management}`,
    certificate, privateKey: key, httpPort: ports.http, tlsPort: ports.https, ocspResponderURL: "",
    externalAccountBindingRequired: Boolean(externalAccount), externalAccountMACKeys: externalAccount ?? {},
    domainBlocklist: blocked, retryAfter: { authz: 1, order: 1 }, certificateValidityPeriod: certificateSeconds,
  };
  authority.file = path.join(scratch("pebble"), "pebble.json");
  writeFileSync(authority.file, JSON.stringify({ pebble: settings }));
  await authority.start();
  cleanup(t, () => authority.child.end());
  return authority;
}

/// What gateway.yaml says of it.
export function acmeSettings(authority, more = {}) {
  return { email: "ops@example.com", directory: authority.directory, trusted_ca: runAuthority().certificate, self_test: "off", ...more };
}
