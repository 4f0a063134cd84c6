// The gateway: one worker, every request's session checked, oauth2-proxy's fields added, no access log.
import path from "node:path";

import { startGateway } from "../../e2e/support/gateway.mjs";
import { certificateFor } from "../../e2e/support/run_folder.mjs";
import { signIn } from "./apache.mjs";
import { Proxy, cores, leaf, owner } from "./bed.mjs";

export const publicPath = "/public";

// As text without indentation: ten thousand routes must stay below the limit of a configuration file.
function configuration(bed, port, folder, { routes = [], policies = {}, session = {} }) {
  const to = `http://127.0.0.1:${bed.originPort}`;
  const usual = { host: "localhost", to, policy: "signed-in", identity: "oauth2-proxy", except: [{ path: publicPath, public: true }] };
  return JSON.stringify({
    storage: path.join(folder, "storage"), shutdown: { timeout: "5s" },
    listen: { https: `127.0.0.1:${port}`, http: "off", admin: "off", public_port: port },
    workers: 1, log: { access: "off" }, tls: { certificates: [leaf(), certificateFor(["*.names.localhost"])] },
    limits: { keep_alive: "600s" },
    login: { host: "localhost", providers: { main: bed.provider.configuration() }, session },
    policies: { "signed-in": { allow: [{ authenticated: true }] }, ...policies },
    // The usual route last: a table that were searched in order would show.
    routes: [...routes.map((route) => ({ host: "localhost", to, policy: "signed-in", ...route })), usual],
  });
}

/// Another program in the place of the one that the fixture knows.
const instead = (program) => ["bash", "-c", 'exec taskset -c "$0" "$1" "${@:3}"', cores.proxy, program];

/// options: name, environment, routes (further ones: what differs from the usual route), policies (further ones), session (login.session),
/// program (another build).
export async function startBenchGateway(bed, { name = "gateway", environment, program: other, ...options } = {}) {
  const port = bed.signInPort();
  const gateway = await startGateway(owner, ({ folder }) => configuration(bed, port, folder, options), { ports: { https: port }, environment, wrapper: other ? instead(other) : ["taskset", "-c", cores.proxy] });
  const program = { pid: gateway.pid, stop: () => gateway.stop() };
  await gateway.event("provider is ready");
  return new Proxy({ name, programs: [program], port, cookie: await signIn(`https://localhost:${port}/`) });
}
