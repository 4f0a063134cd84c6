// R: what a request costs with 10 and 10,000 routes of one host, and with 10 and 10,000 host names, HTTP/1.1 as in A. Each is compared
// with its own small table.
import { wrk } from "../measure/load.mjs";
import { perThing, requestMetrics, sampled } from "../measure/sample.mjs";
import { reference, subject } from "../proxies/all.mjs";

const paths = (count) => Array.from({ length: count }, (_, i) => ({ path: `/route-${i}` }));
const hosts = (count) => Array.from({ length: count }, (_, i) => ({ host: `host-${i}.names.localhost` }));
const tables = {
  [reference]: (count, kind) => (kind === "routes" ? { locations: count } : { names: count }),
  [subject]: (count, kind) => ({ routes: kind === "routes" ? paths(count) : hosts(count) }),
};

/// The same program with a small table, once more, and with a large one.
const kind = (name, what) => ({
  group: "R", title: `${name}: 10 and 10,000 ${what}, as in A`, metrics: requestMetrics,
  reference: `10 ${what}`, twin: `10 ${what} twin`,
  participants: (proxies) => (proxies.among([name]).length ? [[10, ""], [10, " twin"], [10000, ""]] : []).map(([count, suffix]) => ({
    name: `${count} ${what}${suffix}`,
    async sample(seconds) {
      this.proxy ??= await proxies.fresh(name, tables[name](count, what));
      const sample = await sampled(this.proxy, () => wrk(this.proxy, seconds, { rest: what === "routes" ? `/route-${count - 1}/` : "/" }));
      return perThing(sample, sample.requests);
    },
    end() { return this.proxy?.stop(); },
  })),
});

export const scenarios = [kind(subject, "routes"), kind(subject, "names"), kind(reference, "routes"), kind(reference, "names")];
