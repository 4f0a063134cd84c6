// nginx as a TLS reverse proxy, set up as its makers advise for speed; and with auth_request to the least sidecar there can be: another
// nginx that compares one cookie with a constant. Real sidecars cost more.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

import { reservePort } from "../../e2e/support/run_folder.mjs";
import { Proxy, leaf, listening, start, written } from "./bed.mjs";

const user = () => (process.getuid() === 0 ? "user root;" : "");

async function startOne(name, port, servers, options) {
  const { folder, file } = written("nginx.conf", "");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
  const text = `${user()} daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 19000; }
http { access_log off; ${temporary} keepalive_requests 1000000000; keepalive_timeout 600; server_names_hash_max_size 65536; server_names_hash_bucket_size 128;
map $http_upgrade $connection_field { default upgrade; "" ""; }
${servers} }`;
  writeFileSync(file, text);
  const program = start("nginx", ["-c", file, "-p", folder, "-e", `${folder}/error.log`], options);
  await listening(name, program, port);
  return program;
}

const upstream = (bed) => `upstream origin { server 127.0.0.1:${bed.originPort}; keepalive 256; keepalive_requests 1000000000; }`;

// Bodies stream both ways, as they do through the gateway; the usual setting writes them to files.
const pass = `proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection $connection_field; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;
  client_max_body_size 0; proxy_request_buffering off; proxy_max_temp_file_size 0;`;

const tls = (port, { certificate, key }) => `listen 127.0.0.1:${port} ssl http2 backlog=4096; ssl_certificate ${certificate}; ssl_certificate_key ${key}; ssl_protocols TLSv1.3;
  ssl_session_cache shared:tls:10m; ssl_session_timeout 1h;`;

/// options: environment, locations (a number of further ones), names (a number of further server names).
export async function startNginx(bed, { name = "nginx", environment, locations = 0, names = 0 } = {}) {
  const port = await reservePort();
  const many = Array.from({ length: locations }, (_, i) => `location /route-${i}/ { ${pass} }`).join("\n");
  const others = Array.from({ length: names }, (_, i) => `host-${i}.names.localhost`).join("\n");
  const program = await startOne(name, port, `${upstream(bed)}
    server { ${tls(port, leaf())} server_name ${others} localhost; location / { ${pass} }\n${many} }`, { environment });
  return new Proxy({ name, programs: [program], port });
}

export async function startNginxAuthRequest(bed) {
  const [port, sidecarPort] = [await reservePort(), await reservePort()];
  const secret = randomBytes(24).toString("hex");
  const sidecar = await startOne("the sidecar", sidecarPort, `server { listen 127.0.0.1:${sidecarPort} backlog=4096;
    location / { if ($cookie_session = "${secret}") { add_header X-User alice always; return 202; } return 401; } }`);
  const program = await startOne("nginx", port, `${upstream(bed)} upstream sidecar { server 127.0.0.1:${sidecarPort}; keepalive 256; keepalive_requests 1000000000; }
    server { ${tls(port, leaf())} location / { auth_request /check; auth_request_set $user $upstream_http_x_user; proxy_set_header X-Auth-Request-User $user; ${pass} }
      location = /check { internal; proxy_pass http://sidecar; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off; proxy_set_header Content-Length ""; } }`);
  return new Proxy({ name: "nginx + auth_request", programs: [program, sidecar], port, cookie: `session=${secret}` });
}
