// The tables of a run. Every number in them is also in the JSON file.
import { interval, isOutsideNoise, median, ratios } from "./statistics.mjs";

const verdict = (outside) => (outside === undefined ? "too few rounds" : outside ? "yes" : "no");

/// {name: {median, least, most, ratio, interval, quiet, outside}} of one metric over all participants.
export function judged(results, metric, { reference, twin }) {
  const series = (name) => results.get(name)?.map((sample) => sample[metric.key]);
  const base = series(reference);
  const noise = series(twin) && ratios(series(twin), base);
  return new Map([...results.keys()].map((name) => {
    const own = series(name);
    const all = ratios(own, base);
    return [name, {
      median: median(own), least: Math.min(...own), most: Math.max(...own), ratio: median(all), interval: interval(all),
      quiet: Math.min(...own) / Math.min(...base), outside: name === reference || name === twin ? null : isOutsideNoise(all, noise),
    }];
  }));
}

/// One table for each headline of a scenario; its other metrics follow as medians.
export function printScenario(scenario, results, names) {
  const rest = scenario.metrics.filter((metric) => !metric.isHeadline && [...results.values()].some(([sample]) => sample[metric.key] !== undefined));
  const shown = (value, digits) => (value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits));
  for (const metric of scenario.metrics.filter((one) => one.isHeadline)) {
    console.log(`\n### ${scenario.group}. ${scenario.title}: ${metric.title}\n`);
    console.log(`| proxy | quietest | median | most | to ${names.reference}: median | interval | quietest / quietest | outside noise | ${rest.map((one) => one.title).join(" | ")} |`);
    console.log(`|---|--:|--:|--:|--:|--:|--:|---|${rest.map(() => "--:|").join("")}`);
    const rows = [...judged(results, metric, names)].sort((a, b) => a[1].ratio - b[1].ratio);
    for (const [name, row] of rows) {
      const others = rest.map((one) => shown(median(results.get(name).map((sample) => sample[one.key])), one.digits));
      console.log(`| ${name} | ${shown(row.least, metric.digits)} | ${shown(row.median, metric.digits)} | ${shown(row.most, metric.digits)} | ${row.ratio.toFixed(2)} | ${row.interval.map((value) => value.toFixed(2)).join("..")} | ${row.quiet.toFixed(2)} | ${row.outside === null ? "-" : verdict(row.outside)} | ${others.join(" | ")} |`);
    }
  }
}

export function printCounts(scenario, counts) {
  console.log(`\n### ${scenario.group}. Counted a request: ${scenario.title}\n\n| proxy | system calls | and epoll waits | heap allocations | by name |\n|---|--:|--:|--:|---|`);
  for (const [name, { calls, heap }] of counts) {
    console.log(`| ${name} | ${calls.sum.toFixed(2)} | ${calls.waits.toFixed(2)} | ${heap.toFixed(2)} | ${calls.calls.map(([call, count]) => `${call} ${count.toFixed(2)}`).join(", ")} |`);
  }
}
