#include "tls/issue/given_files.h"

#include <utility>

#include "tls/certificate_trial.h"
#include "tls/ocsp.h"
#include "tls/x509_names.h"

namespace tls {

GivenFiles::GivenFiles(core::Loop& loop, const core::Log& log,
                       const std::vector<config::CertificateFiles>& files, CertificateShelf& shelf)
    : loop_(loop), log_(log), shelf_(shelf), timer_(loop, [this] { look(); }), trial_timer_(loop, [this] {
        try_next();
      }) {
  pairs_.reserve(files.size());
  for (const config::CertificateFiles& pair : files) {
    Pair made;
    made.files = &pair;
    pairs_.push_back(std::move(made));
  }
}

core::Result<void> GivenFiles::load() {
  for (Pair& pair : pairs_) {
    // Stamps first: what changes while it is read is read again.
    pair.certificate_stamp = config::stamp_of(pair.files->certificate);
    pair.key_stamp = config::stamp_of(pair.files->key);
    auto loaded = Certificate::load(pair.files->certificate, pair.files->key);
    if (!loaded) return core::failure(std::move(loaded.error()));
    pair.certificate = std::move(*loaded);
    if (pair.files->ocsp) {
      auto question = ocsp_question(*pair.certificate);
      if (!question) {
        return core::failure(
            std::move(question.error()).during("tls.certificates: ocsp of " + pair.files->certificate));
      }
    }
    report_end(pair);
  }
  put_on_shelf();
  return {};
}

void GivenFiles::follow(std::function<void()> on_change) {
  on_change_ = std::move(on_change);
  if (pairs_.empty()) return;
  timer_.arm(kGivenFilesTick);
  trial_timer_.arm(kTrialPause);
}

/// Of a copy that is thrown away: what is never asked for stays small. Whatever has changed since is told by
/// reload().
void GivenFiles::try_next() {
  const config::CertificateFiles& files = *pairs_[tried_++].files;
  const auto loaded = Certificate::load(files.certificate, files.key);
  if (loaded) {
    const core::Result<core::Done> tried = try_out(**loaded);
    if (!tried) {
      log_.error("a given certificate fails in every handshake; replace its files",
                 {{"certificate", files.certificate}, {"why", tried.error().text}});
    }
  }
  if (tried_ < pairs_.size()) trial_timer_.arm(kTrialPause);
}

void GivenFiles::look() {
  std::vector<const Pair*> changed;
  for (Pair& pair : pairs_) {
    if (reload(pair)) changed.push_back(&pair);
    report_end(pair);
  }
  if (!changed.empty()) {
    put_on_shelf();
    on_change_();
  }
  // Only now: whoever reads it finds the new one in the next handshake.
  for (const Pair* pair : changed) {
    log_.info("a given certificate changed", {{"certificate", pair->files->certificate},
                                              {"expires", date_text(pair->certificate->not_after())}});
  }
  timer_.arm(kGivenFilesTick);
}

/// Certificate and key are two files: between their changes they do not fit, and the next look finds them so.
bool GivenFiles::reload(Pair& pair) {
  auto certificate_stamp = config::stamp_of(pair.files->certificate);
  auto key_stamp = config::stamp_of(pair.files->key);
  if (certificate_stamp == pair.certificate_stamp && key_stamp == pair.key_stamp) return false;
  pair.certificate_stamp = certificate_stamp;
  pair.key_stamp = key_stamp;
  auto loaded = Certificate::load(pair.files->certificate, pair.files->key);
  if (loaded) {
    const core::Result<core::Done> tried = try_out(**loaded);
    if (!tried) loaded = core::failure(tried.error());
  }
  if (!loaded) {
    log_.error("a given certificate changed and cannot be used; the one before stays",
               {{"certificate", pair.files->certificate}, {"why", loaded.error().text}});
    return false;
  }
  pair.certificate = std::move(*loaded);
  pair.warned_of_end = false;
  return true;
}

/// It wins over ACME even then: only its owner can tell why.
void GivenFiles::report_end(Pair& pair) {
  if (pair.warned_of_end || pair.certificate->not_after() > loop_.clock().wall()) return;
  pair.warned_of_end = true;
  log_.error(
      "a given certificate has expired; renew it, or take it out of tls.certificates",
      {{"certificate", pair.files->certificate}, {"expired", date_text(pair.certificate->not_after())}});
}

std::vector<CertificatePointer> GivenFiles::to_staple() const {
  std::vector<CertificatePointer> certificates;
  for (const Pair& pair : pairs_) {
    if (pair.files->ocsp || pair.certificate->must_staple()) certificates.push_back(pair.certificate);
  }
  return certificates;
}

void GivenFiles::put_on_shelf() {
  std::vector<CertificatePointer> given;
  given.reserve(pairs_.size());
  for (const Pair& pair : pairs_) given.push_back(pair.certificate);
  shelf_.set_given(std::move(given));
}

}  // namespace tls
