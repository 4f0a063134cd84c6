#include "gateway/run/demo_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "tls/self_signed.h"

namespace gateway {
namespace {

constexpr std::string_view kConfig = R"(# The configuration of this demo, as `gateway run` would take it.
listen:
  https: ["127.0.0.1:{gateway}", "[::1]:{gateway}"]
  http: "off"
  admin: "off"
tls:
  certificates:
    - {{certificate: {directory}/gateway.pem, key: {directory}/gateway.key}}
storage: {directory}/state
login:
  host: auth.localhost
  providers:
    demo: {{type: oidc, title: Demo provider, issuer: "https://id.localhost:{provider}", client_id: gateway-demo,
           client_secret: {{env: GATEWAY_DEMO_SECRET}}, ca: {directory}/ca.pem}}
  pages:
    title: Gateway demo
policies:
  everybody:
    allow:
      - authenticated: true
  admins:
    allow:
      - group: [admins]
routes:
  - {{host: app.localhost, to: "http://127.0.0.1:{app}", policy: everybody, identity: oauth2-proxy}}
  - {{host: notes.localhost, to: "http://127.0.0.1:{app}", policy: everybody, identity: oauth2-proxy}}
  - {{host: admin.localhost, to: "http://127.0.0.1:{app}", policy: admins, identity: oauth2-proxy}}
)";

core::Error cannot(std::string_view what, const std::string& path) {
  return {core::ErrorKind::unavailable, core::Side::storage,
          fmt::format("cannot {} {}: {}; choose another folder with --directory", what, path,
                      std::strerror(errno))};
}

enum class Visibility { everyone, owner };

core::Result<void> write_file(const std::string& path, std::string_view text, Visibility visibility) {
  unlink(path.c_str());
  const int mode = visibility == Visibility::owner ? 0600 : 0644;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return core::failure(cannot("write", path));
  const ssize_t written = write(descriptor, text.data(), text.size());
  close(descriptor);
  if (written != static_cast<ssize_t>(text.size())) return core::failure(cannot("write", path));
  return {};
}

core::Result<void> write_files(const DemoFiles& files, const std::string& ca,
                               const tls::CertificateText& gateway) {
  const std::string base = files.directory + "/gateway";
  struct File {
    std::string path;
    std::string_view text;
    Visibility visibility;
  };
  const File all[] = {{files.ca_file, ca, Visibility::everyone},
                      {base + ".pem", gateway.chain, Visibility::everyone},
                      {base + ".key", gateway.key.reveal(), Visibility::owner},
                      {files.config_file, files.config_text, Visibility::owner}};
  for (const File& file : all) {
    core::Result<void> written = write_file(file.path, file.text, file.visibility);
    if (!written) return written;
  }
  return {};
}

}  // namespace

core::Result<std::string> make_demo_directory(const std::string& directory) {
  if (directory.empty()) {
    std::error_code none;
    std::string path = std::filesystem::temp_directory_path(none).string() + "/gateway-demo-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return core::failure(cannot("make", path));
    return path;
  }
  std::error_code failed;
  const std::string path = std::filesystem::absolute(directory, failed).string();
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return core::failure(cannot("make", path));
  if (chmod(path.c_str(), 0700) != 0) return core::failure(cannot("protect", path));
  return path;
}

core::Result<DemoFiles> write_demo_files(const std::string& directory, const DemoPorts& ports,
                                         core::WallTime now) {
  const tls::Validity validity{now - std::chrono::hours(1), now + std::chrono::hours(24 * 30)};
  auto authority = tls::PrivateAuthority::for_localhost(validity);
  if (!authority) return core::failure(std::move(authority.error()));
  auto gateway = (*authority)
                     ->issue({{"localhost", "*.localhost", "app.localhost", "notes.localhost",
                               "admin.localhost", "auth.localhost"},
                              validity});
  if (!gateway) return core::failure(std::move(gateway.error()));
  auto provider = (*authority)->issue({{"id.localhost"}, validity});
  if (!provider) return core::failure(std::move(provider.error()));
  auto provider_certificate = tls::Certificate::parse(*provider);
  if (!provider_certificate) return core::failure(std::move(provider_certificate.error()));

  DemoFiles files;
  files.directory = directory;
  files.ca_file = directory + "/ca.pem";
  files.config_file = directory + "/gateway.yaml";
  files.provider_certificate = std::move(*provider_certificate);
  files.config_text = fmt::format(fmt::runtime(kConfig), fmt::arg("gateway", ports.gateway),
                                  fmt::arg("provider", ports.provider), fmt::arg("app", ports.app),
                                  fmt::arg("directory", directory));
  core::Result<void> written = write_files(files, (*authority)->certificate(), *gateway);
  if (!written) return core::failure(std::move(written.error()));
  return files;
}

}  // namespace gateway
