#include "gateway/run/certificates_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "config/loader.h"
#include "core/base/clock.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/run/control_client.h"
#include "gateway/run/network.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/run_to_end.h"
#include "tls/issue/names.h"
#include "tls/issue/schedule.h"
#include "tls/issue/store.h"
#include "tls/x509_names.h"

namespace gateway {
namespace {

/// A log that nobody reads: what cannot be read is said in the table.
class Silence final : public core::LogSink {
 public:
  void write(std::string_view lines) override { fmt::print(stderr, "{}", lines); }
};

struct Shown {
  std::string id;
  tls::StoredCertificate stored;
  std::optional<tls::Attempts> attempts;
};

core::Result<std::vector<Shown>> read_all(core::Loop& loop, tls::CertificateStore& store) {
  auto ids = run_to_end(loop, store.sets());
  if (!ids) return core::failure(std::move(ids.error()));
  std::vector<Shown> all;
  for (std::string& id : *ids) {
    auto stored = run_to_end(loop, store.certificate(id));
    if (!stored) return core::failure(std::move(stored.error()));
    if (!*stored) continue;
    auto attempts = run_to_end(loop, store.attempts(id));
    if (!attempts) continue;
    all.push_back({std::move(id), std::move(**stored), std::move(*attempts)});
  }
  return all;
}

/// What `config` orders. Nothing: given certificates, which it depends on, cannot be read; says so.
std::optional<std::set<std::string>> ordered_sets(const config::Config& config,
                                                  const std::set<std::string>& apart) {
  std::set<std::string> ids;
  if (!config.tls.acme) return ids;
  std::vector<tls::CertificatePointer> given;
  for (const config::CertificateFiles& files : config.tls.certificates) {
    auto loaded = tls::Certificate::load(files.certificate, files.key);
    if (!loaded) {
      fmt::print(stderr, "gateway: {}; what is not ordered any more cannot be told\n", loaded.error().text);
      return std::nullopt;
    }
    given.push_back(std::move(*loaded));
  }
  const std::vector<std::string> names = tls::names_to_order(config, given);
  const auto together = tls::sets_of(names, config.tls.acme->names_per_certificate);
  for (const tls::NameSet& set : tls::with_apart(together, apart)) {
    ids.insert(tls::set_id(set));
  }
  return ids;
}

int list(const std::vector<Shown>& all, const std::optional<std::set<std::string>>& ordered,
         core::WallTime now) {
  for (const Shown& shown : all) {
    const tls::Certificate& certificate = *shown.stored.certificate;
    const bool is_former = ordered && !ordered->contains(shown.id);
    const core::WallTime renewal = tls::renewal_time({certificate.not_before(), certificate.not_after()},
                                                     tls::seed_of(certificate.fingerprint()));
    fmt::print("{}\n  expires  {}{}\n  renewal  {}\n  from     {}\n", fmt::join(shown.stored.names, ", "),
               tls::date_text(certificate.not_after()), certificate.not_after() <= now ? " (expired)" : "",
               is_former ? "none: not ordered any more" : tls::date_text(renewal), shown.stored.directory);
    if (shown.attempts && shown.attempts->failures > 0) {
      fmt::print("  failed   {} times, next attempt {}: {}\n", shown.attempts->failures,
                 tls::date_text(shown.attempts->next), shown.attempts->why);
    }
  }
  fmt::print(stderr, "{} certificate(s)\n", all.size());
  return 0;
}

/// Of several the one that lasts longest: others are of sets of names that are renewed no more.
int export_one(const std::vector<Shown>& all, const Command& command) {
  const Shown* best = nullptr;
  for (const Shown& shown : all) {
    const tls::Certificate& certificate = *shown.stored.certificate;
    if (!certificate.covers(command.certificate_host)) continue;
    if (best == nullptr || certificate.not_after() > best->stored.certificate->not_after()) best = &shown;
  }
  if (best != nullptr) {
    fmt::print("{}", best->stored.chain);
    if (command.with_key) fmt::print("{}", best->stored.key.reveal());
    return 0;
  }
  fmt::print(stderr, "gateway: no certificate in storage covers {}; `gateway certificates list` shows all\n",
             command.certificate_host);
  return 1;
}

/// renew or revoke.
int ask(const Command& command, const std::string& control) {
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
  if (command.certificate_action == CertificateAction::renew ||
      command.certificate_action == CertificateAction::revoke) {
    const std::string& control = outcome.config->listen.control;
    return ask(command, control.empty() ? kUsualControlPath : control);
  }
  const core::SystemClock clock;
  core::Loop loop(clock);
  core::Random random;
  Silence sink;
  const core::Log log(sink, core::LogFormat::text, core::LogLevel::error, clock);
  Network network(loop, outcome.config->resolver);
  auto storage = open_storage(outcome.config->storage, {loop, network, random, clock, log});
  if (!storage) {
    fmt::print(stderr, "gateway: {}\n", storage.error().text);
    return 2;
  }
  tls::CertificateStore store(*storage->entries, random, log);
  const auto all = read_all(loop, store);
  if (!all) {
    fmt::print(stderr, "gateway: {}\n", all.error().text);
    return 2;
  }
  const bool is_list = command.certificate_action == CertificateAction::list;
  if (!is_list) return export_one(*all, command);
  const auto apart = run_to_end(loop, store.apart());
  if (!apart) {
    fmt::print(stderr, "gateway: {}\n", apart.error().text);
    return 2;
  }
  return list(*all, ordered_sets(*outcome.config, *apart), clock.wall());
}

}  // namespace gateway
