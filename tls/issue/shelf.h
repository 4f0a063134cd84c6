// All certificates that are served, given and issued, and the challenges under way: changed on control's
// loop, read by workers as snapshots.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/loop/published.h"
#include "tls/certificate_table.h"
#include "tls/challenge_answers.h"

namespace tls {

class CertificateShelf {
 public:
  CertificateShelf();

  // On control's loop. Each publishes what changed.
  void set_given(std::vector<CertificatePointer> given);
  /// `name` is whatever the owner calls it; null takes it away.
  void set_issued(const std::string& name, CertificatePointer certificate);
  /// For names that no other certificate covers: what was issued for another set of names; null takes it
  /// away.
  void set_former(const std::string& name, CertificatePointer certificate);
  /// What the given certificate with this fingerprint staples; empty: nothing.
  void set_staple(const std::string& fingerprint, std::string ocsp_answer);
  void set_thumbprint(std::string thumbprint);
  void set_challenge_hosts(const std::vector<std::string>& hosts);
  /// Null: the challenge is over.
  void show_challenge(const std::string& server_name, CertificatePointer certificate);

  [[nodiscard]] const std::vector<CertificatePointer>& given() const { return given_; }
  [[nodiscard]] const core::Published<CertificateTable>& certificates() const { return table_; }
  [[nodiscard]] const core::Published<ChallengeAnswers>& challenges() const { return challenges_; }

  /// Many changes, one publication: nothing is published until the last Batch has ended.
  class Batch {
   public:
    explicit Batch(CertificateShelf& shelf) : shelf_(shelf) { ++shelf_.batches_; }
    ~Batch() {
      if (--shelf_.batches_ == 0) shelf_.publish();
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

   private:
    CertificateShelf& shelf_;
  };

 private:
  void publish();

  std::vector<CertificatePointer> given_;
  std::map<std::string, std::string> staples_;  // of given ones, by fingerprint
  std::map<std::string, CertificatePointer> issued_;
  std::map<std::string, CertificatePointer> former_;
  ChallengeAnswers answers_;
  int batches_ = 0;
  core::Published<CertificateTable> table_;
  core::Published<ChallengeAnswers> challenges_;
};

}  // namespace tls
