// The gateway as a client beside lego and certbot, at the same authority: it asks for no more than they do.
import assert from "node:assert/strict";
import { test } from "node:test";

import { clients, hasCertbot, hasLego, issuance } from "./support/acme_clients.mjs";

// A directory, a nonce, an account, an order, an authorization, a challenge, its outcome, the request, the certificate; and a second look
// at what was not ready at the first.
const leastRequests = 9;

test("a certificate costs the authority no more requests than lego's or certbot's", { skip: !hasLego && "no lego" }, async (t) => {
  // A validation that a busy machine delays costs a look more, whoever the client is: the least of three counts.
  const least = async (which) => (await Promise.all([0, 1, 2].map(() => issuance(t, which)))).reduce((one, other) => (other.requests < one.requests ? other : one));
  const ours = await least("gateway");
  assert.ok(ours.requests <= leastRequests + 1, `${ours.requests}: ${ours.asked.join(", ")}`);
  for (const other of Object.keys(clients).filter((one) => one === "lego" || (one === "certbot" && hasCertbot))) {
    const theirs = await least(other);
    assert.ok(ours.requests <= theirs.requests, `${ours.requests} (${ours.asked.join(", ")}), ${other} ${theirs.requests} (${theirs.asked.join(", ")})`);
  }
});

test("a validation that takes its time costs no more polls than the authority asks for", { skip: !hasLego && "no lego" }, async (t) => {
  const slow = { environment: { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: "6" } };
  const [ours, theirs] = await Promise.all([issuance(t, "gateway", slow), issuance(t, "lego", slow)]);
  // Either waits at random, six seconds at most; Retry-After says one.
  assert.ok(ours.requests <= leastRequests + 10, ours.asked.join(", "));
  assert.ok(theirs.requests >= leastRequests);
});
