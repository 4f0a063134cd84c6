// A loop on a clock of the test's, storage in memory, and runs of flows to their end however long they pause.
// Include before doctest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "tests/tls/acme/support/fake_authority.h"
#include "tls/acme/account.h"
#include "tls/acme/http01.h"
#include "tls/acme/order.h"

namespace test_support {

/// Keeps what was logged.
class KeptLines final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text.append(lines); }
  [[nodiscard]] bool mention(std::string_view words) const { return text.find(words) != std::string::npos; }
  std::string text;
};

/// Of one order, in memory.
class KeptRecord final : public tls::OrderJournal {
 public:
  core::Flow<std::optional<tls::OrderRecord>> load() override { co_return record; }
  core::Flow<> save(tls::OrderRecord saved) override {
    record = std::move(saved);
    co_return core::done();
  }
  core::Flow<> clear() override {
    record.reset();
    co_return core::done();
  }
  std::optional<tls::OrderRecord> record;
};

struct AcmeFixture {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  core::Random random;
  KeptLines lines;
  core::Log log{lines, core::LogFormat::text, core::LogLevel::debug, clock};
  FakeAuthority authority{clock};
  std::unique_ptr<core::Storage> storage = core::make_memory_storage(clock);
  KeptRecord journal;
  tls::Http01 http01;

  /// Runs `flow` to its end; every pause of it passes at once.
  template <typename T>
  core::Result<T> run(core::Flow<T> flow, core::Duration step = std::chrono::milliseconds(250)) {
    std::optional<core::Result<T>> result;
    core::RunningFlow<T> running;
    running.start(std::move(flow), [&](core::Result<T> ended) { result.emplace(std::move(ended)); });
    for (int turns = 0; !result && turns < 100'000; ++turns) {
      clock.advance(step);
      loop.turn(false);
    }
    if (!result) {
      return core::failure(core::ErrorKind::timed_out, core::Side::us, "the flow did not end");
    }
    return std::move(*result);
  }

  /// One process's attempt at an order.
  core::Result<tls::IssuedCertificate> order(tls::OrderRequest request, tls::AccountSettings settings = {}) {
    tls::AcmeClient client(loop, authority, {authority.directory_url(), {}});
    tls::AccountBook accounts(*storage, log, std::move(settings));
    tls::OrderRun order_run({client, accounts, journal, {&http01}, random, log}, std::move(request));
    auto issued = run(order_run.run());
    last_problem = order_run.problem();
    return issued;
  }
  core::Result<tls::IssuedCertificate> order(const std::string& name) {
    tls::OrderRequest request;
    request.names = {name};
    return order(std::move(request));
  }
  std::optional<tls::Problem> last_problem;
};

}  // namespace test_support
