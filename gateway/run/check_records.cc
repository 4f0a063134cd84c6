#include "gateway/run/check_records.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/wait.h"
#include "gateway/run/issuance.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/run_to_end.h"
#include "tls/issue/names.h"
#include "tls/issue/standing_check.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

constexpr core::Duration kDirectoryTime = std::chrono::seconds(10);
constexpr core::Duration kNameTime = std::chrono::seconds(10);
constexpr core::Duration kWholeTime = std::chrono::seconds(30);

/// What storage cannot read is said on standard error.
class Complaints final : public core::LogSink {
 public:
  void write(std::string_view lines) override { fmt::print(stderr, "{}", lines); }
};

class RecordCheck {
 public:
  explicit RecordCheck(const config::Config& config)
      : config_(config),
        loop_(clock_),
        log_(complaints_, core::LogFormat::text, core::LogLevel::error, clock_),
        network_(loop_, config.resolver),
        lookup_(dns_lookup_parts({loop_, random_, lease_, config})),
        deadline_(core::Deadline::after(loop_, kWholeTime)) {
    // A directory that is not there yet is not made: it would be this user's.
    const bool is_there = config.storage.kind != config::StorageKind::directory ||
                          std::filesystem::exists(config.storage.directory, ignored_);
    if (!is_there) return;
    auto opened = open_storage(config.storage, {loop_, lease_, random_, clock_, log_});
    if (opened) storage_ = std::move(*opened);
    if (!opened) fmt::print(stderr, "warning: tls.acme: no account is read: {}\n", opened.error().text);
  }

  void run(const std::vector<tls::StandingName>& names) {
    std::unique_ptr<core::Storage> nothing;
    if (!storage_.entries) nothing = core::make_memory_storage(clock_);
    core::Storage& storage = storage_.entries ? *storage_.entries : *nothing;
    for (const config::AcmeAuthority& authority : config_.tls.acme->authorities) {
      tls::AccountBook accounts(storage, log_, {});
      auto http = lease_.http_client(config_.tls.acme->trusted_ca);
      if (!http) {
        fmt::print(stderr, "warning: tls.acme.trusted_ca: {}\n", http.error().text);
        return;
      }
      tls::AcmeClient client(loop_, **http, {authority.url, authority.hosts});
      const auto known = run_to_end(loop_, tls::standing_authority(&client, &accounts, kDirectoryTime));
      if (known) print_notes(authority, names, *known);
    }
  }

 private:
  void print_notes(const config::AcmeAuthority& authority, const std::vector<tls::StandingName>& names,
                   const tls::StandingAuthority& known) {
    const bool has_several = config_.tls.acme->authorities.size() > 1;
    for (const tls::StandingName& name : names) {
      const Result<tls::PersistSeen> seen = known.unknown.empty() ? look_at(name) : tls::PersistSeen();
      const tls::StandingNote note = tls::standing_note(name, known, seen, clock_.wall());
      fmt::print(stderr, "{}: tls.acme{}: {}\n", note.is_proved ? "note" : "warning",
                 has_several ? " (" + authority.name + ")" : "", note.text);
    }
  }

  Result<tls::PersistSeen> look_at(const tls::StandingName& name) {
    const core::Deadline own = core::Deadline::after(loop_, kNameTime);
    const core::Deadline deadline = own.at < deadline_.at ? own : deadline_;
    const auto& dns = config_.tls.acme->dns;
    const std::vector<core::Endpoint> servers = dns ? dns->servers : std::vector<core::Endpoint>();
    Flow<tls::PersistSeen> looking = tls::standing_records(&lookup_, servers, name.base);
    auto seen = run_to_end(loop_, core::within(loop_, deadline, std::move(looking)));
    if (!seen && seen.error().kind == core::ErrorKind::timed_out) {
      return core::failure(core::ErrorKind::timed_out, core::Side::origin,
                           "the name servers did not answer in time");
    }
    return seen;
  }

  const config::Config& config_;
  core::SystemClock clock_;
  core::Loop loop_;
  core::Random random_;
  Complaints complaints_;
  core::Log log_;
  Network network_;
  NetworkLease lease_{network_};
  tls::DnsLookup lookup_;
  core::Deadline deadline_;
  std::error_code ignored_;
  OpenedStorage storage_;
};

}  // namespace

void check_standing_records(const config::Config& config, const std::vector<tls::CertificatePointer>& given) {
  const auto& acme = config.tls.acme;
  if (!acme || acme->challenge != config::AcmeChallengeKind::dns_persist_01) return;
  const std::vector<tls::StandingName> names = tls::standing_names(tls::names_to_order(config, given));
  if (names.empty()) return;
  RecordCheck(config).run(names);
}

}  // namespace gateway
