// One certificate for one name by http-01 from the same authority, each time by another client: the gateway, Debian's lego, Debian's
// certbot. What each asked (nonces and polls included), and how long it took.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";

import { acmeSettings, startAuthority, startChallengeDns } from "./authority.mjs";
import { startFront } from "./authority_front.mjs";
import { respond, shown } from "./acme_bed.mjs";
import { reservePorts, startGateway } from "./gateway.mjs";
import { authority as runAuthority, scratch } from "./run_folder.mjs";
import { seconds, until, within } from "./wait.mjs";

const name = "app.test";

export const hasLego = existsSync("/usr/bin/lego");
export const hasCertbot = existsSync("/usr/bin/certbot");

/// An authority that proves at `ports.http`, without pauses of its own before it validates: {front, ports, dns}.
export async function startOffice(t, options = {}) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port, ...options });
  return { t, ports, dns, front: await startFront(t, authority) };
}

async function runToEnd(command, args, environment) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { words += part; });
  const status = await within(command, new Promise((resolve) => child.on("close", resolve)), seconds(120));
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${words}`);
}

const trusted = () => runAuthority().certificate;

/// Each makes a new account and gets one certificate; what it leaves is ended by what it gives back.
export const clients = {
  async gateway({ t, ports, dns, front }) {
    const config = { tls: { acme: acmeSettings(front) }, routes: [respond(name)], resolver: [`127.0.0.1:${dns.port}`] };
    const gateway = await startGateway(t, config, { ports });
    await until("the certificate in a handshake", async () => (await shown(ports.https, name)).certificate, seconds(60));
    await gateway.event("certificate obtained");
    return () => gateway.stop();
  },
  async lego({ ports, front }) {
    const folder = scratch("lego");
    await runToEnd("/usr/bin/lego", ["--server", front.directory, "--accept-tos", "--email", "ops@example.com", "--domains", name, "--http",
      "--http.port", `127.0.0.1:${ports.http}`, "--path", folder, "run"], { LEGO_CA_CERTIFICATES: trusted() });
    readFileSync(path.join(folder, "certificates", `${name}.crt`));
    return () => {};
  },
  async certbot({ ports, front }) {
    const folder = scratch("certbot");
    await runToEnd("/usr/bin/certbot", ["certonly", "--standalone", "--non-interactive", "--agree-tos", "--email", "ops@example.com", "--no-eff-email",
      "--key-type", "ecdsa", "--http-01-address", "127.0.0.1", "--http-01-port", String(ports.http), "--server", front.directory, "--domain", name,
      "--config-dir", `${folder}/config`, "--work-dir", `${folder}/work`, "--logs-dir", `${folder}/logs`], { REQUESTS_CA_BUNDLE: trusted() });
    readFileSync(path.join(folder, "config", "live", name, "fullchain.pem"));
    return () => {};
  },
};

/// {requests, signed, seconds, asked} of one client at an office of its own.
export async function issuance(t, which, options) {
  const office = await startOffice(t, options);
  const started = performance.now();
  const end = await clients[which](office);
  const took = (performance.now() - started) / 1000;
  await end();
  const asked = office.front.asked.filter((one) => !one.path.startsWith("/renewal-info/")).map((one) => `${one.method} /${one.path.split("/")[1]}`);
  return { requests: asked.length, signed: asked.filter((line) => line.startsWith("POST")).length, seconds: took, asked };
}
