// P: what a request costs by the kind of its policy, with a signed assertion, and by the store that keeps sessions; HTTP/1.1 as in A. The
// gateway alone, each kind beside the plainest one: any person who signed in, and sessions that their cookie carries.
import { startRedis } from "../../e2e/support/stores.mjs";
import { wrk } from "../measure/load.mjs";
import { perThing, requestMetrics, sampled } from "../measure/sample.mjs";
import { subject } from "../proxies/all.mjs";
import { owner } from "../proxies/bed.mjs";

const numbered = (count, word) => Array.from({ length: count }, (_, i) => word(i));
const strangers = numbered(1000, (i) => `person-${i}@example.org`);

/// alice comes under each of them, by its last rule or value.
const allowed = {
  "authenticated": [{ authenticated: true }],
  "authenticated twin": [{ authenticated: true }],
  "email, one of 1,000": [{ email: [...strangers, "alice@example.test"] }],
  "email_domain": [{ email_domain: "example.test" }],
  "group, one of 100": [{ group: [...numbered(100, (i) => `group-${i}`), "admins"] }],
  "claim by a path": [{ claim: { groups: "admins" } }],
  "provider, user, ip and method": [{ provider: "main", user: "u-alice", ip: ["127.0.0.0/8"], method: ["GET"] }],
  "the last of 100 rules": [...strangers.slice(0, 99).map((email) => ({ email: [email] })), { group: "admins" }],
};

const plainest = { reference: "authenticated", twin: "authenticated twin" };

function policyKinds() {
  const kinds = Object.keys(allowed).map((name, i) => ({ name, path: `/policy-${i}`, policy: `policy-${i}`, identity: "oauth2-proxy" }));
  kinds.push({ name: "1,000 e-mails denied", path: "/denied", policy: "denied", identity: "oauth2-proxy" });
  kinds.push({ name: "a signed assertion", path: "/assertion", policy: "policy-0", identity: "signed-jwt" });
  const policies = Object.fromEntries(Object.values(allowed).map((allow, i) => [`policy-${i}`, { allow }]));
  policies.denied = { deny: [{ email: strangers }], allow: [{ authenticated: true }] };
  return { kinds, policies };
}

function byPolicy() {
  const { kinds, policies } = policyKinds();
  let proxy; // one for all kinds: they differ in their path alone
  const started = (proxies) => (proxy ??= proxies.fresh(subject, { policies, routes: kinds.map(({ name, ...route }) => route) }));
  return {
    group: "P", title: "by policy and identity, as in A", metrics: requestMetrics, ...plainest,
    participants: (proxies) => (proxies.among([subject]).length ? kinds : []).map(({ name, path }) => ({
      name,
      async sample(seconds) {
        const running = await started(proxies);
        const sample = await sampled(running, () => wrk(running, seconds, { rest: `${path}/` }));
        return perThing(sample, sample.requests);
      },
      async end() { await (await proxy)?.stop(); },
    })),
  };
}

const stores = {
  cookie: () => "cookie",
  "cookie twin": () => "cookie",
  memory: () => "memory",
  storage: () => "storage",
  redis: async () => (await startRedis(owner)).url,
};

const byStore = {
  group: "P", title: "by store of sessions, as in A", metrics: requestMetrics, reference: "cookie", twin: "cookie twin",
  participants: (proxies) => (proxies.among([subject]).length ? Object.entries(stores) : []).map(([name, store]) => ({
    name,
    async sample(seconds) {
      this.proxy ??= await proxies.fresh(subject, { session: { store: await store() } });
      const sample = await sampled(this.proxy, () => wrk(this.proxy, seconds));
      return perThing(sample, sample.requests);
    },
    end() { return this.proxy?.stop(); },
  })),
};

export const scenarios = [byPolicy(), byStore];
