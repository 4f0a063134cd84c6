#include "gateway/run/inherited_sockets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace gateway {
namespace {

constexpr int kFirstDescriptor = 3;

/// Digits alone.
std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::unexpected<core::Error> bad_variable(std::string_view name, std::string_view why) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       fmt::format("{} {}; whoever starts this process has to set it as systemd does, or to "
                                   "unset it",
                                   name, why));
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> list;
  for (;;) {
    const std::size_t colon = names.find(':');
    list.emplace_back(names.substr(0, colon));
    if (colon == std::string_view::npos) return list;
    names.remove_prefix(colon + 1);
  }
}

std::optional<std::string> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken(value);
  ::unsetenv(name);
  return taken;
}

}  // namespace

core::Result<std::vector<std::string>> inherited_names(const ActivationVariables& variables, int process) {
  if (!variables.process || !variables.descriptors) return std::vector<std::string>();
  const std::optional<std::size_t> meant = number_of(*variables.process);
  if (!meant) return bad_variable("LISTEN_PID", "is not a number");
  if (*meant != static_cast<std::size_t>(process)) return std::vector<std::string>();
  const std::optional<std::size_t> count = number_of(*variables.descriptors);
  if (!count || *count > kMostInheritedSockets) {
    return bad_variable("LISTEN_FDS", fmt::format("is not a number up to {}", kMostInheritedSockets));
  }
  if (!variables.names) return std::vector<std::string>(*count, "unknown");
  if (*count == 0) return std::vector<std::string>();
  std::vector<std::string> names = split_names(*variables.names);
  if (names.size() != *count) return bad_variable("LISTEN_FDNAMES", "does not have one name a descriptor");
  return names;
}

core::Result<std::vector<InheritedSocket>> take_inherited_sockets() {
  ActivationVariables variables;
  variables.process = take_variable("LISTEN_PID");
  variables.descriptors = take_variable("LISTEN_FDS");
  variables.names = take_variable("LISTEN_FDNAMES");
  core::Result<std::vector<std::string>> names = inherited_names(variables, ::getpid());
  if (!names) return core::failure(std::move(names.error()));
  std::vector<InheritedSocket> sockets;
  for (std::string& name : *names) {
    const int descriptor = kFirstDescriptor + static_cast<int>(sockets.size());
    core::Result<core::ListeningSocket> socket = core::ListeningSocket::adopt(descriptor);
    if (!socket) return core::failure(std::move(socket.error()).during(fmt::format("inherited {}", name)));
    core::Result<core::Endpoint> local = socket->local();
    if (!local) return core::failure(std::move(local.error()).during(fmt::format("inherited {}", name)));
    sockets.push_back({std::move(*socket), std::move(*local), std::move(name), false});
  }
  return sockets;
}

}  // namespace gateway
