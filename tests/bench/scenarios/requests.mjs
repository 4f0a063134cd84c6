// A: HTTP/1.1, 64 connections; B: HTTP/2, 16 connections of 16 requests at once; G: latency at a fixed rate. Answers of 100 bytes.
import { generator, h2load, wrk } from "../measure/load.mjs";
import { perThing, requestMetrics, sampled } from "../measure/sample.mjs";
import { checking, plain, subjectPublic } from "../proxies/all.mjs";

const rate = 2000; // a second; every proxy here can do it

function closedLoop(group, title, load) {
  return {
    group, title, metrics: requestMetrics,
    participants: (proxies) => proxies.among([...plain, ...checking, subjectPublic]).map((name) => ({
      name,
      async sample(seconds) {
        const proxy = await proxies.named(name);
        const sample = await sampled(proxy, () => load(proxy, seconds));
        return perThing(sample, sample.requests);
      },
    })),
    counted: load,
  };
}

export const scenarios = [
  closedLoop("A", "TLS 1.3, HTTP/1.1, 64 connections, 100 bytes (wrk)", wrk),
  closedLoop("B", "TLS 1.3, HTTP/2, 16 connections x 16 streams, 100 bytes (h2load)", h2load),
  {
    group: "G", title: `latency at ${rate} requests/s in an open loop, 64 connections, HTTP/1.1`,
    metrics: [
      { key: "p50", title: "p50 us", digits: 0, isHeadline: true },
      { key: "p99", title: "p99 us", digits: 0, isHeadline: true },
      { key: "cpu", title: "CPU us a request", digits: 1 },
      { key: "others", title: "others %", digits: 0 },
    ],
    participants: (proxies) => proxies.among([...plain, ...checking]).map((name) => ({
      name,
      async sample(seconds) {
        const proxy = await proxies.named(name);
        const sample = await sampled(proxy, () => generator("open-loop", proxy, { seconds, rate, connections: 64 }));
        return { ...perThing(sample, sample.requests), p50: sample.p50, p99: sample.p99 };
      },
    })),
  },
];
