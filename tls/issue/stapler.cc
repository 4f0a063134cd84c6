#include "tls/issue/stapler.h"

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::Duration;
using core::ErrorKind;
using core::Flow;
using core::Result;

/// Until a question may be asked when many are.
constexpr Duration kOcspTurn{250};
/// Between two looks whether an answer is over: the wall's clock may leap.
constexpr Duration kLongestNap = std::chrono::minutes(10);

Duration pause_after_failures(unsigned failures) {
  Duration pause = kFirstOcspBackOff;
  for (unsigned i = 1; i < failures && pause < kLastOcspBackOff; ++i) pause *= 2;
  return std::min(pause, kLastOcspBackOff);
}

/// One of those who ask, for a scope.
class Asking {
 public:
  explicit Asking(std::size_t& count) : count_(count) { ++count_; }
  ~Asking() { --count_; }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

Stapler::Stapler(StaplerParts parts)
    : parts_(parts),
      store_(parts_.storage, parts_.log),
      tasks_(parts_.loop, [this](std::string_view name, const core::Error& error) {
        parts_.log.error("stapling: a task ended", {{"task", name}, {"why", error.text}});
      }) {}

Flow<> Stapler::load(std::vector<CertificatePointer> certificates) {
  const CertificateShelf::Batch batch(parts_.shelf);
  for (const CertificatePointer& certificate : certificates) co_await restore(certificate);
  co_return core::done();
}

void Stapler::follow(const std::vector<CertificatePointer>& certificates) {
  wanted_.clear();
  for (const CertificatePointer& certificate : certificates) {
    wanted_.insert(certificate->fingerprint());
    if (!kept_.insert(certificate->fingerprint()).second) continue;
    tasks_.start("stapling for " + certificate->source(), keep(certificate));
  }
}

Flow<> Stapler::restore(CertificatePointer certificate) {
  const std::string& id = certificate->fingerprint();
  if (known_.contains(id)) co_return core::done();
  std::optional<StoredStaple> stored = co_await store_.load(id);
  Known& known = known_[id];
  if (!stored) co_return core::done();
  known.newest = stored->newest;
  if (stored->answer.empty()) co_return core::done();
  // As if it came from the wire: whoever can write to storage is no authority.
  Result<OcspAnswer> answer = check_ocsp_answer(*certificate, std::move(stored->answer), now());
  if (answer && !answer->revoked.empty()) co_return core::done();
  if (!answer) {
    parts_.log.info("a stored OCSP answer does not count any more",
                    {{"certificate", certificate->source()}, {"why", answer.error().text}});
    co_return core::done();
  }
  known.newest = std::max(known.newest, answer->since);
  known.stapled = Life{answer->since, answer->until};
  known.next = parts_.loop.now() + pause_after(*known.stapled);
  parts_.shelf.set_staple(id, std::move(answer->der));
  co_return core::done();
}

Flow<OcspAnswer> Stapler::ask(CertificatePointer certificate, core::WallTime newest) {
  while (asking_ >= kParallelOcsp) co_await core::sleep_for(parts_.loop, kOcspTurn);
  const Asking asking(asking_);
  OcspQuestion question = co_await ocsp_question(*certificate);
  core::FetchRequest request;
  request.method = "POST";
  request.url = std::move(question.responder);
  request.fields.emplace_back("Content-Type", "application/ocsp-request");
  request.body = std::move(question.request);
  const core::FetchLimits limits{kMaxOcspAnswer, kOcspTime};
  core::FetchResponse response = co_await parts_.http.fetch(std::move(request), limits);
  if (response.status != 200) {
    co_return core::failure(ErrorKind::unavailable, core::Side::authority,
                            "the OCSP responder answers " + std::to_string(response.status),
                            core::Retry::later);
  }
  OcspAnswer answer = co_await check_ocsp_answer(*certificate, std::move(response.body), now());
  if (answer.since < newest) {
    co_return core::failure(ErrorKind::unverified, core::Side::authority,
                            "the OCSP answer is of " + date_text(answer.since) +
                                ", and older than what is known already: a replay, or an old copy",
                            core::Retry::later);
  }
  co_return std::move(answer);
}

Flow<> Stapler::take(CertificatePointer certificate, OcspAnswer answer) {
  const std::string& id = certificate->fingerprint();
  Known& known = known_[id];
  known.failures = 0;
  known.newest = answer.since;
  known.stapled = Life{answer.since, answer.until};
  known.next = parts_.loop.now() + pause_after(*known.stapled);
  parts_.shelf.set_staple(id, answer.der);
  StoredStaple staple{std::move(answer.der), answer.since};
  co_await store_.save(id, std::move(staple), answer.until);
  co_return core::done();
}

/// A good answer of before may live on, and must not be taken again, by no process.
Flow<> Stapler::take_revocation(CertificatePointer certificate, OcspAnswer answer) {
  const std::string& id = certificate->fingerprint();
  Known& known = known_[id];
  known.newest = answer.since + std::chrono::seconds(1);
  if (known.stapled) parts_.shelf.set_staple(id, "");
  known.stapled.reset();
  note_failure(*certificate, "the certificate is revoked: " + answer.revoked);
  StoredStaple nothing{"", known.newest};
  const core::WallTime expires = now() + kRevokedMemory;
  co_await store_.save(id, std::move(nothing), expires);
  co_return core::done();
}

void Stapler::note_failure(const Certificate& certificate, const std::string& why) {
  Known& known = known_[certificate.fingerprint()];
  ++known.failures;
  known.next = parts_.loop.now() + pause_after_failures(known.failures);
  parts_.log.error(known.stapled ? "no fresh OCSP answer; the one before is stapled until its end"
                                 : "no OCSP answer; nothing is stapled",
                   {{"certificate", certificate.source()}, {"why", why}});
}

/// Another is asked for at once then.
void Stapler::drop_what_is_over(const Certificate& certificate) {
  Known& known = known_[certificate.fingerprint()];
  if (!known.stapled || known.stapled->until > now()) return;
  known.stapled.reset();
  known.next = std::min(known.next, known.asked + kShortestOcspPause);
  parts_.shelf.set_staple(certificate.fingerprint(), "");
}

/// Half of the life, or of what is left of it where a responder gives out old answers.
Duration Stapler::pause_after(const Life& life) const {
  const auto middle = life.since + (life.until - life.since) / 2;
  const auto wanted = std::max(middle - now(), (life.until - now()) / 2);
  return std::clamp(std::chrono::duration_cast<Duration>(wanted), kShortestOcspPause, kLongestOcspPause);
}

/// Until the certificate is followed no more.
Flow<> Stapler::keep(CertificatePointer certificate) {
  const std::string& id = certificate->fingerprint();
  co_await restore(certificate);
  while (wanted_.contains(id)) {
    drop_what_is_over(*certificate);
    Known& known = known_[id];
    if (parts_.loop.now() < known.next) {
      const Duration nap = nap_before(known);
      co_await core::sleep_for(parts_.loop, nap);
      continue;
    }
    known.asked = parts_.loop.now();
    Result<OcspAnswer> answer = co_await attempt(ask(certificate, known.newest));
    if (!answer) {
      note_failure(*certificate, answer.error().text);
    } else if (answer->revoked.empty()) {
      co_await take(certificate, std::move(*answer));
    } else {
      co_await take_revocation(certificate, std::move(*answer));
    }
  }
  parts_.shelf.set_staple(id, "");
  known_.erase(id);
  kept_.erase(id);
  co_return core::done();
}

/// Until the next question, or the end of what is stapled: that must not be shown any longer.
Duration Stapler::nap_before(const Known& known) const {
  Duration nap = std::chrono::duration_cast<Duration>(known.next - parts_.loop.now()) + Duration(1);
  if (known.stapled)
    nap = std::min(nap, std::chrono::duration_cast<Duration>(known.stapled->until - now()) + Duration(1));
  return std::clamp(nap, Duration(1), kLongestNap);
}

}  // namespace tls
