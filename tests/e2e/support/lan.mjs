// Machines of their own on one network: a network namespace each, on a bridge of this machine (root). Cables can be pulled.
//   const lan = await startLan(t);  const one = lan.machine();  one.wrapper before a command runs it there;  one.pull();  one.plug();
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import net from "node:net";

import { cleanup } from "./cleanup.mjs";

const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"] });

/// Why there can be no such network, or undefined.
export function noLan() {
  if (process.getuid() !== 0) return "needs root";
  try {
    ip("link", "add", "gwprobe", "type", "bridge");
    ip("link", "del", "gwprobe");
    return undefined;
  } catch (error) {
    return `no bridge can be made: ${String(error.stderr ?? error).trim()}`;
  }
}

class Machine {
  constructor(lan, number) {
    this.name = `${lan.name}n${number}`;
    this.address = `${lan.prefix}.${10 + number}`;
    this.cable = `${lan.name}v${number}`;
    ip("netns", "add", this.name);
    ip("link", "add", this.cable, "type", "veth", "peer", "name", "eth0", "netns", this.name);
    ip("link", "set", this.cable, "master", lan.name, "up");
    ip("-n", this.name, "link", "set", "lo", "up");
    ip("-n", this.name, "addr", "add", `${this.address}/24`, "dev", "eth0");
    ip("-n", this.name, "link", "set", "eth0", "up");
  }

  get wrapper() { return ["ip", "netns", "exec", this.name]; }

  /// Packets are lost, in both directions, and nobody is told.
  pull() { ip("link", "set", this.cable, "down"); }
  plug() { ip("link", "set", this.cable, "up"); }
  remove() { ip("netns", "del", this.name); }
}

class Lan {
  constructor() {
    const number = randomInt(1, 255);
    this.name = `gw${number}x${randomInt(1000)}`;
    this.prefix = `198.18.${number}`; // RFC 2544: of no real network
    this.address = `${this.prefix}.1`; // of this machine
    this.machines = [];
    ip("link", "add", this.name, "type", "bridge");
    ip("addr", "add", `${this.address}/24`, "dev", this.name);
    ip("link", "set", this.name, "up");
  }

  machine() {
    const machine = new Machine(this, this.machines.length + 1);
    this.machines.push(machine);
    return machine;
  }

  /// What listens on a port of 127.0.0.1 here is reached by the machines on that port of `address`.
  async show(t, port) {
    const server = net.createServer((from) => {
      const to = net.connect(port, "127.0.0.1");
      for (const [one, other] of [[from, to], [to, from]]) one.on("error", () => other.destroy()).on("close", () => other.destroy()).pipe(other);
    });
    await new Promise((resolve, reject) => server.once("error", reject).listen(port, this.address, resolve));
    cleanup(t, () => server.close());
    return `${this.address}:${port}`;
  }

  remove() {
    for (const machine of this.machines) machine.remove();
    ip("link", "del", this.name);
  }
}

export async function startLan(t) {
  const lan = new Lan();
  cleanup(t, () => lan.remove());
  return lan;
}
