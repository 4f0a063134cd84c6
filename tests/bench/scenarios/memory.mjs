// F: memory of idle keep-alive TLS connections, each of which has made one request: a fresh process, four points up to 8,000, and the
// slope of the line through them (least squares). The heap by count, apart: what OpenSSL holds for a connection, and what all other code
// does; of those proxies that a preloaded counter can see into.
import { holder } from "../measure/load.mjs";
import { heapCounter } from "../measure/counting.mjs";
import { residentBytes } from "../measure/processor.mjs";
import { line } from "../measure/statistics.mjs";
import { plain, reference, subject, twin } from "../proxies/all.mjs";

const points = [2000, 4000, 6000, 8000];
const warm = 200; // what any first connections bring is not theirs

async function slopes(proxy, counter) {
  const held = holder(proxy);
  await held.until(warm);
  const seen = [];
  for (const count of points) {
    await held.until(count);
    seen.push({ count, resident: residentBytes(proxy.pids), ...counter?.read() });
  }
  await held.end();
  const of = (key) => line(seen.map((point) => [point.count, point[key]]));
  return { resident: of("resident"), tls: counter && of("liveTls"), rest: counter && of("live") };
}

async function measured(proxies, name, counter) {
  const proxy = await proxies.fresh(name, { environment: counter?.environment });
  try {
    return await slopes(proxy, counter);
  } finally {
    await proxy.stop();
  }
}

export const scenarios = [{
  group: "F", title: "memory of idle TLS connections, slope over 2,000 to 8,000", isSlow: true,
  metrics: [
    { key: "resident", title: "KiB a connection", digits: 2, isHeadline: true },
    { key: "r2", title: "r2 of the line", digits: 4 },
    { key: "tls", title: "heap of OpenSSL, bytes", digits: 0 },
    { key: "rest", title: "heap of all else, bytes", digits: 0 },
  ],
  participants: (proxies) => proxies.among(plain).map((name) => ({
    name,
    async sample() {
      const { resident } = await measured(proxies, name);
      const metrics = { resident: resident.slope / 1024, r2: resident.r2 };
      if (![reference, twin, subject].includes(name)) return metrics;
      const heap = await measured(proxies, name, heapCounter());
      return { ...metrics, tls: heap.tls.slope, rest: heap.rest.slope };
    },
  })),
}];
