// The people of the tests. groups, e-mails and names are chosen so that policies can tell them apart.
import { writeFileSync } from "node:fs";
import path from "node:path";

import { authority, runFolder } from "./run_folder.mjs";

export const users = {
  alice: { sub: "u-alice", email: "alice@example.test", email_verified: true, name: "Alice Example", preferred_username: "alice", groups: ["staff", "admins"] },
  bob: { sub: "u-bob", email: "bob@example.test", email_verified: true, name: "Bob Example", preferred_username: "bob", groups: ["staff"] },
  carol: { sub: "u-carol", email: "carol@elsewhere.test", email_verified: true, name: "Carol Elsewhere", preferred_username: "carol", groups: [] },
  mallory: { sub: "u-mallory", email: "alice@example.test", email_verified: false, name: "Mallory", preferred_username: "alice", groups: ["visitors"] },
  bare: { sub: "u-bare" },
};

export const client = { id: "gateway", secret: "gateway-secret-of-the-tests" };

let secretFile;

/// Written once a process: gateways follow the file, and would read their configuration again whenever another test begins.
function clientSecretFile() {
  if (!secretFile) {
    secretFile = path.join(runFolder(), `client-secret-${process.pid}`);
    writeFileSync(secretFile, `${client.secret}\n`, { mode: 0o600 });
  }
  return secretFile;
}

/// What goes into a provider's place in gateway.yaml, for a provider of the run's authority.
export function providerConfiguration(issuer, more = {}) {
  return { type: "oidc", issuer, client_id: client.id, client_secret: { file: clientSecretFile() }, ca: authority().certificate, scopes: ["openid", "email", "profile", "groups"], ...more };
}
