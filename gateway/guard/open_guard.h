// Admits everybody, without an identity: public routes and the gateway's own endpoints.
#pragma once

#include "gateway/model/guard.h"

namespace gateway {

class OpenGuard final : public Guard {
 public:
  std::optional<Verdict> admit_now(const Request& request) override;
  core::Flow<Verdict> admit(const Request& request) override;
  bool still_admits(const Request&, const std::shared_ptr<const Identity>&, core::WallTime) override {
    return true;
  }
};

}  // namespace gateway
