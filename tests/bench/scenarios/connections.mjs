// C: new connections with one request each, full handshakes and resumed ones. The client's side of a full handshake costs more than the
// server's, so the proxy is not saturated: read CPU a connection. A ticket is used once, as browsers do (RFC 8446 appendix C.4): a server
// that gives no new one at a resumption sees every second connection in full.
import { generator } from "../measure/load.mjs";
import { perThing, sampled } from "../measure/sample.mjs";
import { plain } from "../proxies/all.mjs";

const atOnce = 16;

const metrics = [
  { key: "cpu", title: "CPU us a connection", digits: 0, isHeadline: true },
  { key: "rate", title: "connections/s", digits: 0 },
  { key: "resumed", title: "resumed %", digits: 1 },
  { key: "util", title: "util %", digits: 0 },
  { key: "others", title: "others %", digits: 0 },
];

const kind = (title, resume) => ({
  group: "C", title, metrics,
  participants: (proxies) => proxies.among(plain).map((name) => ({
    name,
    async sample(seconds) {
      const proxy = await proxies.named(name);
      const sample = await sampled(proxy, () => generator("handshakes", proxy, { seconds, connections: atOnce, resume: resume ? "yes" : "no" }));
      const resumed = sample.resumed / sample.connections;
      if (resume ? resumed === 0 : resumed > 0) throw new Error(`${name}: ${sample.resumed} of ${sample.connections} connections were resumed`);
      return { ...perThing(sample, sample.connections), resumed: 100 * resumed };
    },
  })),
});

export const scenarios = [kind("new connections: full handshake and 1 request", false), kind("new connections: resumed handshake and 1 request", true)];
