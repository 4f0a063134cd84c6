// A client of bytes: sends what it is told, may stop at any byte, and reads answers one by one.
import net from "node:net";
import tls from "node:tls";

import { cleanup } from "./cleanup.mjs";
import { MessageReader } from "./http_message.mjs";
import { authority } from "./run_folder.mjs";
import { seconds, until, within } from "./wait.mjs";

export class RawClient {
  constructor(socket, tcp) {
    this.socket = socket;
    this.tcp = tcp; // below TLS
    this.responses = []; // final ones
    this.interim = [];
    this.received = [];
    this.closed = false; // the other side ended or reset
    this.taken = 0;
    this.reader = new MessageReader("response", { end: (message) => (message.status < 200 && message.status !== 101 ? this.interim : this.responses).push(message) });
    socket.on("data", (bytes) => {
      this.received.push(Buffer.from(bytes));
      this.reader.push(bytes);
    });
    const ended = () => {
      if (!this.closed) this.reader.close();
      this.closed = true;
    };
    socket.on("end", ended);
    socket.on("close", ended);
    socket.on("error", (error) => { this.error = error; ended(); });
  }

  /// All bytes received so far, as latin1 text.
  get text() {
    return Buffer.concat(this.received).toString("latin1");
  }

  /// Sends bytes as they are. `methods` names what is asked, so that an answer to HEAD is known to have no body.
  async send(bytes, methods = []) {
    this.reader.requestMethods.push(...methods);
    const buffer = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    if (this.socket.destroyed) return this;
    await new Promise((resolve) => this.socket.write(buffer, () => resolve()));
    return this;
  }

  /// Sends one byte a packet.
  async drip(bytes) {
    for (const byte of Buffer.from(bytes, "latin1")) await this.send(Buffer.of(byte));
    return this;
  }

  /// The next final answer.
  async response(limit = seconds(10)) {
    const index = this.taken++;
    await until("an answer", () => this.responses.length > index || this.closed, limit);
    if (this.responses.length <= index) throw new Error(`closed without an answer: ${JSON.stringify(this.text.slice(-300))} ${this.error ?? ""}`);
    return this.responses[index];
  }

  /// Waits until the other side has closed.
  async ended(limit = seconds(10)) {
    await until("the end of the connection", () => this.closed, limit);
    return this;
  }

  /// Half-closes: no more bytes from here.
  end() { this.socket.end(); }
  /// Ends with a TCP reset, under TLS as well.
  reset() {
    if (this.tcp) this.tcp.resetAndDestroy();
    else this.socket.resetAndDestroy();
    this.socket.destroy();
  }
  close() { this.socket.destroy(); }
}

/// Connects to 127.0.0.1 over TCP; closed with the test. options: localAddress (another 127.x.y.z to come from).
export async function connectPlain(t, port, options = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true, ...options });
  await within("a connection", new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject)));
  const client = new RawClient(socket);
  cleanup(t, () => client.close());
  return client;
}

/// Connects over TLS. options: servername, ALPNProtocols and whatever tls.connect takes; the certificate is verified.
/// Besides: preface (bytes in front of the handshake), localAddress.
export async function connectTls(t, port, { preface, localAddress, ...options } = {}) {
  const tcp = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true, localAddress });
  if (preface) tcp.write(preface);
  const socket = tls.connect({ socket: tcp, ca: authority().pem, allowHalfOpen: true, ALPNProtocols: ["http/1.1"], ...options });
  tcp.on("error", () => {});
  await within("a handshake", new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject)));
  const client = new RawClient(socket, tcp);
  cleanup(t, () => client.close());
  return client;
}
