// HAProxy, Caddy and nghttpx as TLS reverse proxies without sign-in: one thread each, keep-alive to the origin, no access log.
import { joined } from "../../e2e/support/front.mjs";
import { reservePort, scratch } from "../../e2e/support/run_folder.mjs";
import { Proxy, leaf, listening, start, written } from "./bed.mjs";

export async function startHaproxy(bed, { name = "haproxy", environment } = {}) {
  const port = await reservePort();
  const { file } = written("haproxy.cfg", `global
 maxconn 9500
 nbthread 1
 ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
 mode http
 timeout connect 5s
 timeout client 600s
 timeout server 600s
 timeout tunnel 600s
 timeout http-keep-alive 600s
frontend in
 bind 127.0.0.1:${port} ssl crt ${joined(leaf())} alpn h2,http/1.1 backlog 4096
 option forwardfor
 http-request set-header X-Forwarded-Proto https
 default_backend origin
backend origin
 http-reuse always
 server origin 127.0.0.1:${bed.originPort}
`);
  const program = start("haproxy", ["-db", "-f", file], { environment });
  await listening(name, program, port);
  return new Proxy({ name, programs: [program], port });
}

export async function startCaddy(bed, { name = "caddy", environment } = {}) {
  const port = await reservePort();
  const home = scratch("caddy");
  const { certificate, key } = leaf();
  const { file } = written("Caddyfile", `{
  admin off
  auto_https off
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${certificate} ${key} {
    protocols tls1.3 tls1.3
  }
  reverse_proxy 127.0.0.1:${bed.originPort} {
    transport http {
      keepalive 600s
      keepalive_idle_conns 4096
      keepalive_idle_conns_per_host 4096
    }
  }
}
`);
  const program = start("caddy", ["run", "--config", file, "--adapter", "caddyfile"], { environment: { GOMAXPROCS: "1", HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, ...environment } });
  await listening(name, program, port);
  return new Proxy({ name, programs: [program], port });
}

export async function startNghttpx(bed, { name = "nghttpx", environment } = {}) {
  const port = await reservePort();
  const place = scratch("nghttpx");
  const { certificate, key } = leaf();
  const args = ["--conf=/dev/null", `--frontend=127.0.0.1,${port}`, `--backend=127.0.0.1,${bed.originPort}`, "--workers=1", "--no-ocsp", "--backlog=4096",
    "--tls-min-proto-version=TLSv1.3", "--accesslog-file=/dev/null", `--errorlog-file=${place}/error.log`, `--pid-file=${place}/pid`, "--rlimit-nofile=20000",
    "--frontend-keep-alive-timeout=600", "--frontend-read-timeout=600", "--backend-read-timeout=600", key, certificate];
  const program = start("nghttpx", args, { environment });
  await listening(name, program, port);
  return new Proxy({ name, programs: [program], port });
}
