// Asks another decision engine about each request that its own guard admits (a policy, or everybody). Fails
// closed: only a complete 2xx in time admits; what is neither that nor the engine's own refusal is 503. About
// what stands open (sockets, event streams) it is asked again (engine_renewal.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/types_authorize.h"
#include "core/base/log.h"
#include "core/http/client.h"
#include "core/loop/loop.h"
#include "gateway/guard/engine_question.h"
#include "gateway/model/audit.h"
#include "gateway/model/guard.h"
#include "gateway/model/site.h"
#include "gateway/session/cookie_names.h"

namespace gateway {

/// Of an answer; a larger one denies.
inline constexpr std::size_t kMaxEngineBody = 64UL * 1024;
/// Under way at one time for one route and worker; what is more is 503.
inline constexpr std::size_t kMaxEngineQuestions = 1000;

/// All borrowed, one worker's.
struct AuthorizeGuardParts {
  core::Loop& loop;
  core::HttpClient& client;
  const ErrorAnswers& errors;
  const CookieNames& cookie_names;
  const core::Log& log;
  const Audit& audit;
};

class AuthorizeGuard final : public Guard {
 public:
  /// `first` is asked before the engine; who it refuses, the engine hears nothing of.
  AuthorizeGuard(config::Authorize settings, AuthorizeGuardParts parts, std::unique_ptr<Guard> first);
  std::optional<Verdict> admit_now(const Request&) override { return std::nullopt; }
  core::Flow<Verdict> admit(const Request& request) override;
  bool still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                    core::WallTime now) override {
    return first_->still_admits(request, identity, now);
  }
  [[nodiscard]] std::string_view renewed_by() const override { return url_; }
  std::optional<Reply> describe_resource(const Request& request) override {
    return first_->describe_resource(request);
  }

 private:
  std::unique_ptr<Renewal> renewal_of(core::FetchRequest question, const Admitted& admitted);
  void take(const Request& request, const core::Result<core::FetchResponse>& response, Verdict& verdict);
  void deny(const Request& request, const core::Error& error, Verdict& verdict);

  config::Authorize settings_;
  AuthorizeGuardParts parts_;
  std::unique_ptr<Guard> first_;
  std::string url_;
  std::size_t asking_ = 0;
  std::size_t renewing_ = 0;
  bool is_failing_ = false;  // and that was logged
};

}  // namespace gateway
