// Approvals: a newcomer waits, an administrator decides on a page of the gateway, and it acts on the next request (attack rows M16, P03, P08, L20, K29).
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { messageOf, runGateway } from "./support/gateway.mjs";
import { authority, scratch } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";

const approvals = "/oauth2/approvals";
const form = { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" };

/// A receiver of webhooks on plain http, which is private here.
async function startReceiver(t) {
  const receiver = { messages: [], failures: 0 };
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      receiver.messages.push({ headers: request.headers, body });
      response.writeHead(receiver.failures-- > 0 ? 500 : 204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => new Promise((resolve) => server.close(resolve)));
  receiver.url = `http://127.0.0.1:${server.address().port}/told`;
  return receiver;
}

/// The card of somebody on the page: its text and its token.
function cardOf(page, who) {
  const card = page.body.split("<article").find((part) => part.includes(`<h3>${who}</h3>`));
  return card && { text: card.split("</article>")[0].replace(/<[^>]*>/g, " "), token: /name="token" value="([^"]*)"/.exec(card)?.[1] };
}

const policies = {
  admins: { allow: [{ group: ["admins"] }] },
  others: { allow: [{ user: ["nobody"] }] },
  waiting: { deny: [{ email: ["bob@example.test"] }], allow: [{ group: ["nobody"] }], otherwise: "pending", approval: { admins: "admins" } },
  asking: { allow: [{ group: ["nobody"] }], approval: { admins: "admins" } },
  foreign: { allow: [{ group: ["nobody"] }], otherwise: "pending", approval: { admins: "others" } },
};

test("from the first visit to an approval with an end, and back", async (t) => {
  const folder = path.join(scratch("control"), "run");
  const receiver = await startReceiver(t);
  const key = randomBytes(32);
  const bed = await startBed(t, {
    start: { environment: { RUNTIME_DIRECTORY: folder } },
    policies: { ...policies, waiting: { ...policies.waiting, approval: { admins: "admins", webhook: { url: receiver.url, key: `whsec_${key.toString("base64")}` } } } },
    routes: (origin) => [{ host: "app.test", to: origin.url, policy: "waiting" }, { host: "wiki.test", to: origin.url, policy: "asking" }, { host: "*.wild.test", to: origin.url, policy: "foreign" }],
  });
  const page = (visitor) => visitor.open(bed.url("auth.test", approvals));
  const decide = (visitor, body, headers = form) => visitor.post(bed.url("auth.test", approvals), { headers, body: new URLSearchParams(body).toString() });
  const control = (...words) => runGateway(["approvals", ...words, "--control", path.join(folder, "control.sock")]);

  const carol = await bed.signedIn("carol");
  const waiting = await carol.get(bed.url("app.test", "/x")).expect(403);
  assert.match(waiting.body, /Waiting for approval/);
  assert.match(waiting.headers["content-security-policy"], /frame-ancestors 'none'/);
  const mallory = await bed.signedIn("mallory"); // her e-mail is alice's, and nobody verified it
  const denied = await bed.signedIn("bob");
  assert.match((await denied.get(bed.url("app.test", "/")).expect(403)).body, /You do not have access/);
  assert.equal((await page(carol)).status, 403);

  const told = await until("a message", () => receiver.messages.find((message) => message.body.includes("u-carol")));
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = told.headers;
  assert.equal(signature, `v1,${createHmac("sha256", key).update(`${id}.${at}.${told.body}`).digest("base64")}`);
  const message = JSON.parse(told.body);
  assert.equal(message.type, "approval.requested");
  assert.deepEqual([message.data.policy, message.data.provider, message.data.issuer, message.data.email, message.data.email_counts], ["waiting", "main", bed.provider.issuer, "carol@elsewhere.test", true]);

  const alice = await bed.signedIn("alice"); // who waits, too: she is an administrator and no more
  const list = await page(alice);
  assert.equal(list.status, 200);
  assert.equal(list.headers["cache-control"], "no-store");
  assert.match(cardOf(list, "carol@elsewhere.test").text, /carol@elsewhere\.test \(verified\)[\s\S]*Subject\s+u-carol/);
  assert.equal(cardOf(list, "bob@example.test"), undefined, "deny means him: he cannot even wait");
  const ofAlice = list.body.split("<article").filter((part) => part.includes("<h3>alice@example.test</h3>"));
  assert.equal(ofAlice.length, 2);
  assert.ok(ofAlice.some((part) => part.includes("u-alice") && part.includes("This is you") && !part.includes("<form")));
  assert.ok(ofAlice.some((part) => part.includes("u-mallory") && part.includes("(not verified)")));
  assert.equal(ofAlice.some((part) => part.includes("foreign")), false);

  const { token } = cardOf(list, "carol@elsewhere.test");
  const approve = { token, act: "approve" };
  for (const headers of [{ ...form, "Sec-Fetch-Site": "cross-site" }, { ...form, "Sec-Fetch-Site": "same-site" }, { ...form, "Sec-Fetch-Mode": "no-cors" }, { ...form, "Sec-Fetch-Mode": "cors" }, { ...form, "Sec-Fetch-Site": null, Origin: "http://auth.test" }, { ...form, "Sec-Fetch-Site": null, Origin: bed.url("app.test") }, { ...form, "Sec-Fetch-Site": null }])
    await decide(alice, approve, headers).expect(403);
  await decide(alice, { token }).expect(400);
  await decide(alice, { act: "approve" }).expect(403);
  await decide(alice, { token: `${token}x`, act: "approve" }).expect(403);
  await decide(alice, { token, act: "promote" }).expect(400);
  await decide(alice, { ...approve, until: "2000-01-01" }).expect(400);
  await decide(mallory, approve).expect(403);
  await alice.get(bed.url("auth.test", `${approvals}?act=approve&token=${token}`)).expect(200);
  await carol.get(bed.url("app.test", "/x")).expect(403);
  await decide(alice, { ...approve, until: "2100-12-31" }).expect(303);
  for (let i = 0; i < 4; ++i) await carol.get(bed.url("app.test", "/x")).expect(200);
  await mallory.get(bed.url("app.test", "/x")).expect(403);
  await decide(alice, approve).expect(409); // the link was used
  const approved = await page(alice);
  assert.match(cardOf(approved, "carol@elsewhere.test").text, /By\s+alice@example\.test[\s\S]*2100-12-31/);

  // The operator's way, and an end of what stands.
  const shown = control("list");
  assert.equal(shown.status, 0, shown.stderr);
  const line = shown.stdout.split("\n").find((each) => each.includes("u-carol"));
  assert.match(line, /approved {2}waiting {2}carol@elsewhere\.test \(main\)/);
  for (const [words, there] of [[["--policy", "waiting", "--state", "approved", "CAROL@else"], true], [["--state", "rejected"], false], [["--policy", "asking"], false], [["u-carol x"], false]])
    assert.equal(control("list", ...words).stdout.includes("u-carol"), there, words.join(" "));
  assert.match(control("list", "--state", "maybe").stderr, /waiting, approved or rejected/);
  const carolId = line.split(" ")[0];
  assert.equal(control("reject", carolId).status, 0);
  assert.match((await carol.get(bed.url("app.test", "/x")).expect(403)).body, /was not approved/);
  assert.equal(control("withdraw", carolId).status, 0);
  assert.match((await carol.get(bed.url("app.test", "/x")).expect(403)).body, /Waiting for approval/);
  assert.equal(control("approve", carolId, "--until", "soon").status, 1);
  assert.equal(control("approve", "0000000000000000").status, 1);
  await until("every message", () => receiver.messages.map((each) => JSON.parse(each.body)).filter((each) => each.data.subject === "u-carol").length === 5);
  assert.deepEqual(bed.gateway.events.filter((event) => messageOf(event) === "audit" && /u-carol|access_requested/.test(JSON.stringify(event)) && event.act.startsWith("access_")).map((event) => event.act).filter((act) => act !== "access_requested"), ["access_approved", "access_rejected", "access_withdrawn"]);
});

test("who is denied asks by the page's form, and a new sign-in takes a role of the provider at once", async (t) => {
  const bed = await startBed(t, { policies, routes: (origin) => [{ host: "app.test", to: origin.url, policy: "asking" }] });
  const carol = await bed.signedIn("carol");
  const denied = await carol.get(bed.url("app.test", "/deep?x=1")).expect(403);
  assert.match(denied.body, /Ask for access/);
  await carol.post(bed.url("app.test", `${approvals}/ask`), { headers: form, body: "" }).expect(400);
  await carol.get(bed.url("app.test", `${approvals}/ask`)).expect(405);
  const asked = await carol.submit(denied);
  assert.equal(asked.url, bed.url("app.test", "/deep?x=1"));
  assert.match(asked.body, /Waiting for approval/);
  const admin = await bed.signedIn("alice");
  assert.match((await admin.open(bed.url("auth.test", approvals))).body, /carol@elsewhere\.test/);
  assert.equal((await admin.get(bed.url("app.test", approvals)).expect(302)).location, bed.url("auth.test", approvals));

  // "Check again" of a session whose claims are sealed in its cookie.
  bed.provider.user = { sub: "u-carol", email: "carol@elsewhere.test", email_verified: true, groups: ["nobody"] };
  await carol.get(bed.url("app.test", "/deep")).expect(403);
  const again = /href="([^"]*again=true[^"]*)"/.exec(asked.body)[1].replaceAll("&amp;", "&");
  const back = await carol.open(new URL(again, asked.url).href);
  assert.equal(back.status, 200, back.hops.join(" "));
  assert.equal(back.url, bed.url("app.test", "/deep?x=1"));
  assert.ok(back.hops.some((hop) => hop.startsWith(bed.provider.issuer)), "the provider was not asked");
});

test("administrators are led to the page, and decide for as long as they are administrators", async (t) => {
  const bed = await startBed(t, { policies, routes: (origin) => [{ host: "app.test", to: origin.url, policy: "waiting" }] });
  const carol = await bed.signedIn("carol");
  await carol.get(bed.url("app.test", "/x")).expect(403);
  const alice = await bed.signedIn("alice");
  const link = `href="${approvals}"`;
  for (const rest of ["/oauth2/apps", "/oauth2/sessions"]) {
    assert.ok((await alice.open(bed.url("auth.test", rest))).body.includes(link), rest);
    assert.equal((await carol.open(bed.url("auth.test", rest))).body.includes(link), false, rest);
  }
  const page = await alice.open(bed.url("auth.test", approvals));
  assert.match(page.body, new RegExp(`${link} aria-current="page"`));
  const { token } = cardOf(page, "carol@elsewhere.test");
  // The list that makes her an administrator changes; her session and the page that she holds stay.
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  const config = JSON.parse(readFileSync(file, "utf8"));
  config.policies.admins = { allow: [{ user: ["nobody"] }] };
  writeFileSync(`${file}.new`, JSON.stringify(config));
  renameSync(`${file}.new`, file);
  await bed.gateway.event("reloaded");
  await alice.post(bed.url("auth.test", approvals), { headers: form, body: new URLSearchParams({ token, act: "approve" }).toString() }).expect(403);
  assert.equal((await alice.open(bed.url("auth.test", "/oauth2/apps"))).body.includes(link), false);
  await carol.get(bed.url("app.test", "/x")).expect(403);
});

test("a decision of somebody who hangs up is in the audit log", async (t) => {
  const bed = await startBed(t, { policies, routes: (origin) => [{ host: "app.test", to: origin.url, policy: "waiting" }] });
  const carol = await bed.signedIn("carol");
  await carol.get(bed.url("app.test", "/x")).expect(403);
  const alice = await bed.signedIn("alice");
  const url = new URL(bed.url("auth.test", approvals));
  const audited = () => bed.gateway.events.filter((event) => messageOf(event) === "audit" && ["access_approved", "access_rejected"].includes(event.act)).length;
  const enters = async () => (await carol.get(bed.url("app.test", "/x"))).status === 200;
  let [did, could] = [0, false];
  for (let i = 0; i < 40; ++i) {
    const card = cardOf(await alice.open(url.href), "carol@elsewhere.test");
    const body = new URLSearchParams({ token: card.token, act: could ? "reject" : "approve" }).toString();
    await new Promise((resolve) => {
      const request = https.request({ host: "127.0.0.1", port: url.port, path: url.pathname, method: "POST", servername: "auth.test", ca: authority().pem, agent: false, headers: { Host: url.host, ...form, Cookie: alice.jar.header(url.href), "Content-Length": body.length } });
      request.on("error", resolve).on("close", resolve).on("response", (response) => response.resume());
      request.on("socket", (socket) => socket.on("secureConnect", () => { request.end(body); setTimeout(() => socket.destroy(), 1 + (i % 12) / 2); }));
    });
    const can = await enters();
    if (can !== could) ++did;
    could = can;
  }
  assert.ok(did > 0, "nobody hung up behind a decision");
  await until("a line for each decision", () => audited() >= did);
});
