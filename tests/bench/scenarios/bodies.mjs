// D: bodies over HTTP/1.1 and TLS, down and up, of 1 MiB and of 64 MiB. Each transfer that began is finished and counted.
import { generator } from "../measure/load.mjs";
import { sampled } from "../measure/sample.mjs";
import { plain } from "../proxies/all.mjs";

const mebibyte = 1024 * 1024;

const metrics = [
  { key: "cpu", title: "CPU s a GB", digits: 3, isHeadline: true },
  { key: "rate", title: "MB/s", digits: 0 },
  { key: "util", title: "util %", digits: 0 },
  { key: "others", title: "others %", digits: 0 },
];

const kind = (title, connections, options) => ({
  group: "D", title: `${title}, ${connections} connections`, metrics,
  participants: (proxies) => proxies.among(plain).map((name) => ({
    name,
    async sample(seconds) {
      const proxy = await proxies.named(name);
      const sample = await sampled(proxy, () => generator("transfer", proxy, { seconds, connections, ...options }));
      return { cpu: sample.cpu / 1e6 / (sample.bytes / 1e9), rate: sample.bytes / 1e6 / sample.seconds, util: sample.util, others: sample.others };
    },
  })),
});

export const scenarios = [
  kind("downloads of 1 MiB", 16, { path: `/bytes/${mebibyte}` }),
  kind("downloads of 64 MiB", 4, { path: `/bytes/${64 * mebibyte}` }),
  kind("uploads of 1 MiB", 16, { path: "/upload", bytes: mebibyte }),
  kind("uploads of 64 MiB", 4, { path: "/upload", bytes: 64 * mebibyte }),
];
