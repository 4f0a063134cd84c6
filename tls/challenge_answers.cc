#include "tls/challenge_answers.h"

#include <algorithm>

namespace tls {
namespace {

constexpr std::size_t kMinChallengeToken = 22;
constexpr std::size_t kMaxChallengeToken = 128;

}  // namespace

bool is_challenge_token(std::string_view text) {
  if (text.size() < kMinChallengeToken || text.size() > kMaxChallengeToken) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::optional<std::string> ChallengeAnswers::http01(std::string_view method, std::string_view host,
                                                    std::string_view target) const {
  if (!target.starts_with(kChallengePath) || thumbprint.empty()) return std::nullopt;
  if (method != "GET" && method != "HEAD") return std::nullopt;
  const std::string_view token = target.substr(kChallengePath.size());
  if (!is_challenge_token(token) || !hosts.contains(host)) return std::nullopt;
  std::string answer(token);
  answer.append(".").append(thumbprint);
  return answer;
}

CertificatePointer ChallengeAnswers::tls_alpn01(std::string_view server_name) const {
  const auto found = certificates.find(server_name);
  return found == certificates.end() ? nullptr : found->second;
}

}  // namespace tls
