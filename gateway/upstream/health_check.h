// HealthCheck: asks one place again and again whether it works, and tells when the answer has changed. On
// control's loop: N workers do not multiply the probes.
#pragma once

#include <functional>
#include <string>

#include "config/types_route.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/upstream/dice.h"
#include "gateway/upstream/upstream_state.h"

namespace gateway {

/// What checks of the whole process share.
struct CheckServices {
  core::Loop& loop;
  Dice& dice;
  std::size_t& running;  ///< requests under way, of all checks
};

class HealthCheck {
 public:
  /// At one time, in the whole process: descriptors, and a burst after a long sleep of the machine.
  static constexpr std::size_t kMostAtOnce = 32;

  struct Target {
    core::HttpClient* client = nullptr;  ///< with the origin's trust and name
    std::string scheme;
    std::string host;  ///< to send
    Place place;
    config::HealthCheck settings;
    std::string greeting;  ///< that the origin wants first; empty: none
    bool is_up = true;     ///< as far as was known before
  };
  /// `reason` says why not, empty when it is up.
  using OnChange = std::function<void(bool is_up, const std::string& reason)>;

  HealthCheck(const CheckServices& services, Target target, OnChange on_change);
  HealthCheck(const HealthCheck&) = delete;
  HealthCheck& operator=(const HealthCheck&) = delete;

  /// Begins within a second (not all at once); ends when destroyed. A place counts as it did until its
  /// first check, which decides at once; later ones must agree with each other as often as configured.
  void start();

 private:
  core::Flow<> check_for_ever();
  core::Flow<core::FetchResponse> ask();
  void note(const core::Result<core::FetchResponse>& answer);
  [[nodiscard]] core::Duration pause() const;

  CheckServices services_;
  Target target_;
  OnChange on_change_;
  bool is_up_;
  bool is_first_ = true;
  unsigned against_ = 0;  // checks in a row that say otherwise
  core::RunningFlow<> running_;
};

}  // namespace gateway
