// listen.control and listen.admin: how the operator reaches a running gateway.
#include <algorithm>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::string_view kSocketName = "/control.sock";
/// What the system takes as a socket's path is little more.
constexpr std::size_t kMaxSocketPath = 100;
/// Shorter ones can be guessed.
constexpr std::size_t kMinTokenBytes = 16;

bool is_socket_path(std::string_view path) {
  return path.starts_with('/') && !path.ends_with('/') && path.size() <= kMaxSocketPath;
}

void read_admin_item(const YamlNode& item, std::string_view name, Findings& findings, Listen& out) {
  if (item.is_scalar() && is_socket_path(item.text)) {
    if (!out.admin_socket.empty()) findings.error(item.at, std::string(name) + ": one socket is enough");
    read_scalar(item, name, findings, out.admin_socket, parse_file_path);
    return;
  }
  ListenAddress address;
  if (!read_scalar(item, name, findings, address, parse_listen_address)) return;
  address.at = item.at;
  if (std::ranges::find(out.admin, address) == out.admin.end() || address.port == 0) {
    out.admin.push_back(address);
  } else {
    findings.error(item.at, std::string(name) + ": this address stands twice");
  }
}

void read_admin_token(MapReader& map, Inputs& inputs, Listen& out) {
  const YamlNode* node = map.take("admin_token");
  if (node == nullptr || !read_secret(*node, map.path("admin_token"), inputs, out.admin_token)) return;
  if (out.admin_token.value.reveal().size() < kMinTokenBytes) {
    map.findings().error(node->at, map.path("admin_token") + ": is shorter than 16 bytes",
                         "make one with `openssl rand -base64 32`");
  }
  if (out.admin.empty()) {
    map.findings().error(node->at, map.path("admin_token") + ": no address of listen.admin would take it",
                         "give listen.admin an address; its socket needs no token");
  }
}

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
  if (is_socket_path(path)) {
    out = std::move(path);
    return;
  }
  inputs.findings.error(node->at,
                        map.path("control") + ": expected the absolute path of a socket, of at most " +
                            std::to_string(kMaxSocketPath) + " bytes",
                        "write a path such as /run/gateway/control.sock, or off");
}

void read_admin(MapReader& map, Inputs& inputs, Listen& out) {
  const YamlNode* node = map.take("admin");
  if (node != nullptr && !is_off(*node)) {
    for (const YamlNode* item : one_or_list(*node))
      read_admin_item(*item, map.path("admin"), inputs.findings, out);
    if (node->is_list() && node->items.empty())
      map.findings().error(node->at, map.path("admin") + ": the list is empty", "write an address or off");
  }
  read_admin_token(map, inputs, out);
}

}  // namespace config
