// The proxies of a run by name: each is started when a scenario first wants it, and proven before any load.
import assert from "node:assert/strict";

import { Visitor } from "../../e2e/support/visitor.mjs";
import { startApache, startApacheOidc } from "./apache.mjs";
import { Proxy } from "./bed.mjs";
import { publicPath, startBenchGateway } from "./gateway.mjs";
import { startNginx, startNginxAuthRequest } from "./nginx.mjs";
import { startCaddy, startHaproxy, startNghttpx } from "./others.mjs";

export const [reference, twin, subject] = ["nginx", "nginx twin", "gateway"];
export const subjectPublic = "gateway public";
/// Another build of the gateway, to see what a change did.
export const subjectOther = "gateway other";

const starts = {
  [reference]: startNginx,
  [twin]: (bed, options) => startNginx(bed, { name: twin, ...options }),
  [subject]: startBenchGateway,
  [subjectOther]: (bed, options) => startBenchGateway(bed, { name: subjectOther, program: bed.other, ...options }),
  haproxy: startHaproxy,
  caddy: startCaddy,
  apache: startApache,
  nghttpx: startNghttpx,
  "nginx + auth_request": startNginxAuthRequest,
  "apache + mod_auth_openidc": startApacheOidc,
};

/// Those that check no session (except the gateway, which always does), and those that do.
export const plain = [reference, twin, subject, subjectOther, "haproxy", "caddy", "apache", "nghttpx"];
export const checking = ["nginx + auth_request", "apache + mod_auth_openidc"];
export const names = [...plain, ...checking, subjectPublic];

/// A load counts only if it measures what it says: an authenticated request shows alice to the origin, one without cookie does not get there.
export async function prove(proxy) {
  const visitor = new Visitor({ navigates: false });
  const page = await visitor.get(proxy.url("/whoami"), { headers: proxy.cookie ? { Cookie: proxy.cookie } : {}, cookies: false });
  assert.equal(page.status, 200, `${proxy.name}: ${page.status} ${page.body.slice(0, 200)}`);
  if (!proxy.cookie) return;
  assert.match(page.body, /^(x-auth-request-user|oidc_claim_sub|oidc-claim-sub|remote-user): *(u-)?alice/im, `${proxy.name} shows no identity: ${page.body}`);
  const stranger = await visitor.get(proxy.url("/whoami"), { cookies: false });
  assert.notEqual(stranger.status, 200, `${proxy.name} answers without a session`);
}

export class Proxies {
  /// other: the path of another build, or nothing.
  constructor(bed, wanted, other) {
    Object.assign(this, { bed: { ...bed, other }, wanted: wanted.filter((name) => name !== subjectOther || other), running: new Map() });
  }

  /// Those of `list` that this run compares; the reference and its twin always.
  among(list) {
    return list.filter((name) => name === reference || name === twin || this.wanted.includes(name));
  }

  /// A new one of its own, to be stopped by the caller.
  async fresh(name, options = {}) {
    const proxy = await starts[name](this.bed, options);
    await prove(proxy);
    return proxy;
  }

  async named(name) {
    if (!this.running.has(name)) this.running.set(name, name === subjectPublic ? await this.publicPart() : await this.fresh(name));
    return this.running.get(name);
  }

  async publicPart() {
    const { programs, port } = await this.named(subject);
    return new Proxy({ name: subjectPublic, programs, port, base: publicPath });
  }
}
