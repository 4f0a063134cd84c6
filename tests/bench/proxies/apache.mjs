// Apache as a TLS reverse proxy, and with mod_auth_openidc: the provider of the run, a session of the server's shared memory (its
// fastest kind), signed in to by a visitor. It does not verify the provider's certificate: as root it becomes a user who cannot read ours. One process of 128 threads, since a thread waits for each upstream answer.
import { reservePort, scratch } from "../../e2e/support/run_folder.mjs";
import { Visitor } from "../../e2e/support/visitor.mjs";
import { Proxy, leaf, listening, start, written } from "./bed.mjs";

const modules = "/usr/lib/apache2/modules";
const usual = ["mpm_event", "ssl", "proxy", "proxy_http", "http2", "headers", "authn_core", "authz_core", "authz_user", "socache_shmcb"];

const load = (names) => names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n");

async function startOne(bed, { name, port, environment, more = "" }) {
  const place = scratch("apache");
  const { certificate, key } = leaf();
  // Apache refuses to serve as root.
  const people = process.getuid() === 0 ? "User www-data\nGroup www-data" : "";
  const { file } = written("apache.conf", `ServerRoot ${place}
ServerName localhost
Listen 127.0.0.1:${port}
ListenBacklog 4096
PidFile ${place}/pid
ErrorLog ${place}/error.log
LogLevel error
DefaultRuntimeDir ${place}
Mutex pthread
${load(usual)}
${people}
ServerLimit 1
StartServers 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
MaxConnectionsPerChild 0
AsyncRequestWorkerFactor 100
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 600
Timeout 600
Protocols h2 http/1.1
SSLEngine on
SSLProtocol TLSv1.3
SSLCertificateFile ${certificate}
SSLCertificateKeyFile ${key}
SSLSessionCache shmcb:${place}/tls(512000)
ProxyPreserveHost On
${more}
ProxyPass /oidc !
ProxyPass /socket http://127.0.0.1:${bed.originPort}/socket upgrade=websocket
ProxyPass / http://127.0.0.1:${bed.originPort}/ keepalive=On
`);
  const program = start("apache2", ["-D", "FOREGROUND", "-f", file], { environment });
  await listening(name, program, port);
  return program;
}

export async function startApache(bed, { name = "apache", environment } = {}) {
  const port = await reservePort();
  return new Proxy({ name, programs: [await startOne(bed, { name, port, environment })], port });
}

export async function startApacheOidc(bed) {
  const [name, port] = ["apache + mod_auth_openidc", bed.signInPort()];
  const more = `${load(["auth_openidc"])}
OIDCProviderMetadataURL ${bed.provider.issuer}/.well-known/openid-configuration
OIDCSSLValidateServer Off
OIDCClientID ${bed.client.id}
OIDCClientSecret ${bed.client.secret}
OIDCRedirectURI https://localhost:${port}/oidc/callback
OIDCCryptoPassphrase ${"k".repeat(32)}
OIDCScope "openid email profile groups"
OIDCPKCEMethod S256
OIDCCacheType shm
OIDCSessionType server-cache
OIDCSessionInactivityTimeout 7200
OIDCSessionMaxDuration 43200
OIDCPassClaimsAs headers
OIDCRemoteUserClaim sub
<Location />
AuthType openid-connect
Require valid-user
</Location>`;
  const programs = [await startOne(bed, { name, port, more })];
  return new Proxy({ name, programs, port, cookie: await signIn(`https://localhost:${port}/whoami`) });
}

/// Goes through the provider's form as alice; the Cookie field of the session.
export async function signIn(url) {
  const visitor = new Visitor();
  let page = await visitor.open(url);
  if (/<form/i.test(page.body)) page = await visitor.submit(page, { login: "alice", password: "alice" });
  if (page.status !== 200) throw new Error(`no sign-in at ${url}: ${page.status} ${page.body.slice(0, 300)}`);
  return visitor.jar.header(url);
}
