// Key pairs whose keys share nothing with the job that made them. Those of generateKeyPair do, and node 20 holds a key's lock while it
// makes a JWK of it: a collection of garbage in that moment ends the job, which waits for the same lock, and the process for ever.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";

/// {privateKey, publicKey} as key objects. type and options: those of generateKeyPairSync, without encodings.
export function keyPair(type, options) {
  const form = { format: "der" };
  const made = generateKeyPairSync(type, { ...options, privateKeyEncoding: { ...form, type: "pkcs8" }, publicKeyEncoding: { ...form, type: "spki" } });
  const privateKey = createPrivateKey({ ...form, type: "pkcs8", key: made.privateKey });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
