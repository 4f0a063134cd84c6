// A gateway that gets its certificates from a real authority, and what its handshakes show.
import { X509Certificate } from "node:crypto";
import tls from "node:tls";

import { acmeSettings, startAuthority, startChallengeDns } from "./authority.mjs";
import { reservePorts, startGateway } from "./gateway.mjs";
import { seconds } from "./wait.mjs";

export const respond = (host, more = {}) => ({ host, respond: { status: 200, body: `this is ${host}\n` }, ...more });

/// One handshake: {certificate (X509Certificate), protocol, alert}.
export function shown(port, servername, options = {}) {
  return new Promise((resolve) => {
    const socket = tls.connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false, ...options }, () => {
      const certificate = new X509Certificate(socket.getPeerCertificate(true).raw);
      resolve({ certificate, protocol: socket.alpnProtocol, issuer: certificate.issuer });
      socket.destroy();
    });
    socket.on("error", (error) => resolve({ alert: error.reason ?? error.code ?? error.message }));
  });
}

/// An authority, its name server, and a gateway that gets its certificates there. options: authority (of startAuthority), acme, routes,
/// config (more of the file), start.
export async function startAcmeBed(t, options = {}) {
  const ports = await reservePorts();
  const dns = await startChallengeDns(t);
  const authority = await startAuthority(t, { ports, dnsPort: dns.port, ...options.authority });
  const acme = acmeSettings(authority, typeof options.acme === "function" ? options.acme({ dns, authority }) : options.acme);
  const routes = options.routes ?? [respond("app.test")];
  const config = { tls: { acme }, routes, resolver: [`127.0.0.1:${dns.port}`], ...options.config };
  const gateway = await startGateway(t, config, { ports, ...options.start });
  return { gateway, authority, dns, ports, config };
}

export function obtained(bed, name, limit = seconds(30)) {
  return bed.gateway.event("certificate obtained", (event) => String(event.names).split(", ").includes(name), limit);
}
