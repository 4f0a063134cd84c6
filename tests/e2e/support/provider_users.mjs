// The people of the tests. groups, e-mails and names are chosen so that policies can tell them apart.
import { renameSync, writeFileSync } from "node:fs";
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

/// What goes into a provider's place in gateway.yaml, for a provider of the run's authority.
export function providerConfiguration(issuer, more = {}) {
  const file = path.join(runFolder(), "client-secret");
  // Test files run side by side and share the folder: put in place whole, so that nobody reads it half written.
  const whole = `${file}-${process.pid}`;
  writeFileSync(whole, `${client.secret}\n`, { mode: 0o600 });
  renameSync(whole, file);
  return { type: "oidc", issuer, client_id: client.id, client_secret: { file }, ca: authority().certificate, scopes: ["openid", "email", "profile", "groups"], ...more };
}
