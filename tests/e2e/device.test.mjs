// Sign-in of a command line: it shows a code, its owner types that in a browser, and it gets a token (RFC 8628).
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { echo } from "./support/origin.mjs";
import { scratch } from "./support/run_folder.mjs";

test("a command line gets a token from another worker than its owner allowed it on, and nobody else does", async (t) => {
  const bed = await startBed(t, { origin: { reply: echo }, login: { tokens: { policy: "signed-in" } }, config: (parts) => ({ ...parts, workers: 3 }) });
  const program = bed.visitor({ navigates: false });
  const send = (path, fields) => program.post(bed.url("auth.test", `/oauth2/device/${path}`), { body: new URLSearchParams(fields).toString(), headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  const begun = (await send("code", { client_id: "deploy <script>" }).expect(200)).json();
  assert.match(begun.user_code, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  assert.equal(begun.verification_uri, bed.url("auth.test", "/oauth2/device"));
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", client_id: "deploy <script>", device_code: begun.device_code };
  assert.equal((await send("token", { ...grant, client_id: "deploy" }).expect(400)).json().error, "invalid_grant");
  assert.equal((await send("token", grant).expect(400)).json().error, "authorization_pending");
  assert.equal((await send("token", grant).expect(400)).json().error, "slow_down");

  const alice = await bed.signedIn("alice");
  const page = await alice.open(begun.verification_uri);
  const shown = await alice.submit(page, { code: begun.user_code.toLowerCase() });
  assert.ok(shown.expect(200).body.includes("deploy &lt;script&gt;") && !shown.body.includes("deploy <script>"));
  assert.match(shown.headers["content-security-policy"], /frame-ancestors 'none'/);
  const allowed = await alice.submit(shown, { name: "laptop", days: "2", place: "app.test/" });
  allowed.expect(200);

  const token = (await send("token", grant).expect(200)).json();
  assert.deepEqual([token.token_type, token.expires_in, token.scope], ["Bearer", 2 * 86400, "app.test/"]);
  const bring = (host) => program.get(bed.url(host), { headers: { Authorization: `Bearer ${token.access_token}` } });
  const seen = new Map((await bring("app.test").expect(200)).json().fields.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(seen.get("x-auth-request-user"), "u-alice");
  await bring("wiki.test").expect(403);
  assert.equal((await send("token", grant).expect(400)).json().error, "expired_token");
  assert.ok((await alice.open(bed.url("auth.test", "/oauth2/tokens"))).body.includes("laptop"));
  for (const secret of [token.access_token, begun.device_code]) assert.ok(!bed.gateway.stderr.text.includes(secret) && !bed.gateway.stdout.text.includes(secret), "a secret in a log");
});

test("a device whose owner's sessions were ended after his yes gets no token, and a script of an app there says no yes", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const bed = await startBed(t, { start: { environment: { RUNTIME_DIRECTORY: folder } }, login: { tokens: { policy: "signed-in" } } });
  const program = bed.visitor({ navigates: false });
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const send = (at, fields) => program.post(bed.url("auth.test", `/oauth2/device/${at}`), { body: new URLSearchParams(fields).toString(), headers: form });
  const begun = (await send("code", { client_id: "deploy" }).expect(200)).json();
  const alice = await bed.signedIn("alice");
  const shown = await alice.submit(await alice.open(begun.verification_uri), { code: begun.user_code });
  const token = /name="form" value="([^"]+)"/.exec(shown.expect(200).body)[1];
  const yes = { action: "allow", code: begun.user_code, name: "laptop", days: "2", place: "app.test/" };
  const script = { ...form, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" };
  const fetched = (fields) => alice.post(begun.verification_uri, { body: new URLSearchParams(fields).toString(), headers: script });
  await fetched(yes).expect(403);
  await fetched({ ...yes, form: token }).expect(403);
  (await alice.submit(shown, { name: "laptop", days: "2", place: "app.test/" })).expect(200);
  assert.equal(runGateway(["sessions", "revoke", "--user", "alice@example.test", "--control", path.join(folder, "control.sock")]).status, 0);
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", client_id: "deploy", device_code: begun.device_code };
  assert.equal((await send("token", grant).expect(400)).json().error, "access_denied");
  assert.equal((await send("token", grant).expect(400)).json().error, "expired_token");
  const acts = bed.gateway.stdout.text + bed.gateway.stderr.text;
  for (const act of ["device_allowed", "denied"]) assert.ok(acts.includes(`"act":"${act}"`) || acts.includes(`act=${act}`), act);
  assert.ok(!acts.includes("token_created"));
});
