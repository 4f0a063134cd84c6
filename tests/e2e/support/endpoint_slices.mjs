// EndpointSlices as a Kubernetes API server serves them: lists in pages, watches as lines of JSON in chunks, versions of which
// the old ones are kept no more, bookmarks, time-outs.

const labelOf = (service) => ({ "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" });
const gone = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: "too old resource version", reason: "Expired", code: 410 };

export class EndpointSlices {
  /// `owner` counts versions for all objects of the API.
  constructor(owner) {
    this.owner = owner;
    this.slices = new Map(); // by namespace/name
    this.history = []; // [version, type, object]
    this.forgottenUntil = 0;
    this.watches = new Set();
    this.lists = 0;
    this.watched = 0; // all that ever were
    this.begun = []; // versions that watches began from
    this.hang = false; // a watch gets nothing at all
  }

  /// Puts the slice of a service: endpoints as addresses, or as objects of the API. ports: {name: number}.
  put(space, service, endpoints, { name = `${service}-1`, ports = { http: 80 } } = {}) {
    const place = `${space}/${name}`;
    const type = this.slices.has(place) ? "MODIFIED" : "ADDED";
    const made = endpoints.map((one) => (typeof one === "string" ? { addresses: [one], conditions: { ready: true, serving: true, terminating: false } } : one));
    const object = {
      kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1",
      metadata: { name, namespace: space, uid: place, labels: labelOf(service), resourceVersion: String(++this.owner.version) },
      addressType: "IPv4", endpoints: made.length === 0 ? null : made,
      ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, protocol: "TCP" })),
    };
    this.slices.set(place, object);
    this.tell(type, object);
  }

  remove(space, name) {
    const object = this.slices.get(`${space}/${name}`);
    this.slices.delete(`${space}/${name}`);
    this.tell("DELETED", { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.owner.version) } });
  }

  tell(type, object) {
    this.history.push([this.owner.version, type, object]);
    for (const watch of this.watches) this.send(watch, type, object);
  }

  /// As etcd compacts: who watches from an older version is told 410.
  forget() {
    this.forgottenUntil = this.owner.version;
    this.history = [];
  }

  bookmark() {
    for (const watch of this.watches) this.line(watch, { type: "BOOKMARK", object: { kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1", metadata: { resourceVersion: String(this.owner.version) } } });
  }

  /// Ends all watches: in order, as a time-out does; "broken", as a server that is killed.
  endWatches(how = "order") {
    for (const watch of this.watches) {
      if (how === "order") watch.response.end();
      else watch.response.socket.destroy();
    }
    this.watches.clear();
  }

  /// Says anything to all watches.
  say(text) { for (const watch of this.watches) watch.response.write(text); }

  serve(url, response) {
    const space = /namespaces\/([^/]+)\/endpointslices$/.exec(url.pathname)[1];
    const [, service] = url.searchParams.get("labelSelector").split("=");
    if (url.searchParams.get("watch") === "1") return this.watch(space, service, url, response);
    ++this.lists;
    const mine = [...this.slices].filter(([, object]) => this.isOf(object, space, service)).map(([place]) => place).sort();
    const from = url.searchParams.get("continue") ?? "";
    const rest = mine.filter((place) => place >= from);
    const page = rest.slice(0, this.owner.pageSize);
    const items = page.map((place) => { const { kind: _kind, apiVersion: _version, ...object } = this.slices.get(place); return object; });
    const metadata = { resourceVersion: String(this.owner.version), ...(rest.length > page.length ? { continue: rest[page.length] } : {}) };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ kind: "EndpointSliceList", apiVersion: "discovery.k8s.io/v1", metadata, items }));
  }

  watch(space, service, url, response) {
    ++this.watched;
    const from = Number(url.searchParams.get("resourceVersion"));
    this.begun.push(from);
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    const watch = { space, service, response };
    if (this.hang) return;
    if (from < this.forgottenUntil) {
      this.line(watch, { type: "ERROR", object: gone });
      return response.end();
    }
    for (const [version, type, object] of this.history) if (version > from) this.send(watch, type, object);
    this.watches.add(watch);
    response.on("close", () => this.watches.delete(watch));
  }

  isOf(object, space, service) { return object.metadata.namespace === space && object.metadata.labels["kubernetes.io/service-name"] === service; }
  send(watch, type, object) { if (this.isOf(object, watch.space, watch.service)) this.line(watch, { type, object }); }
  line(watch, event) { watch.response.write(`${JSON.stringify(event)}\n`); }
}
