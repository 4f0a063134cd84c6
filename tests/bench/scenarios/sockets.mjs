// W: WebSocket echo over TLS and HTTP/1.1, 64 connections, one message of 100 bytes on its way on each.
import { generator } from "../measure/load.mjs";
import { perThing, sampled } from "../measure/sample.mjs";
import { plain } from "../proxies/all.mjs";

export const scenarios = [{
  group: "W", title: "WebSocket echo, 64 connections, 100 bytes",
  metrics: [
    { key: "cpu", title: "CPU us a message", digits: 1, isHeadline: true },
    { key: "rate", title: "messages/s", digits: 0 },
    { key: "util", title: "util %", digits: 0 },
    { key: "others", title: "others %", digits: 0 },
  ],
  participants: (proxies) => proxies.among(plain).map((name) => ({
    name,
    async sample(seconds) {
      const proxy = await proxies.named(name);
      const sample = await sampled(proxy, () => generator("sockets", proxy, { seconds, connections: 64, path: "/socket", bytes: 100 }));
      return perThing(sample, sample.messages);
    },
  })),
}];
