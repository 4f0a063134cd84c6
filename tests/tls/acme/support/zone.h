// A zone in memory, written by dns-01: what stands in it outlives the process that put it there. Include
// before doctest.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "tls/acme/challenge.h"

namespace test_support {

struct Zone {
  std::set<std::string> standing;  ///< "name key-authorization"
  int removals = 0;
  core::Duration propagation{0};
  std::function<void()> on_wait = [] {};
};

class ZoneChallenge final : public tls::Challenge {
 public:
  ZoneChallenge(core::Loop& loop, Zone& zone) : loop_(loop), zone_(zone) {}

  [[nodiscard]] std::string_view type() const override { return "dns-01"; }
  [[nodiscard]] bool can_prove(std::string_view, bool) const override { return true; }
  core::Flow<> present(tls::Proof proof) override {
    zone_.standing.insert(proof.identifier + " " + proof.key_authorization);
    co_return core::done();
  }
  core::Flow<> wait_until_visible(tls::Proof) override {
    zone_.on_wait();
    const core::Duration pause = zone_.propagation;
    if (pause > core::Duration::zero()) co_await core::sleep_for(loop_, pause);
    co_return core::done();
  }
  core::Flow<> withdraw(tls::Proof proof) override {
    zone_.standing.erase(proof.identifier + " " + proof.key_authorization);
    ++zone_.removals;
    co_return core::done();
  }
  [[nodiscard]] bool outlives_process() const override { return true; }

 private:
  core::Loop& loop_;
  Zone& zone_;
};

}  // namespace test_support
