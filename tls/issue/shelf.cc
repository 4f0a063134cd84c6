#include "tls/issue/shelf.h"

#include <utility>

namespace tls {
namespace {

std::vector<CertificatePointer> values_of(const std::map<std::string, CertificatePointer>& certificates) {
  std::vector<CertificatePointer> values;
  values.reserve(certificates.size());
  for (const auto& [name, certificate] : certificates) values.push_back(certificate);
  return values;
}

}  // namespace

CertificateShelf::CertificateShelf()
    : table_(std::make_shared<const CertificateTable>(std::vector<CertificatePointer>())),
      challenges_(std::make_shared<const ChallengeAnswers>()) {}

void CertificateShelf::set_given(std::vector<CertificatePointer> given) {
  const Batch batch(*this);
  given_ = std::move(given);
}

void CertificateShelf::set_issued(const std::string& name, CertificatePointer certificate) {
  const Batch batch(*this);
  if (certificate == nullptr) {
    issued_.erase(name);
  } else {
    issued_[name] = std::move(certificate);
  }
}

void CertificateShelf::set_former(const std::string& name, CertificatePointer certificate) {
  const Batch batch(*this);
  if (certificate == nullptr) {
    former_.erase(name);
  } else {
    former_[name] = std::move(certificate);
  }
}

void CertificateShelf::set_staple(const std::string& fingerprint, std::string ocsp_answer) {
  const Batch batch(*this);
  if (ocsp_answer.empty()) {
    staples_.erase(fingerprint);
  } else {
    staples_[fingerprint] = std::move(ocsp_answer);
  }
}

void CertificateShelf::set_thumbprint(std::string thumbprint) {
  if (answers_.thumbprint == thumbprint) return;
  answers_.thumbprint = std::move(thumbprint);
  challenges_.publish(std::make_shared<const ChallengeAnswers>(answers_));
}

void CertificateShelf::set_challenge_hosts(const std::vector<std::string>& hosts) {
  answers_.hosts = {hosts.begin(), hosts.end()};
  challenges_.publish(std::make_shared<const ChallengeAnswers>(answers_));
}

void CertificateShelf::show_challenge(const std::string& server_name, CertificatePointer certificate) {
  if (certificate == nullptr) {
    answers_.certificates.erase(server_name);
  } else {
    answers_.certificates[server_name] = std::move(certificate);
  }
  challenges_.publish(std::make_shared<const ChallengeAnswers>(answers_));
}

void CertificateShelf::publish() {
  std::vector<CertificatePointer> given = given_;
  for (CertificatePointer& certificate : given) {
    const auto staple = staples_.find(certificate->fingerprint());
    if (staple != staples_.end()) certificate = certificate->with_staple(staple->second);
  }
  table_.publish(std::make_shared<const CertificateTable>(given, values_of(issued_), values_of(former_)));
}

}  // namespace tls
