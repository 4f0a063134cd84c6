// Origins that speak HTTP/2: Node's own server for what is right, frames as bytes for what is not.
import http2 from "node:http2";
import net from "node:net";
import { readFileSync } from "node:fs";

import { cleanup } from "./cleanup.mjs";
import { certificateFor } from "./run_folder.mjs";

/// Node's server with `handler(stream, headers)`. options: tls (names of its certificate), server (options of Node's). It
/// counts its sessions; `url` is for `to`.
export async function startH2Origin(t, handler, options = {}) {
  const files = options.tls ? certificateFor(options.tls) : undefined;
  const server = files
    ? http2.createSecureServer({ key: readFileSync(files.key), cert: readFileSync(files.certificate), ...options.server })
    : http2.createServer(options.server ?? {});
  const origin = { server, sessions: [], streams: 0 };
  server.on("session", (session) => {
    origin.sessions.push(session);
    session.on("error", () => {});
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream, headers) => {
    ++origin.streams;
    stream.on("error", () => {});
    handler(stream, headers);
  });
  await new Promise((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  origin.port = server.address().port;
  origin.url = `${files ? "h2" : "h2c"}://${options.host ?? "127.0.0.1"}:${origin.port}`;
  origin.close = () => {
    for (const session of origin.sessions) session.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  cleanup(t, origin.close);
  return origin;
}

/// An answer with `body`; `trailers` behind it where there are any.
export function reply(stream, status, body = "", { fields = {}, trailers } = {}) {
  stream.respond({ ":status": status, ...fields }, { waitForTrailers: Boolean(trailers) });
  if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(body);
}

/// Says back what came, body included.
export function echo(stream, headers) {
  const parts = [];
  stream.on("data", (bytes) => parts.push(bytes));
  stream.on("end", () => reply(stream, 200, JSON.stringify({ headers, sensitive: undefined, body: Buffer.concat(parts).toString("latin1") })));
}

const prefaceBytes = 24;

/// An origin of bytes: `onFrame({type, flags, stream, payload}, connection)` for each frame that comes, connection.send() to
/// say anything. `greet` (bytes) is said first.
export async function startFrameOrigin(t, { greet, onFrame = () => {} }) {
  const origin = { connections: [] };
  const server = net.createServer((socket) => {
    const connection = { socket, frames: [], send: (bytes) => socket.write(bytes) };
    origin.connections.push(connection);
    let rest = Buffer.alloc(0);
    let toSkip = prefaceBytes;
    if (greet) connection.send(greet);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      const skipped = Math.min(toSkip, rest.length);
      toSkip -= skipped;
      rest = rest.subarray(skipped);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3);
        const frame = { type: rest[3], flags: rest[4], stream: rest.readUInt32BE(5) & 0x7fffffff, payload: rest.subarray(9, 9 + length) };
        rest = rest.subarray(9 + length);
        connection.frames.push(frame);
        onFrame(frame, connection);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin.port = server.address().port;
  origin.url = `h2c://127.0.0.1:${origin.port}`;
  cleanup(t, () => {
    for (const { socket } of origin.connections) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return origin;
}
