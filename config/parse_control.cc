// listen.control: the Unix socket by which commands reach a running gateway.
#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::string_view kSocketName = "/control.sock";
/// What the system takes as a socket's path is little more.
constexpr std::size_t kMaxSocketPath = 100;

}  // namespace

std::string default_control(const Environment& environment) {
  const auto folder = environment.variable("RUNTIME_DIRECTORY");
  if (!folder || !folder->starts_with('/')) return {};
  // systemd joins several by colons.
  std::string path = folder->substr(0, folder->find(':')).append(kSocketName);
  return path.size() <= kMaxSocketPath ? path : std::string();
}

void read_control(MapReader& map, Inputs& inputs, std::string& out) {
  const YamlNode* node = map.take("control");
  if (node == nullptr) return;
  out.clear();
  if (is_off(*node)) return;
  std::string path;
  if (!read_scalar(*node, map.path("control"), inputs.findings, path, parse_file_path)) return;
  if (path.starts_with('/') && !path.ends_with('/') && path.size() <= kMaxSocketPath) {
    out = std::move(path);
    return;
  }
  inputs.findings.error(node->at,
                        map.path("control") + ": expected the absolute path of a socket, of at most " +
                            std::to_string(kMaxSocketPath) + " bytes",
                        "write a path such as /run/gateway/control.sock, or off");
}

}  // namespace config
