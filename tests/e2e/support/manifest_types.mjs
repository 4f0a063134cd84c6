// Whether an object is one that the API servers of our range would take as it stands: types (kubernetes-models), fields that nobody
// knows, versions that are not served any more, fields that the oldest of them does not know yet.
const isObject = (value) => value !== null && typeof value === "object";

/// Kubernetes 1.27 to 1.34 all serve these. What is missing was removed (policy/v1beta1, autoscaling/v2beta2, …) or came later.
export const served = {
  v1: ["ConfigMap", "Namespace", "Secret", "Service", "ServiceAccount"],
  "apps/v1": ["Deployment"],
  "autoscaling/v2": ["HorizontalPodAutoscaler"],
  "networking.k8s.io/v1": ["NetworkPolicy"],
  "policy/v1": ["PodDisruptionBudget"],
  "rbac.authorization.k8s.io/v1": ["Role", "RoleBinding"],
  "monitoring.coreos.com/v1": ["PodMonitor"],
};

/// Fields that came after 1.27 (in it: on by default), by the end of their path. Older servers drop them, or refuse the object.
const tooNew = [
  [/\/lifecycle\/\w+\/sleep$/, "1.30"], [/\/lifecycle\/stopSignal$/, "1.33"], [/\/initContainers\/\d+\/restartPolicy$/, "1.29"],
  [/\/containers\/\d+\/restartPolicy(Rules)?$/, "1.34"], [/\/resizePolicy$/, "1.33"], [/\/appArmorProfile$/, "1.30"],
  [/\/supplementalGroupsPolicy$/, "1.33"], [/\/seLinuxChangePolicy$/, "1.33"], [/\/hostUsers$/, "1.30"], [/\/volumes\/\d+\/image$/, "1.33"],
  [/\/recursiveReadOnly$/, "1.30"], [/\/clusterTrustBundle$/, "1.33"], [/^\/spec\/trafficDistribution$/, "1.31"],
  [/^\/spec\/template\/spec\/resources$/, "1.34"], [/\/hostnameOverride$/, "1.34"], [/\/fileKeyRef$/, "1.34"], [/\/podReplacementPolicy$/, "1.34"],
  [/^\/spec\/behavior\/scale(Up|Down)\/tolerance$/, "1.33"], [/Affinity\/.*\/(mis)?matchLabelKeys$/, "1.31"],
];

/// Kinds of other operators, for which nobody ships types: their fields as a tree. `true` is a scalar, a list holds its elements' shape.
const others = {
  "external-secrets.io/v1 SecretStore": { provider: { scaleway: { region: true, projectId: true, accessKey: { secretRef: { name: true, key: true } }, secretKey: { secretRef: { name: true, key: true } } } } },
  "external-secrets.io/v1 ExternalSecret": { refreshInterval: true, secretStoreRef: { kind: true, name: true }, target: { name: true, creationPolicy: true }, data: [{ secretKey: true, remoteRef: { key: true, version: true } }] },
  "kustomize.toolkit.fluxcd.io/v1 Kustomization": { interval: true, path: true, prune: true, wait: true, sourceRef: { kind: true, name: true }, decryption: { provider: true, secretRef: { name: true } } },
};

/// The same value; `seen` gets the path of each field that somebody asks for.
function watched(value, seen, at = "") {
  if (!isObject(value)) return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== "string") return target[key];
      seen.add(`${at}/${key}`);
      return watched(target[key], seen, `${at}/${key}`);
    },
  });
}

function* fields(value, at = "") {
  if (!isObject(value)) return;
  for (const [key, part] of Object.entries(value)) {
    yield [`${at}/${key}`, part];
    yield* fields(part, `${at}/${key}`);
  }
}

async function modelOf({ apiVersion, kind }) {
  const name = apiVersion.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
  return (await import(`${name}/${apiVersion}/${kind}`))[kind];
}

function* misfits(value, shape, at) {
  if (shape === true) {
    if (isObject(value)) yield `${at}: expected a single value`;
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value)) yield `${at}: expected a list`;
    else for (const [i, part] of value.entries()) yield* misfits(part, shape[0], `${at}/${i}`);
  } else if (!isObject(value) || Array.isArray(value)) {
    yield `${at}: expected a map`;
  } else {
    for (const [key, part] of Object.entries(value)) {
      if (Object.hasOwn(shape, key)) yield* misfits(part, shape[key], `${at}/${key}`);
      else yield `${at}/${key}: there is no such field`;
    }
  }
}

/// What is wrong with the object, a sentence each.
export async function typeFaults(object) {
  const faults = [];
  const type = `${object.apiVersion} ${object.kind}`;
  if (others[type]) return [...misfits(object.spec, others[type], "/spec")];
  if (!served[object.apiVersion]?.includes(object.kind)) return [`${type} is not served by all of 1.27 to 1.34`];
  const seen = new Set();
  try {
    (await modelOf(object)).prototype.validate.call(watched(object, seen));
  } catch (error) {
    faults.push(error.message);
  }
  for (const [place, value] of fields(object)) {
    const parent = place.slice(0, place.lastIndexOf("/"));
    // A field is known if the validator of its object asked for it.
    if (!seen.has(place) && (parent === "" || seen.has(parent))) faults.push(`${place}: there is no such field`);
    if (value === null) faults.push(`${place}: has no value`);
    const since = tooNew.find(([pattern]) => pattern.test(place));
    if (since) faults.push(`${place}: is not there before ${since[1]}`);
  }
  return faults;
}
