#include "gateway/run/certificates_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "config/loader.h"
#include "core/base/clock.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/text/count.h"
#include "gateway/run/certificate_list.h"
#include "gateway/run/control_client.h"
#include "gateway/run/network_lease.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/run_to_end.h"
#include "tls/issue/store.h"

namespace gateway {
namespace {

/// A log that nobody reads: what cannot be read is said in the table.
class Silence final : public core::LogSink {
 public:
  void write(std::string_view lines) override { fmt::print(stderr, "{}", lines); }
};

/// Of several the one that lasts longest: others are of sets of names that are renewed no more.
int export_one(const std::vector<StoredSet>& all, const Command& command) {
  const StoredSet* best = nullptr;
  for (const StoredSet& set : all) {
    if (!set.stored || !set.stored->certificate->covers(command.certificate_host)) continue;
    const auto end_of = [](const StoredSet& one) { return one.stored->certificate->not_after(); };
    if (best == nullptr || end_of(set) > end_of(*best)) best = &set;
  }
  if (best != nullptr) {
    fmt::print("{}", best->stored->chain);
    if (command.with_key) fmt::print("{}", best->stored->key.reveal());
    return 0;
  }
  fmt::print(stderr, "gateway: no certificate in storage covers {}; `gateway certificates list` shows all\n",
             command.certificate_host);
  return 1;
}

int list(const std::vector<StoredSet>& all, const config::Config& config, core::WallTime now) {
  for (const config::CertificateFiles& files : config.tls.certificates) fmt::print("{}", told(files, now));
  for (const StoredSet& set : all) fmt::print("{}", told(set, now));
  const auto issued = std::ranges::count_if(all, [](const StoredSet& set) { return set.stored.has_value(); });
  const std::size_t count = config.tls.certificates.size() + static_cast<std::size_t>(issued);
  fmt::print(stderr, "{}\n", core::count_of(count, "certificate"));
  return 0;
}

/// renew, revoke or rollover.
int ask(const Command& command, const std::string& control) {
  if (command.certificate_action == CertificateAction::rollover) {
    return ask_gateway(control, {"certificates-rollover"});
  }
  if (command.certificate_action == CertificateAction::renew) {
    return ask_gateway(control, {"certificates-renew", command.certificate_host});
  }
  std::vector<std::string> words{"certificates-revoke", command.certificate_host, command.revocation_reason};
  if (!command.order_anew) words.emplace_back("--no-order");
  return ask_gateway(control, words);
}

}  // namespace

int certificates_command(const Command& command) {
  if (!command.control_path.empty()) return ask(command, command.control_path);
  const config::ProcessEnvironment environment;
  const config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  if (!outcome.config) {
    fmt::print(stderr, "gateway: {} has errors; `gateway check` shows them\n", command.config_path);
    return 1;
  }
  const bool is_asked = command.certificate_action == CertificateAction::renew ||
                        command.certificate_action == CertificateAction::revoke ||
                        command.certificate_action == CertificateAction::rollover;
  if (is_asked) {
    const std::string& control = outcome.config->listen.control;
    return ask(command, control.empty() ? kUsualControlPath : control);
  }
  const core::SystemClock clock;
  core::Loop loop(clock);
  core::Random random;
  Silence sink;
  const core::Log log(sink, core::LogFormat::text, core::LogLevel::error, clock);
  Network network(loop, outcome.config->resolver);
  NetworkLease lease(network);
  auto storage = open_storage(outcome.config->storage, {loop, lease, random, clock, log});
  if (!storage) {
    fmt::print(stderr, "gateway: {}\n", storage.error().text);
    return 2;
  }
  tls::CertificateStore store(*storage->entries, random, log);
  std::vector<std::string> failures;
  const auto all = run_to_end(loop, stored_sets(&store, &*outcome.config, &failures));
  for (const std::string& failure : failures) fmt::print(stderr, "gateway: {}\n", failure);
  if (!all) {
    fmt::print(stderr, "gateway: {}\n", all.error().text);
    return 2;
  }
  const bool is_list = command.certificate_action == CertificateAction::list;
  return is_list ? list(*all, *outcome.config, clock.wall()) : export_one(*all, command);
}

}  // namespace gateway
