// One sample: a load, and what the proxy's processes took meanwhile.
import { coreMicros, cpuMicros } from "./processor.mjs";

/// Runs `load`, whose answer has `seconds`; adds cpu (microseconds of the proxy and its sidecar), util (percent of its core) and others
/// (percent of its core that something else took: above 15 the sample is disturbed).
export async function sampled(proxy, load) {
  const [cpu, core, began] = [cpuMicros(proxy.pids), coreMicros(), process.hrtime.bigint()];
  const result = await load();
  const micros = Number(process.hrtime.bigint() - began) / 1000;
  const own = cpuMicros(proxy.pids) - cpu;
  return { ...result, cpu: own, util: (100 * own) / micros, others: Math.max(0, (100 * (coreMicros() - core - own)) / micros) };
}

/// The metrics of a load that counts `amount` things.
export function perThing(sample, amount) {
  return { cpu: sample.cpu / amount, rate: amount / sample.seconds, util: sample.util, others: sample.others };
}

export const requestMetrics = [
  { key: "cpu", title: "CPU us a request", digits: 1, isHeadline: true },
  { key: "rate", title: "requests/s", digits: 0 },
  { key: "util", title: "util %", digits: 0 },
  { key: "others", title: "others %", digits: 0 },
];
