// WebSockets: an origin of npm ws, and a client that opens them over HTTP/2 (RFC 8441) and writes frames by itself.
import { randomBytes } from "node:crypto";
import http from "node:http";
import http2 from "node:http2";

import { WebSocketServer } from "ws";

import { cleanup } from "./cleanup.mjs";
import { until, within } from "./wait.mjs";

/// An origin that echoes on every socket and serves `page` elsewhere. `sockets` are those of the server, with `request` and, once
/// it ended, `code`.
export async function startSocketOrigin(t, { page = "<!doctype html><title>page</title>", onSocket } = {}) {
  const server = http.createServer((_, response) => response.setHeader("Content-Type", "text/html").end(page));
  const sockets = new WebSocketServer({ server, perMessageDeflate: true });
  const origin = { sockets: [], server: sockets };
  sockets.on("connection", (socket, request) => {
    origin.sockets.push(socket);
    socket.request = request;
    socket.on("error", () => {});
    socket.on("close", (code) => { socket.code = code; });
    if (onSocket) return onSocket(socket);
    socket.on("message", (bytes, binary) => socket.send(bytes, { binary }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => { for (const socket of sockets.clients) socket.terminate(); sockets.close(); server.close(); server.closeAllConnections?.(); });
  origin.url = `http://127.0.0.1:${server.address().port}`;
  return origin;
}

/// An origin of HTTP/2 (h2c) that takes sockets by extended CONNECT (RFC 8441), unless `takesSockets` is false, and echoes what
/// is in their frames. `sockets`: {headers, stream, ended}.
export async function startH2SocketOrigin(t, { takesSockets = true } = {}) {
  const server = http2.createServer({ settings: takesSockets ? { enableConnectProtocol: true } : {} });
  const origin = { sockets: [], sessions: 0 };
  const open = new Set();
  server.on("session", (session) => { ++origin.sessions; open.add(session); session.on("error", () => {}); session.on("close", () => open.delete(session)); });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":protocol"] !== "websocket") return stream.respond({ ":status": 200 }, {}), stream.end("a page");
    const socket = { headers, stream, ended: false };
    origin.sockets.push(socket);
    stream.respond({ ":status": 200 });
    let bytes = Buffer.alloc(0);
    stream.on("data", (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (const { opcode, payload, size } of clientFrames(bytes)) {
        stream.write(serverFrame(opcode, payload));
        bytes = bytes.subarray(size);
        if (opcode === 8) stream.end();
      }
    });
    stream.on("end", () => { socket.ended = true; stream.end(); });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => { for (const session of open) session.destroy(); server.close(); });
  origin.url = `h2c://127.0.0.1:${server.address().port}`;
  return origin;
}

/// The whole frames in `bytes` as a client sends them: {opcode, payload, size}; `size` with its head.
function clientFrames(bytes) {
  const frames = [];
  for (let at = 0; bytes.length - at >= 2;) {
    const short = bytes[at + 1] & 0x7f;
    const front = (short < 126 ? 2 : short === 126 ? 4 : 10) + 4;
    if (bytes.length - at < front) break;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at < front + size) break;
    const mask = bytes.subarray(at + front - 4, at + front);
    frames.push({ opcode: bytes[at] & 0x0f, payload: bytes.subarray(at + front, at + front + size).map((byte, i) => byte ^ mask[i % 4]), size: front + size });
    at += front + size;
  }
  return frames;
}

/// A frame as a server sends it.
function serverFrame(opcode, payload) {
  const { length } = payload;
  const head = length < 126 ? Buffer.of(0x80 | opcode, length) : length < 65536 ? Buffer.of(0x80 | opcode, 126, length >> 8, length & 255) : Buffer.concat([Buffer.of(0x80 | opcode, 127), Buffer.alloc(8)]);
  if (length >= 65536) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/// A frame as a client sends it: masked (RFC 6455 section 5.3).
export function clientFrame(opcode, payload, final = true) {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 126 ? Buffer.of(bytes.length | 0x80) : bytes.length < 65536 ? Buffer.of(0xfe, bytes.length >> 8, bytes.length & 255) : Buffer.concat([Buffer.of(0xff), Buffer.alloc(8)]);
  if (length.length === 9) length.writeBigUInt64BE(BigInt(bytes.length), 1);
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.of((final ? 0x80 : 0) | opcode), length, mask, bytes.map((byte, i) => byte ^ mask[i % 4])]);
}

/// The whole frames in `bytes` as a server sends them: {opcode, payload}.
export function serverFrames(bytes) {
  const frames = [];
  for (let at = 0; bytes.length - at >= 2;) {
    const short = bytes[at + 1] & 0x7f;
    const front = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length - at < front) break;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at < front + size) break;
    frames.push({ opcode: bytes[at] & 0x0f, payload: bytes.subarray(at + front, at + front + size) });
    at += front + size;
  }
  return frames;
}

/// Asks for a socket on a session of connectH2. {stream, head, frames(), closeCode(), ended}; `status` once it was answered.
export async function openOverH2(session, fields) {
  await until("extended CONNECT", () => session.remoteSettings?.enableConnectProtocol);
  const stream = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/socket", "sec-websocket-version": "13", ...fields }, { endStream: false });
  const socket = { stream, received: [], ended: false, closed: false };
  stream.on("data", (bytes) => socket.received.push(bytes));
  stream.on("end", () => { socket.ended = true; });
  stream.on("close", () => { socket.closed = true; });
  stream.on("error", () => {});
  socket.head = await within("an answer to the handshake", new Promise((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("close", () => reject(new Error(`reset with ${stream.rstCode}`)));
  }));
  socket.status = socket.head[":status"];
  socket.bytes = () => Buffer.concat(socket.received);
  socket.frames = () => serverFrames(socket.bytes());
  socket.close = () => socket.frames().find((frame) => frame.opcode === 8);
  socket.closeCode = () => socket.close()?.payload.readUInt16BE(0);
  return socket;
}
