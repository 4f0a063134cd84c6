// Several gateways of one storage behind one address, as a balancer has them: an authority that validates gets whichever is next.
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import net from "node:net";

import { acmeSettings, startAuthority, startChallengeDns } from "./authority.mjs";
import { startFront } from "./authority_front.mjs";
import { respond, shown } from "./acme_bed.mjs";
import { cleanup } from "./cleanup.mjs";
import { reservePorts, startGateway } from "./gateway.mjs";
import { seconds, until } from "./wait.mjs";

/// Passes connections to `port` on to the ports (`which`: http or https) of the living, one after the other.
async function startBalancer(t, port, which, living) {
  let next = 0;
  const server = net.createServer((client) => {
    const all = living();
    if (!all.length) return client.destroy();
    const origin = net.connect(all[next++ % all.length].ports[which], "127.0.0.1");
    for (const [one, other] of [[client, origin], [origin, client]]) one.on("error", () => other.destroy()).pipe(other);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  cleanup(t, () => server.close());
}

/// The process at the other end of a socket that this process accepted on 127.0.0.1.
function processOf(socket, processes) {
  const hex = (port) => port.toString(16).toUpperCase().padStart(4, "0");
  const row = readFileSync("/proc/net/tcp", "latin1").split("\n").map((line) => line.trim().split(/\s+/))
    .find((words) => words[1]?.endsWith(`:${hex(socket.remotePort)}`) && words[2]?.endsWith(`:${hex(socket.localPort)}`));
  const wanted = `socket:[${row?.[9]}]`;
  const holds = (pid) => readdirSync(`/proc/${pid}/fd`).some((number) => { try { return readlinkSync(`/proc/${pid}/fd/${number}`) === wanted; } catch { return false; } });
  return processes.find((one) => one.pid && !one.end && holds(one.pid));
}

class Replicas {
  get living() { return this.gateways.filter((gateway) => gateway && !gateway.end && !gateway.isStopped); }

  /// Who sent a request that the front got.
  senderOf(request) { return processOf(request.socket, this.gateways.filter(Boolean)); }

  start(number) {
    return startGateway(this.t, this.config, { ports: this.ports[number], environment: this.environment });
  }

  /// Another process in the place of one that was killed.
  async startAgain(gateway) {
    const number = this.gateways.indexOf(gateway);
    this.gateways[number] = await this.start(number);
    return this.gateways[number];
  }

  /// SIGKILL, which is no fault of the process.
  async kill(gateway) {
    gateway.signal("SIGKILL");
    await gateway.exited;
    gateway.end = { code: 0, signal: null };
  }

  /// The serial number that all of `gateways` show, once they agree and `accepts` it.
  agreed(accepts = () => true, gateways = this.living, limit = seconds(60)) {
    return until("one certificate at all replicas", async () => {
      const all = await Promise.all(gateways.map((gateway) => shown(gateway.ports.https, "app.test")));
      const serials = new Set(all.map((one) => one.certificate?.serialNumber));
      const [serial] = serials;
      return serials.size === 1 && serial !== undefined && accepts(serial) && serial;
    }, limit).catch((error) => { throw new Error(`${error.message}\n${gateways.map((gateway) => gateway.stderr.text.slice(-1500)).join("\n\n")}\n${this.front.asked.map((one) => `${one.at} ${one.method} ${one.path}`).join("\n")}`); });
  }
}

/// options: count, storage, environment, together (all start at one moment), prepare (called with the front before the first starts),
/// acme (more of tls.acme).
export async function startReplicas(t, { count, storage, environment, together = false, prepare = () => {}, acme = {} }) {
  const replicas = new Replicas();
  const validated = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports: validated, dnsPort: dns.port });
  const front = await startFront(t, authority);
  const config = { storage, tls: { acme: acmeSettings(front, acme) }, routes: [respond("app.test")], resolver: [`127.0.0.1:${dns.port}`] };
  Object.assign(replicas, { t, front, config, environment, gateways: [], ports: [] });
  await startBalancer(t, validated.http, "http", () => replicas.living);
  await startBalancer(t, validated.https, "https", () => replicas.living);
  prepare(front, replicas);
  for (let i = 0; i < count; ++i) replicas.ports.push(await reservePorts());
  const starts = [];
  for (let i = 0; i < count; ++i) {
    starts.push(replicas.start(i).then((gateway) => { replicas.gateways[i] = gateway; }));
    if (!together) await starts[i];
  }
  await Promise.all(starts);
  return replicas;
}
