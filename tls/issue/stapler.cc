#include "tls/issue/stapler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/loop/wait.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::Duration;
using core::Flow;
using core::Result;

/// Half of the life, or of what is left of it where a responder gives out old answers.
Duration pause_after(const OcspAnswer& answer, core::WallTime now) {
  const auto middle = answer.since + (answer.until - answer.since) / 2;
  const auto wanted = std::max(middle - now, (answer.until - now) / 2);
  return std::max(std::chrono::duration_cast<Duration>(wanted), kShortestOcspPause);
}

Duration pause_after_failures(unsigned failures) {
  Duration pause = kFirstOcspBackOff;
  for (unsigned i = 1; i < failures && pause < kLastOcspBackOff; ++i) pause *= 2;
  return std::min(pause, kLastOcspBackOff);
}

}  // namespace

Stapler::Stapler(core::Loop& loop, const core::Log& log, core::HttpClient& http, CertificateShelf& shelf)
    : loop_(loop),
      log_(log),
      http_(http),
      shelf_(shelf),
      tasks_(loop, [this](std::string_view name, const core::Error& error) {
        log_.error("stapling: a task ended", {{"task", name}, {"why", error.text}});
      }) {}

void Stapler::follow(const std::vector<CertificatePointer>& certificates) {
  wanted_.clear();
  for (const CertificatePointer& certificate : certificates) {
    wanted_.insert(certificate->fingerprint());
    if (!kept_.insert(certificate->fingerprint()).second) continue;
    tasks_.start("stapling for " + certificate->source(), keep(certificate));
  }
}

Flow<OcspAnswer> Stapler::ask(CertificatePointer certificate) {
  OcspQuestion question = co_await ocsp_question(*certificate);
  core::FetchRequest request;
  request.method = "POST";
  request.url = std::move(question.responder);
  request.fields.emplace_back("Content-Type", "application/ocsp-request");
  request.body = std::move(question.request);
  const core::FetchLimits limits{kMaxOcspAnswer, kOcspTime};
  core::FetchResponse response = co_await http_.fetch(std::move(request), limits);
  if (response.status != 200) {
    co_return core::failure(core::ErrorKind::unavailable, core::Side::authority,
                            "the OCSP responder answers " + std::to_string(response.status),
                            core::Retry::later);
  }
  OcspAnswer answer =
      co_await check_ocsp_answer(*certificate, std::move(response.body), loop_.clock().wall());
  co_return std::move(answer);
}

/// Until the certificate is followed no more.
Flow<> Stapler::keep(CertificatePointer certificate) {
  const std::string& id = certificate->fingerprint();
  std::optional<core::WallTime> until;  // of what is stapled
  unsigned failures = 0;
  while (wanted_.contains(id)) {
    Result<OcspAnswer> answer = co_await attempt(ask(certificate));
    const core::WallTime now = loop_.clock().wall();
    Duration pause = kShortestOcspPause;
    if (answer) {
      failures = 0;
      until = answer->until;
      pause = pause_after(*answer, now);
      shelf_.set_staple(id, std::move(answer->der));
    } else {
      pause = pause_after_failures(++failures);
      const bool is_revoked = answer.error().kind == core::ErrorKind::refused;
      const bool is_over = until && (*until <= now || is_revoked);
      if (is_over) {
        until.reset();
        shelf_.set_staple(id, "");
      }
      log_.error(until ? "no fresh OCSP answer; the one before is stapled until its end"
                       : "no OCSP answer; nothing is stapled",
                 {{"certificate", certificate->source()}, {"why", answer.error().text}});
    }
    // What is over must not be shown, so its end is waited for as well.
    if (until) pause = std::clamp(std::chrono::duration_cast<Duration>(*until - now), Duration(0), pause);
    co_await core::sleep_for(loop_, pause);
  }
  shelf_.set_staple(id, "");
  kept_.erase(id);
  co_return core::done();
}

}  // namespace tls
