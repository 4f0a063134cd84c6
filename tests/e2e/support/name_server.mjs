// A name server of the test's own on 127.0.0.1: A records from a table that the test changes, everything else does not exist.
import dgram from "node:dgram";

import { cleanup } from "./cleanup.mjs";

const typeA = 1;

/// The question of a query: {name, type, bytes}.
function questionOf(message) {
  const labels = [];
  let at = 12;
  while (message[at] !== 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + message[at]));
    at += 1 + message[at];
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), bytes: message.subarray(12, at + 5) };
}

function recordOf(address, ttl) {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(typeA, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(4, 10);
  return Buffer.concat([head, Buffer.from(address.split(".").map(Number))]);
}

class NameServer {
  constructor() {
    this.table = {}; // name: [address, …]; an unknown name does not exist
    this.ttl = 1;
    this.asked = {}; // how often, for A
    this.socket = dgram.createSocket("udp4");
    this.isSilent = false; // it hears, and says nothing
    this.socket.on("message", (message, from) => {
      const said = this.answer(message);
      if (!this.isSilent) this.socket.send(said, from.port, from.address);
    });
  }

  answer(message) {
    const question = questionOf(message);
    const known = this.table[question.name];
    const addresses = question.type === typeA ? known ?? [] : [];
    if (question.type === typeA) this.asked[question.name] = (this.asked[question.name] ?? 0) + 1;
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([head, question.bytes, ...addresses.map((address) => recordOf(address, this.ttl))]);
  }

  get address() { return `127.0.0.1:${this.socket.address().port}`; }
}

/// Starts one that ends with the test.
export async function startNameServer(t) {
  const server = new NameServer();
  await new Promise((resolve) => server.socket.bind(0, "127.0.0.1", resolve));
  cleanup(t, () => new Promise((resolve) => server.socket.close(resolve)));
  return server;
}
