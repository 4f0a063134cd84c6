// What the Service of the overlay scaleway must say to its balancer: annotations that the cloud controller manager knows (one that it
// cannot read stops it), and nothing left to its defaults that would cut connections.
import { secondsOf } from "./manifest_rules.mjs";

const prefix = "service.beta.kubernetes.io/scw-loadbalancer-";
const flag = /^(true|false)$/;
const duration = /^\d+(\.\d+)?(ms|s|m|h)$/;
const number = /^\d+$/;
const uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const perPort = /^(true|false|\*|\d+(,\d+)*)$/;

const known = {
  "ip-ids": new RegExp(`^${uuid}(,${uuid})?$`), "zone": /^[a-z]{2}-[a-z]{3}-\d$/, "type": /^LB-[A-Z]+(-[A-Z]+)?$/, "private": flag, "pn-ids": new RegExp(`^${uuid}(,${uuid})*$`),
  "flexible-ip-types": /^ipv4(,ipv6)?$/, "ip-mode": /^(Proxy|VIP)$/, "use-hostname": flag, "forward-port-algorithm": /^(roundrobin|leastconn|first)$/,
  "sticky-sessions": /^(none|table)$/, "proxy-protocol-v1": perPort, "proxy-protocol-v2": perPort, "connection-rate-limit": number, "max-connections": number,
  "timeout-client": duration, "timeout-server": duration, "timeout-connect": duration, "timeout-tunnel": duration, "timeout-queue": duration,
  "on-marked-down-action": /^(on_marked_down_action_none|shutdown_sessions)$/, "redispatch-attempt-count": /^[01]$/, "max-retries": number, "enable-access-logs": flag,
  "health-check-type": /^(tcp|http|https)$/, "health-check-delay": duration, "health-transient-check-delay": duration, "health-check-timeout": duration,
  "health-check-max-retries": number, "health-check-send-proxy": flag, "target-node-labels": /^.+$/,
};

function* faults({ objects, config }) {
  const service = objects.find((one) => one.kind === "Service");
  const said = Object.fromEntries(Object.entries(service.metadata.annotations).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]));
  for (const [name, value] of Object.entries(said)) {
    if (!known[name]) yield `${name}: no annotation of the cloud controller manager`;
    else if (!known[name].test(value)) yield `${name}: it cannot read ${value}`;
  }
  if (said["proxy-protocol-v2"] !== "true" || said["proxy-protocol-v1"]) yield "not all ports send a PROXY header of version 2";
  if (!config.listen.proxy_protocol?.from?.length || config.listen.proxy_protocol.mode !== "required") yield "gateway.yaml does not require the header";
  if (said["health-check-type"] !== "tcp" || said["health-check-send-proxy"] !== "true") yield "health checks send what the gateway would not take";
  const idle = [config.limits.keep_alive, ...config.routes.map((route) => route.timeouts?.idle ?? "0s")].map(secondsOf);
  for (const name of ["timeout-client", "timeout-server", "timeout-tunnel"]) {
    if (!(secondsOf(said[name]) > Math.max(...idle))) yield `${name}: the balancer cuts what the gateway would have ended itself`;
  }
  if (!(secondsOf(said["timeout-connect"]) <= 30)) yield "timeout-connect: a dead node is noticed after 10 minutes";
  if (!said["ip-ids"]) yield "the address goes with the Service";
  if (service.spec.externalTrafficPolicy !== "Cluster") yield "draining would be a matter of nodes";
}

export const balancerFindings = (cluster) => [...faults(cluster)];
