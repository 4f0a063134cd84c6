// WebSockets: an origin of npm ws, and a client that opens them over HTTP/2 (RFC 8441) and writes frames by itself.
import { randomBytes } from "node:crypto";
import http from "node:http";

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
