// What must hold between the objects of one rendered overlay, and between them and gateway.yaml. Each rule gives sentences about what
// does not. `cluster` is {objects, config}: config is the effective one, as `gateway check --print` shows it.
const list = (value) => (value === undefined ? [] : [value].flat());
const matches = (selector, labels) => Object.keys(selector ?? {}).length > 0 && Object.entries(selector).every(([key, value]) => labels?.[key] === value);
const of = ({ objects }, kind) => objects.filter((one) => one.kind === kind);

/// Seconds of a duration of ours or of Go's; NaN if it is none.
export function secondsOf(text) {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(text));
  return found ? Number(found[1]) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 }[found[2]] : NaN;
}

function parts(cluster) {
  const [deployment] = of(cluster, "Deployment");
  const template = deployment.spec.template;
  return { deployment, template, pod: template.spec, container: template.spec.containers[0], labels: template.metadata.labels };
}

const portOf = (address) => Number(/:(\d+)$/.exec(address)?.[1]);

function* ports(cluster) {
  const { container } = parts(cluster);
  const open = Object.fromEntries(container.ports.map((one) => [one.name, one.containerPort]));
  for (const name of ["https", "http", "admin"]) {
    if (list(cluster.config.listen[name]).map(portOf).join() !== String(open[name])) yield `listen.${name} is not the container's port ${name}`;
  }
  const services = of(cluster, "Service");
  const balanced = services.filter((one) => one.spec.type === "LoadBalancer");
  if (balanced.length !== 1) yield `${balanced.length} Services of type LoadBalancer`;
  for (const { metadata, spec } of services) {
    if (!matches(spec.selector, parts(cluster).labels)) yield `Service ${metadata.name}: nobody has its labels`;
    for (const port of spec.ports) {
      if (open[port.targetPort] === undefined) yield `Service ${metadata.name}: no port of the container is called ${port.targetPort}`;
      if (port.protocol !== "TCP") yield `Service ${metadata.name}: ${port.protocol} does not get through the balancer`;
      if (port.targetPort === "admin") yield `Service ${metadata.name}: listen.admin is nobody's outside`;
    }
    const secure = spec.ports.find((port) => port.targetPort === "https");
    if (secure && secure.port !== cluster.config.listen.public_port) yield `listen.public_port is not the Service's ${secure.port}`;
  }
}

function* probes(cluster) {
  const { container, pod } = parts(cluster);
  const wanted = { startupProbe: "/livez", readinessProbe: "/readyz", livenessProbe: "/livez" };
  for (const [name, place] of Object.entries(wanted)) {
    const probe = container[name]?.httpGet;
    if (probe?.path !== place || probe.port !== "admin") yield `${name} does not ask listen.admin for ${place}`;
  }
  const { shutdown } = cluster.config;
  const delay = secondsOf(shutdown.delay);
  const { periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = container.readinessProbe ?? {};
  const noticed = periodSeconds * failureThreshold + timeoutSeconds;
  if (!(noticed <= delay)) yield `readiness is lost after ${noticed} s, and shutdown.delay is ${shutdown.delay}`;
  const hook = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
  const drain = hook + delay + secondsOf(shutdown.timeout);
  if (!(pod.terminationGracePeriodSeconds > drain)) yield `terminationGracePeriodSeconds ends a drain of ${drain} s`;
}

function* replicas(cluster) {
  const { deployment, labels, pod } = parts(cluster);
  const name = deployment.metadata.name;
  if (!matches(deployment.spec.selector.matchLabels, labels)) yield "the Deployment does not select its own pods";
  const [scaler] = of(cluster, "HorizontalPodAutoscaler").filter(({ spec }) => spec.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === name && spec.scaleTargetRef.apiVersion === deployment.apiVersion);
  if (!scaler) yield "no autoscaler has the Deployment as its target";
  if (scaler && deployment.spec.replicas !== undefined) yield "the Deployment and the autoscaler both say how many replicas there are";
  if ((scaler?.spec.minReplicas ?? deployment.spec.replicas ?? 1) < 2) yield "fewer than two replicas";
  const budget = of(cluster, "PodDisruptionBudget").find(({ spec }) => matches(spec.selector.matchLabels, labels));
  if (!budget) yield "no disruption budget is about these pods";
  if (budget?.spec.maxUnavailable !== 1) yield "the disruption budget does not let one replica go at a time";
  const { maxUnavailable, maxSurge } = deployment.spec.strategy.rollingUpdate ?? {};
  if (maxUnavailable !== 0 || !maxSurge) yield "a rollout takes replicas away before there are others";
  const spread = (pod.topologySpreadConstraints ?? []).filter((one) => matches(one.labelSelector.matchLabels, labels)).map((one) => one.topologyKey);
  for (const key of ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]) if (!spread.includes(key)) yield `replicas are not spread by ${key}`;
}

function* account(cluster) {
  const { pod, deployment } = parts(cluster);
  const space = deployment.metadata.namespace;
  const accounts = of(cluster, "ServiceAccount").map((one) => one.metadata.name);
  if (!accounts.includes(pod.serviceAccountName)) yield `there is no ServiceAccount ${pod.serviceAccountName}`;
  for (const { kind, metadata } of cluster.objects) if (/^Cluster/.test(kind)) yield `${kind} ${metadata.name}: rights beyond the namespace`;
  for (const { metadata, rules } of of(cluster, "Role")) {
    if (JSON.stringify(rules).includes('"*"')) yield `Role ${metadata.name}: everything of a kind`;
  }
  for (const { metadata, roleRef, subjects } of of(cluster, "RoleBinding")) {
    if (!of(cluster, "Role").some((role) => role.metadata.name === roleRef.name && role.metadata.namespace === metadata.namespace)) yield `RoleBinding ${metadata.name}: there is no Role ${roleRef.name}`;
    for (const { kind, name, namespace } of subjects) if (kind !== "ServiceAccount" || !accounts.includes(name) || namespace !== space) yield `RoleBinding ${metadata.name}: there is no ${kind} ${name}`;
  }
  for (const { kind, metadata } of cluster.objects) if (kind !== "Namespace" && metadata.namespace !== space) yield `${kind} ${metadata.name} is in another namespace`;
}

/// Pod Security "restricted", and a root file system that nobody writes to.
function* rights(cluster) {
  const { pod, container } = parts(cluster);
  const [namespace] = of(cluster, "Namespace");
  if (namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"] !== "restricted") yield "the namespace does not enforce the restricted standard";
  const ofPod = pod.securityContext ?? {};
  const ofContainer = container.securityContext ?? {};
  if (!ofPod.runAsNonRoot || !ofPod.runAsUser || ofContainer.runAsNonRoot === false || ofContainer.runAsUser === 0) yield "the pod may run as root";
  if (ofPod.seccompProfile?.type !== "RuntimeDefault") yield "no seccomp profile";
  if (ofContainer.allowPrivilegeEscalation !== false || ofContainer.privileged) yield "privileges can be gained";
  if (ofContainer.readOnlyRootFilesystem !== true) yield "the root file system can be written to";
  if (ofContainer.capabilities?.drop?.join() !== "ALL" || ofContainer.capabilities.add) yield "capabilities are left";
  for (const key of ["hostNetwork", "hostPID", "hostIPC"]) if (pod[key]) yield `${key} is on`;
  for (const volume of pod.volumes) if (!["configMap", "secret", "emptyDir", "projected"].some((kind) => volume[kind])) yield `volume ${volume.name}: none of the restricted kinds`;
  const { requests, limits } = container.resources ?? {};
  if (!requests?.cpu || !requests.memory || limits?.memory !== requests.memory) yield "resources are not said";
}

function filesOf(value) {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, part]) => (key === "file" && typeof part === "string" ? [part] : filesOf(part)));
}

/// Every file that gateway.yaml names is mounted, whole volumes at a time. `secrets`: the variants of the Secret, [{name, keys}].
function* mounts(cluster) {
  const { pod, container } = parts(cluster);
  const at = (kind) => container.volumeMounts.filter((mount) => pod.volumes.find((volume) => volume.name === mount.name)?.[kind]);
  for (const mount of container.volumeMounts) {
    if (mount.subPath) yield `${mount.mountPath}: what is mounted by subPath never changes`;
    if (!pod.volumes.some((volume) => volume.name === mount.name)) yield `${mount.mountPath}: there is no volume ${mount.name}`;
  }
  const file = container.command[container.command.indexOf("--config") + 1];
  const [config] = at("configMap").filter((mount) => file.startsWith(`${mount.mountPath}/`));
  const map = pod.volumes.find((volume) => volume.name === config?.name)?.configMap.name;
  const found = of(cluster, "ConfigMap").find((one) => one.metadata.name === map);
  if (found?.data["gateway.yaml"] === undefined || file !== `${config.mountPath}/gateway.yaml`) yield `${file} is in no ConfigMap`;
  const [secret] = at("secret");
  for (const named of filesOf(cluster.config)) {
    if (!named.startsWith(`${secret.mountPath}/`)) { yield `${named} is not mounted`; continue; }
    const key = named.slice(secret.mountPath.length + 1);
    for (const variant of cluster.secrets) if (!variant.keys.includes(key)) yield `${variant.name} has no ${key}`;
  }
  const variants = cluster.secrets.filter((variant) => variant.secret !== pod.volumes.find((volume) => volume.name === secret.name).secret.secretName);
  for (const variant of variants) yield `${variant.name} makes another Secret`;
  const sockets = list(cluster.config.listen.control).filter((one) => one !== "off");
  for (const socket of sockets) if (!at("emptyDir").some((mount) => socket.startsWith(`${mount.mountPath}/`))) yield `${socket}: nothing can be written there`;
}

const egressTo = (policies, space) => policies.flatMap((one) => one.spec.egress ?? []).some((rule) => list(rule.to).some((to) => to.namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] === space));

function* network(cluster) {
  const { labels, container } = parts(cluster);
  const policies = of(cluster, "NetworkPolicy");
  if (!policies.some(({ spec }) => Object.keys(spec.podSelector).length === 0 && !spec.ingress && !spec.egress && spec.policyTypes.join() === "Ingress,Egress")) yield "what no policy names is not refused";
  const ours = policies.filter(({ spec }) => matches(spec.podSelector.matchLabels, labels));
  const names = container.ports.map((one) => one.name);
  for (const rule of ours.flatMap((one) => one.spec.ingress ?? [])) {
    if (!rule.ports?.length) yield "all ports of the gateway are open to somebody";
    for (const { port } of rule.ports ?? []) {
      if (!names.includes(port)) yield `a policy admits to ${port}, which is no port of the container`;
      if (port === "admin" && !rule.from?.length) yield "everybody may ask listen.admin";
    }
  }
  for (const port of ["https", "http"]) if (!ours.some(({ spec }) => (spec.ingress ?? []).some((rule) => !rule.from && rule.ports.some((one) => one.port === port)))) yield `clients cannot get to ${port}`;
  for (const rule of ours.flatMap((one) => one.spec.egress ?? [])) if (!rule.ports?.length) yield "the gateway may talk to every port of somebody";
  for (const to of cluster.config.routes.flatMap((route) => list(route.to))) {
    const space = /^[a-z0-9+]+:\/\/[^/.]+\.([^/.:]+)\.svc/.exec(to.url ?? to)?.[1];
    if (!space) yield `${to.url ?? to}: no Service of the cluster`;
    else if (!egressTo(ours, space)) yield `no policy lets the gateway reach ${space}`;
  }
}

function* names(cluster) {
  const [service] = of(cluster, "Service");
  const hosts = new Set([cluster.config.login?.host, ...cluster.config.routes.map((route) => route.host)].filter(Boolean));
  for (const prefix of ["external-dns.kubernetes.io", "external-dns.alpha.kubernetes.io"]) {
    const said = (service.metadata.annotations?.[`${prefix}/hostname`] ?? "").split(",").sort().join();
    if (said !== [...hosts].sort().join()) yield `${prefix}/hostname does not name the hosts of gateway.yaml`;
  }
}

const rules = [ports, probes, replicas, account, rights, mounts, network, names];

/// cluster: {objects, config, secrets}.
export const findings = (cluster) => rules.flatMap((rule) => [...rule(cluster)]);
