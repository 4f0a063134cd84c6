// A certificate authority in memory, behind the HttpClient that ours fetches with: it checks what RFC 8555
// lets a server check (signatures, nonces, url, kid or jwk, states) and breaks as the test says. Include
// before doctest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/crypto/key.h"
#include "core/http/client.h"
#include "core/text/json.h"

namespace test_support {

struct FakeOrder {
  std::vector<std::string> names;
  std::string status = "pending";
  std::vector<std::string> authorizations;
  int polls_left = 0;  // while processing
  std::string chain;
  core::Json asked;  // the payload of newOrder
};

struct FakeAuthorization {
  std::string name;
  bool is_wildcard = false;
  std::string status = "pending";
};

class FakeAuthority final : public core::HttpClient {
 public:
  explicit FakeAuthority(const core::Clock& clock, std::string host = "ca.test");
  ~FakeAuthority();

  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override;

  // What it does; change before the fetch.
  int reject_nonces = 0;             ///< so many good nonces are refused
  int break_at = -1;                 ///< the request with this number is answered after the connection broke
  bool lose_request = false;         ///< with break_at: the request does not arrive at all
  bool validates = true;             ///< challenges succeed
  std::set<std::string> unprovable;  ///< but not for these names ("*.name" too)
  bool keeps_authorizations = false;
  int processing_polls = 0;  ///< finalize answers `processing`, so many polls long
  core::Duration lifetime = std::chrono::hours(24 * 90);
  std::vector<std::string> challenges{"http-01", "tls-alpn-01", "dns-01"};
  std::string token = "abcdefghijklmnopqrstuvwxyz012345";
  core::Json directory_more = core::Json::object();  ///< members laid over the directory
  /// Looked at first: an answer instead of the ordinary one, by the last part of the path.
  std::function<std::optional<core::FetchResponse>(const std::string& what, const core::Json& payload)>
      instead;
  std::function<void(const std::string& what, core::FetchResponse& answer)> edit;
  std::function<void(std::string& chain)> edit_chain;

  // What it saw.
  std::vector<std::string> requests;  ///< "GET dir", "POST new-order", …
  int strays = 0;                     ///< requests to other hosts, or not by https
  std::map<std::string, FakeOrder> orders;
  std::map<std::string, FakeAuthorization> authorizations;
  std::map<std::string, std::string> accounts;  ///< thumbprint of the key → URL
  std::map<std::string, core::PublicKey> keys;  ///< account URL → key
  int issued = 0;
  std::vector<std::string> violations;  ///< what a strict server would refuse
  [[nodiscard]] std::size_t count(const std::string& what) const;
  [[nodiscard]] std::string url(const std::string& path) const { return "https://" + host_ + "/" + path; }
  [[nodiscard]] core::Url directory_url() const;
  void forget_everybody() {
    accounts.clear();
    keys.clear();
  }

 private:
  struct Signed;
  core::FetchResponse answer(const core::FetchRequest& request);
  core::FetchResponse post(const core::FetchRequest& request, const std::string& what, const std::string& id);
  core::FetchResponse new_account(const Signed& body);
  core::FetchResponse new_order(const Signed& body);
  core::FetchResponse finalize(FakeOrder& order, const Signed& body, const std::string& id);
  core::FetchResponse order_answer(FakeOrder& order, const std::string& id);
  core::FetchResponse authorization_answer(const std::string& id);
  std::string issue(const std::string& request_der, const std::vector<std::string>& names);
  std::optional<Signed> read(const core::FetchRequest& request);
  std::string fresh_nonce();

  const core::Clock& clock_;
  std::string host_;
  std::set<std::string> nonces_;
  int number_ = 0;
  struct Issuer;
  std::unique_ptr<Issuer> issuer_;
};

core::FetchResponse problem(int status, const std::string& type, const std::string& detail = "because");

}  // namespace test_support
