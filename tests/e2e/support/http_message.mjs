// Bytes of HTTP/1 as messages, for the far ends of a test: reads one message after another and says exactly what came.
// Not a judge: it takes what is well framed and throws at the rest; fields keep their order, case and count.

/// The first value of a field, by its exact name without regard to case.
export function fieldOf(message, name) {
  return message.fields.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1];
}

/// All values of a field.
export function fieldsOf(message, name) {
  return message.fields.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/// Fields as a tolerant application (CGI, WSGI, PHP) sees them: every byte that is no letter or digit counts as a dash.
export function foldedFields(message) {
  const folded = new Map();
  for (const [name, value] of message.fields) {
    const key = name.toLowerCase().replace(/[^a-z0-9]/g, "-");
    folded.set(key, [...(folded.get(key) ?? []), value]);
  }
  return folded;
}

/// A path as a tolerant application sees it: decoded, parameters of segments dropped, case folded, dots resolved.
export function tolerantPath(target) {
  const decoded = decodeURIComponent(target.split(/[?#]/)[0]).replaceAll("\\", "/").toLowerCase();
  const kept = [];
  for (const segment of decoded.split("/").map((s) => s.split(";")[0])) {
    if (segment === "..") kept.pop();
    else if (segment !== "." && segment !== "") kept.push(segment);
  }
  return "/" + kept.join("/");
}

/// Reads messages from pushed bytes. `kind` is "request" or "response"; `on` may hold head(message), body(message, bytes)
/// and end(message). Bodies are kept in message.body unless `keepBodies` is false; then only message.bodyBytes counts.
export class MessageReader {
  constructor(kind, on = {}, { keepBodies = true } = {}) {
    this.kind = kind;
    this.on = on;
    this.keepBodies = keepBodies;
    this.pending = Buffer.alloc(0);
    this.state = "head";
    this.requestMethods = []; // of a response reader: what was asked, in order, since HEAD has no body
  }

  push(bytes) {
    this.pending = this.pending.length ? Buffer.concat([this.pending, bytes]) : bytes;
    while (this.step());
  }

  /// The connection has ended: a body that lasts until then is complete.
  close() {
    if (this.state === "until-close") this.finish();
  }

  step() {
    switch (this.state) {
      case "head": return this.readHead();
      case "length": return this.readLength();
      case "until-close": return this.readAll();
      case "chunk-size": return this.readChunkSize();
      case "chunk": return this.readChunk();
      case "trailers": return this.readTrailers();
      default: throw new Error(`no state ${this.state}`);
    }
  }

  readHead() {
    const end = this.pending.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const raw = this.pending.subarray(0, end + 4).toString("latin1");
    this.pending = this.pending.subarray(end + 4);
    const [start, ...lines] = raw.slice(0, -4).split("\r\n");
    const fields = lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
    });
    this.message = { start, fields, raw, body: Buffer.alloc(0), bodyBytes: 0, trailers: [], parts: [] };
    if (this.kind === "request") [this.message.method, this.message.target, this.message.version] = start.split(" ");
    else this.message.status = Number(start.split(" ")[1]);
    this.on.head?.(this.message);
    this.beginBody();
    return true;
  }

  beginBody() {
    const { message } = this;
    const length = fieldOf(message, "content-length");
    const chunked = (fieldOf(message, "transfer-encoding") ?? "").toLowerCase() === "chunked";
    if (this.kind === "response") {
      const interim = message.status < 200;
      const method = interim ? undefined : this.requestMethods.shift();
      if (message.status === 101) return this.enter("until-close");
      if (interim || message.status === 204 || message.status === 304 || method === "HEAD") return this.finish();
    }
    if (chunked) return this.enter("chunk-size");
    if (length !== undefined) {
      this.left = Number(length);
      return this.left === 0 ? this.finish() : this.enter("length");
    }
    return this.kind === "request" ? this.finish() : this.enter("until-close");
  }

  enter(state) {
    this.state = state;
  }

  take(count) {
    const bytes = this.pending.subarray(0, count);
    this.pending = this.pending.subarray(bytes.length);
    this.message.bodyBytes += bytes.length;
    if (this.keepBodies) this.message.parts.push(bytes);
    this.on.body?.(this.message, bytes);
    return bytes.length;
  }

  readLength() {
    if (this.pending.length === 0) return false;
    this.left -= this.take(this.left);
    if (this.left === 0) this.finish();
    return true;
  }

  readAll() {
    if (this.pending.length === 0) return false;
    this.take(this.pending.length);
    return true;
  }

  readChunkSize() {
    const end = this.pending.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.pending.subarray(0, end).toString("latin1");
    if (!/^[0-9a-fA-F]+(;.*)?$/.test(line)) throw new Error(`no chunk size: ${JSON.stringify(line)}`);
    this.pending = this.pending.subarray(end + 2);
    this.left = parseInt(line, 16);
    this.enter(this.left === 0 ? "trailers" : "chunk");
    return true;
  }

  readChunk() {
    if (this.left > 0) {
      if (this.pending.length === 0) return false;
      this.left -= this.take(this.left);
      return true;
    }
    if (this.pending.length < 2) return false;
    if (this.pending.subarray(0, 2).toString("latin1") !== "\r\n") throw new Error("a chunk without its end");
    this.pending = this.pending.subarray(2);
    this.enter("chunk-size");
    return true;
  }

  readTrailers() {
    const end = this.pending.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.pending.subarray(0, end).toString("latin1");
    this.pending = this.pending.subarray(end + 2);
    if (line === "") this.finish();
    else this.message.trailers.push(line);
    return true;
  }

  finish() {
    const { message } = this;
    message.body = Buffer.concat(message.parts);
    delete message.parts;
    this.state = "head";
    this.on.end?.(message);
  }
}
