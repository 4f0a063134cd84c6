// What happens to a gateway in a soak while its clients go on: reloads, upgrades, an origin and the provider that go and come.
import { randomInt } from "node:crypto";
import { readFileSync, readdirSync, renameSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { command } from "../support/replaced.mjs";

export class Weather {
  constructor(bed, ledger, lanes, { fragile }) {
    Object.assign(this, { bed, ledger, lanes, fragile, done: { reload: 0, upgrade: 0, origin: 0, provider: 0, logs: 0 } });
  }

  /// Something of what may happen, at random; upgrades only if said.
  async happen({ upgrades }) {
    const kinds = ["reload", "reload", "reload", "origin", "provider", "logs", ...(upgrades ? ["upgrade"] : [])];
    await this[kinds[randomInt(kinds.length)]]();
    await pause(randomInt(300));
  }

  async reload() {
    const count = ++this.done.reload;
    this.bed.edit((config) => {
      config.routes = [...config.routes.filter((route) => route.path !== "/turn"), { host: "app.test", path: "/turn", respond: { status: 200, body: `${count}` } }];
    });
    const done = await command("reload", "--control", this.bed.control);
    if (done.status !== 0) return this.ledger.differ(`reload ${count}: ${done.stderr}`);
    const { body } = await this.bed.visitor().get(this.bed.url("app.test", "/turn"));
    if (body !== `${count}`) this.ledger.differ(`reload ${count} has not acted: ${body}`);
  }

  async upgrade() {
    ++this.done.upgrade;
    const done = await this.bed.upgrade();
    if (done.status !== 0) this.ledger.differ(`upgrade ${this.done.upgrade}: ${done.stderr}`);
  }

  async origin() {
    ++this.done.origin;
    await this.fragile.goAway();
    await pause(50 + randomInt(300));
    await this.fragile.comeBack();
  }

  provider() {
    ++this.done.provider;
    return this.lanes.withoutSignIns(async () => {
      const { server, port } = this.bed.provider;
      await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
      await pause(50 + randomInt(300));
      await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    });
  }

  /// As logrotate does. Of several processes each opens its own again.
  async logs() {
    ++this.done.logs;
    renameSync(this.bed.accessLog, `${this.bed.accessLog}.1`);
    process.kill(this.bed.pid(), "SIGUSR1");
  }
}

/// Of a process; 0 when it has ended.
export function residentMiB(pid) {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);
  } catch {
    return 0;
  }
}

export const descriptorsOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;
