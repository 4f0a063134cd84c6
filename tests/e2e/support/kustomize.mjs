// Kustomizations as kustomize renders them, as far as packaging/kubernetes uses it: resources, patches of a file each (strategic
// merge by kind and name, of maps), configMapGenerator of files, images. Whatever else a kustomization says is an error.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import YAML from "yaml";

const file = "kustomization.yaml";
const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/// The documents of a YAML text. What YAML 1.1, which Kubernetes reads, takes for something else than YAML 1.2 does (`on`, 0440) is
/// an error, and so are keys that stand twice, anchors, tags and documents that are no map.
export function documents(text, name) {
  const read = (version) => YAML.parseAllDocuments(text, { version, strict: true, uniqueKeys: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(`${name}: ${problem.message}`);
    YAML.visit(document, { Alias: () => { throw new Error(`${name}: an alias`); } });
    return document.toJS();
  });
  const all = read("1.2");
  if (JSON.stringify(all) !== JSON.stringify(read("1.1"))) throw new Error(`${name}: a value that YAML 1.1 and 1.2 read differently`);
  for (const one of all) if (!isMap(one)) throw new Error(`${name}: a document that is no map`);
  return all;
}

function only(map, allowed, name) {
  for (const key of Object.keys(map)) if (!allowed.includes(key)) throw new Error(`${name}: ${key} is not rendered here`);
  return map;
}

export const idOf = (object) => `${object.kind} ${object.metadata?.namespace ?? "-"}/${object.metadata?.name}`;

function add(all, objects, name) {
  for (const object of objects) {
    if (all.some((one) => idOf(one) === idOf(object))) throw new Error(`${name}: ${idOf(object)} is there twice`);
    all.push(object);
  }
}

const whole = ["ingress"]; // lists that a patch replaces: rules of a NetworkPolicy have no key to be merged by

/// Maps are merged, null takes a key away, all else replaces. Other lists would be merged by keys of their own: refused.
function merge(target, patch, name) {
  for (const [key, value] of Object.entries(patch)) {
    if ((Array.isArray(value) && !whole.includes(key)) || key.startsWith("$")) throw new Error(`${name}: ${key}: only maps are merged here`);
    if (value === null) delete target[key];
    else if (isMap(value)) target[key] = merge(isMap(target[key]) ? target[key] : {}, value, name);
    else target[key] = value;
  }
  return target;
}

/// The end of a generated name: the first ten digits of the content's SHA-256, with letters that spell no words. kustomize hashes it
/// before the object has a name.
function hashOf(data) {
  const sorted = Object.fromEntries(Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1)));
  const text = JSON.stringify({ data: sorted, kind: "ConfigMap", name: "" }).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const letters = { 0: "g", 1: "h", 3: "k", a: "m", e: "t" };
  return createHash("sha256").update(text).digest("hex").slice(0, 10).replace(/[013ae]/g, (digit) => letters[digit]);
}

function generate(folder, { name, namespace, files }) {
  const data = Object.fromEntries(files.map((one) => [path.basename(one), readFileSync(path.join(folder, one), "utf8")]));
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-${hashOf(data)}`, ...(namespace ? { namespace } : {}) }, data };
}

function everyMap(value, visit) {
  if (isMap(value)) visit(value);
  if (value !== null && typeof value === "object") for (const part of Object.values(value)) everyMap(part, visit);
}

/// Volumes and variables that name the ConfigMap get its new name.
function rename(objects, from, to) {
  let found = 0;
  for (const object of objects) {
    everyMap(object, (map) => {
      for (const key of ["configMap", "configMapRef", "configMapKeyRef"]) {
        if (isMap(map[key]) && map[key].name === from) { map[key].name = to; ++found; }
      }
    });
  }
  return found;
}

function setImages(objects, images) {
  for (const { name, newName = name, newTag } of images) {
    let found = 0;
    for (const object of objects) {
      everyMap(object, (map) => {
        if (map.image !== name) return;
        map.image = newTag === undefined ? newName : `${newName}:${newTag}`;
        ++found;
      });
    }
    if (!found) throw new Error(`images: nobody uses ${name}`);
  }
}

/// The objects of the kustomization in `folder`.
export function render(folder) {
  const name = path.join(folder, file);
  const [kustomization, ...more] = documents(readFileSync(name, "utf8"), name);
  only(kustomization, ["apiVersion", "kind", "resources", "configMapGenerator", "images", "patches"], name);
  if (more.length || kustomization.apiVersion !== "kustomize.config.k8s.io/v1beta1" || kustomization.kind !== "Kustomization") throw new Error(`${name}: no kustomization`);
  const objects = [];
  for (const resource of kustomization.resources ?? []) {
    const place = path.join(folder, resource);
    add(objects, statSync(place).isDirectory() ? render(place) : documents(readFileSync(place, "utf8"), place), name);
  }
  for (const patch of kustomization.patches ?? []) {
    const place = path.join(folder, only(patch, ["path"], name).path);
    for (const change of documents(readFileSync(place, "utf8"), place)) {
      const target = objects.find((one) => idOf(one) === idOf(change) && one.apiVersion === change.apiVersion);
      if (!target) throw new Error(`${place}: there is no ${idOf(change)}`);
      merge(target, change, place);
    }
  }
  for (const generator of kustomization.configMapGenerator ?? []) {
    const made = generate(folder, only(generator, ["name", "namespace", "files"], name));
    if (!rename(objects, generator.name, made.metadata.name)) throw new Error(`${name}: nobody uses the ConfigMap ${generator.name}`);
    add(objects, [made], name);
  }
  setImages(objects, (kustomization.images ?? []).map((image) => only(image, ["name", "newName", "newTag"], name)));
  return objects;
}

export const isKustomization = (folder) => existsSync(path.join(folder, file));
