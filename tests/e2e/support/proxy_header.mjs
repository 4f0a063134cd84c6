// PROXY headers as a balancer writes them, and as none should.

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/// Version 1: one line.
export function version1(source, destination = "198.51.100.2", ports = [57090, 443]) {
  const family = source.includes(":") ? "TCP6" : "TCP4";
  return Buffer.from(`PROXY ${family} ${source} ${destination} ${ports.join(" ")}\r\n`, "latin1");
}

/// Version 2 from its parts: the command and family bytes, the block behind them. `length` lies about it.
export function version2({ command = 0x21, family = 0x11, block = Buffer.alloc(0), length = block.length } = {}) {
  return Buffer.concat([signature, Buffer.from([command, family, length >> 8, length & 0xff]), block]);
}

/// The block of two IPv4 addresses.
export function ends4(source, destination = "198.51.100.2", ports = [57090, 443]) {
  return Buffer.concat([bytesOf(source), bytesOf(destination), ...ports.map(big16)]);
}

/// The block of two IPv6 addresses, given as 16 bytes in hexadecimal.
export function ends6(source, destination = "20010db8000000000000000000000002", ports = [57090, 443]) {
  return Buffer.concat([Buffer.from(source, "hex"), Buffer.from(destination, "hex"), ...ports.map(big16)]);
}

export function tlv(type, value) {
  return Buffer.concat([Buffer.from([type]), big16(value.length), value]);
}

function bytesOf(address) { return Buffer.from(address.split(".").map(Number)); }
function big16(number) { return Buffer.from([number >> 8, number & 0xff]); }
