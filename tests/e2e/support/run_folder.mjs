// The folder of one run: certificate authority, leaf certificates, folders of gateways. tests/e2e/run.mjs makes one for all
// files and removes it; a file started alone makes its own.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const artifacts = path.join(checkout, "tests/e2e/artifacts");

let folder = process.env.GATEWAY_E2E_RUN;

/// The run's folder; made on first use and removed at exit unless the runner gave one.
export function runFolder() {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), "gateway-e2e-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  return folder;
}

/// A new empty folder below the run's.
export function scratch(name) {
  return mkdtempSync(path.join(runFolder(), `${name}-`));
}

const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

const dayAfter = (days) => new Date(Date.now() + days * 86400_000);

/// Signs `${folder}/NAME.csr` into `${folder}/NAME.pem`: valid from a day before (tests move clocks), for `days` from now, or as told.
function sign(folder, name, { days, by, subject, from = dayAfter(Math.min(-1, days - 1)), to = dayAfter(days) }) {
  const date = (moment) => moment.toISOString().replace(/[-:T]|\.\d+/g, "");
  writeFileSync(`${folder}/index.txt`, "");
  writeFileSync(`${folder}/ca.conf`, `[ca]\ndefault_ca = us\n[us]\ndatabase = ${folder}/index.txt\nnew_certs_dir = ${folder}\nrand_serial = yes\ndefault_md = sha256\ncopy_extensions = copy\npolicy = any\n[any]\ncommonName = supplied\n`);
  const issuer = by ? ["-cert", by.certificate, "-keyfile", by.key] : ["-selfsign", "-keyfile", `${folder}/${name}.key`];
  openssl("ca", "-batch", "-notext", "-config", `${folder}/ca.conf`, "-in", `${folder}/${name}.csr`, "-out", `${folder}/${name}.pem`,
    ...(subject ? ["-subj", subject] : []), ...issuer, "-startdate", date(from), "-enddate", date(to));
}

/// {certificate, key, pem} of the run's own authority: paths, and the certificate's text.
export function authority(name = "ca") {
  const place = path.join(runFolder(), name);
  makeOnce(place, (fresh) => {
    openssl("req", "-new", ...newKey, "-subj", `/CN=Gateway test authority ${name}`, "-addext", "basicConstraints=critical,CA:TRUE",
      "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", `${fresh}/ca.key`, "-out", `${fresh}/ca.csr`);
    sign(fresh, "ca", { days: 1000 });
  });
  return { certificate: `${place}/ca.pem`, key: `${place}/ca.key`, pem: readFileSync(`${place}/ca.pem`, "utf8") };
}

/// {certificate, key} paths of a leaf for `names` (DNS names, or IP addresses); the same names give the same files.
/// options: authority (a name for authority()), days (negative: expired), own (files of this call alone, to be changed), client
/// (of a client; with own), extensions (further ones, as `openssl req -addext` takes them; with own), chain (the issuer behind it; with own).
export function certificateFor(names, { authority: issuer = "ca", days = 10, own = false, client = false, extensions = [], chain = false } = {}) {
  const ca = authority(issuer);
  const label = names.join("_").replaceAll("*", "any").slice(0, 60);
  const place = path.join(runFolder(), own ? `leaf-${randomBytes(6).toString("hex")}` : `leaf-${issuer}-${days}-${label}`);
  makeOnce(place, (fresh) => {
    const list = names.map((name) => (net.isIP(name) ? `IP:${name}` : `DNS:${name}`)).join(",");
    openssl("req", "-new", ...newKey, "-subj", "/CN=gateway test", "-addext", `subjectAltName=${list}`,
      "-addext", `extendedKeyUsage=${client ? "clientAuth" : "serverAuth"}`, ...extensions.flatMap((extension) => ["-addext", extension]), "-keyout", `${fresh}/tls.key`, "-out", `${fresh}/tls.csr`);
    sign(fresh, "tls", { days, by: ca });
    if (chain) appendFileSync(`${fresh}/tls.pem`, ca.pem);
  });
  return { certificate: `${place}/tls.pem`, key: `${place}/tls.key` };
}

/// The revocation list (PEM) of authority(name) with these certificates (paths) in it.
export function revocationList(name, revoked = []) {
  const ca = authority(name);
  const folder = scratch("crl");
  writeFileSync(`${folder}/index.txt`, "");
  writeFileSync(`${folder}/ca.conf`, `[ca]\ndefault_ca = us\n[us]\ndatabase = ${folder}/index.txt\ndefault_md = sha256\n`);
  const by = ["-config", `${folder}/ca.conf`, "-cert", ca.certificate, "-keyfile", ca.key];
  for (const certificate of revoked) openssl("ca", ...by, "-revoke", certificate);
  openssl("ca", ...by, "-gencrl", "-crldays", "10", "-out", `${folder}/crl.pem`);
  return readFileSync(`${folder}/crl.pem`, "utf8");
}

/// The chain (PEM) of a certificate for a signing request (DER), valid between two Dates.
export function issueFor(request, { from, to }) {
  const folder = scratch("issued");
  const ca = authority();
  writeFileSync(`${folder}/tls.der`, request);
  openssl("req", "-inform", "DER", "-in", `${folder}/tls.der`, "-out", `${folder}/tls.csr`);
  sign(folder, "tls", { by: ca, subject: "/CN=Gateway test certificate", from, to });
  return readFileSync(`${folder}/tls.pem`, "utf8") + ca.pem;
}

/// Makes a folder that several processes may want at once: whoever renames first wins, the others use that one.
function makeOnce(place, fill) {
  if (existsSync(place)) return;
  const fresh = mkdtempSync(`${place}.new-`);
  fill(fresh);
  try {
    renameSync(fresh, place);
  } catch {
    rmSync(fresh, { recursive: true });
  }
}

const firstPort = 20000; // below the range that the system gives to outgoing connections
const portCount = 12000;

/// A port of 127.0.0.1 that nobody listens on and no other process of this run has been given.
export async function reservePort() {
  const claims = path.join(runFolder(), "ports");
  mkdirSync(claims, { recursive: true });
  for (;;) {
    const port = firstPort + (randomBytes(2).readUInt16LE() % portCount);
    try {
      writeFileSync(path.join(claims, String(port)), "", { flag: "wx" });
    } catch (error) {
      if (error.code === "EEXIST") continue;
      throw error;
    }
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    // Whoever connects meanwhile must not keep it open.
    const probe = net.createServer((socket) => socket.destroy());
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
