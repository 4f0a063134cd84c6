// HTTP/2 from the client's side: Node's own client for what is right, frames as bytes for what is not.
import http2 from "node:http2";
import tls from "node:tls";

import { cleanup } from "./cleanup.mjs";
import { authority } from "./run_folder.mjs";
import { until, within } from "./wait.mjs";

/// A session of Node's client with the gateway, as `host`.
export async function connectH2(t, port, host = "other.test", options = {}) {
  const session = http2.connect(`https://${host}:${port}`, { lookup: (_, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)), ca: authority().pem, ...options });
  session.on("error", () => {});
  session.goaways = [];
  session.on("goaway", (code) => session.goaways.push(code));
  cleanup(t, () => session.destroy());
  await within("the HTTP/2 session", new Promise((resolve, reject) => {
    session.on("remoteSettings", resolve);
    session.on("close", () => reject(new Error("closed before its settings")));
  }));
  return session;
}

/// Begins a request: {stream, head (of the answer, a promise), response (all of it, a promise)}.
export function begin(session, fields, body) {
  const stream = session.request({ ":path": "/", ...fields }, { endStream: body === undefined && !["POST", "PUT"].includes(fields[":method"]) });
  const seen = { stream, body: [], interim: [], trailers: undefined };
  stream.on("headers", (head) => seen.interim.push(head));
  stream.on("trailers", (trailers) => { seen.trailers = trailers; });
  stream.on("data", (bytes) => seen.body.push(bytes));
  seen.head = new Promise((resolve, reject) => {
    stream.on("response", resolve);
    stream.on("error", reject);
    stream.on("close", () => reject(new Error(`the stream was reset with ${stream.rstCode}`)));
  });
  seen.head.catch(() => {});
  seen.response = new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.on("close", async () => {
      try {
        const head = await seen.head;
        if (stream.rstCode !== 0) throw new Error(`the stream was reset with ${stream.rstCode}`);
        resolve({ status: head[":status"], head, body: Buffer.concat(seen.body), trailers: seen.trailers, interim: seen.interim });
      } catch (error) {
        reject(error);
      }
    });
  });
  seen.response.catch(() => {});
  if (body !== undefined) stream.end(body);
  return seen;
}

/// The whole answer to one request.
export const ask = (session, fields, body) => within("an answer", begin(session, fields, body).response);

// ---- frames

export const types = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8, continuation: 9 };
export const endStream = 1;
export const endHeaders = 4;

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  Buffer.from(payload).copy(bytes, 9);
  return bytes;
}

export function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/// Literals without indexing (RFC 7541 section 6.2.2), each under 127 bytes.
export function block(fields) {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0, name.length), Buffer.from(name, "latin1"), Buffer.of(value.length), Buffer.from(value, "latin1")]));
}

/// The field block of a request.
export const request = (method, authority, path, more = []) => block([[":method", method], [":scheme", "https"], [":authority", authority], [":path", path], ...more]);

/// The status at the beginning of a connection's field block: an index of the static table, or a literal of digits, which the
/// Huffman code writes with five bits (0 to 2) or six (RFC 7541 appendices A and B). Later ones may be entries of the dynamic table.
export function statusIn(bytes) {
  let at = 0;
  while ((bytes[at] & 0xe0) === 0x20) at += bytes[at] === 0x3f ? 1 + bytes.subarray(at + 1).findIndex((byte) => byte < 0x80) + 1 : 1; // sizes of the table
  if (bytes[at] & 0x80) return { 8: "200", 9: "204", 10: "206", 11: "304", 12: "400", 13: "404", 14: "500" }[bytes[at] & 0x7f];
  const length = bytes[at + 1] & 0x7f;
  const text = bytes.subarray(at + 2, at + 2 + length);
  if (!(bytes[at + 1] & 0x80)) return text.toString();
  let bits = [...text].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let digits = "";
  while (digits.length < 3) {
    const isShort = bits.startsWith("000");
    digits += isShort ? Number.parseInt(bits.slice(0, 5), 2) : Number.parseInt(bits.slice(0, 6), 2) - 22;
    bits = bits.slice(isShort ? 5 : 6);
  }
  return digits;
}

/// A client of frames: preface and SETTINGS are sent, unless `settings` is null. `goaway` is the code of the server's, once it came;
/// `resets` its RST_STREAMs, `pongs` its answers to PING; status(stream) and dataOf(stream) what it answered.
export async function connectFrames(t, port, host = "other.test", settings = Buffer.alloc(0)) {
  const socket = tls.connect({ port, host: "127.0.0.1", servername: host, ca: authority().pem, ALPNProtocols: ["h2"] });
  const client = { socket, frames: [], resets: [], pongs: [], statuses: new Map(), heads: 0, closed: false, goaway: undefined };
  socket.on("error", () => {});
  socket.on("close", () => { client.closed = true; });
  cleanup(t, () => socket.destroy());
  await within("a handshake", new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject)));
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const payload = rest.subarray(9, 9 + rest.readUIntBE(0, 3));
      if (rest[3] === types.reset) client.resets.push({ stream: rest.readUInt32BE(5), code: payload.readUInt32BE(0) });
      const stream = rest.readUInt32BE(5);
      client.frames.push({ type: rest[3], flags: rest[4], stream, payload: Buffer.from(payload) });
      if (rest[3] === types.headers) {
        ++client.heads;
        if (!client.statuses.has(stream)) client.statuses.set(stream, statusIn(payload));
      }
      if (rest[3] === types.ping && (rest[4] & 1)) client.pongs.push(payload.toString("latin1"));
      if (rest[3] === types.goaway) client.goaway = payload.readUInt32BE(4);
      rest = rest.subarray(9 + payload.length);
    }
  });
  client.send = (...frames) => new Promise((resolve) => (socket.destroyed ? resolve() : socket.write(Buffer.concat(frames), () => resolve())));
  client.ended = (limit) => until("the end of the connection", () => client.closed, limit);
  client.status = (stream) => client.statuses.get(stream);
  client.dataOf = (stream) => Buffer.concat(client.frames.filter((each) => each.type === types.data && each.stream === stream).map(({ payload }) => payload));
  if (settings !== null) await client.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(types.settings, 0, 0, settings), frame(types.settings, 1, 0));
  return client;
}
