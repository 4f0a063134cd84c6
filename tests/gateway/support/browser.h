// A browser as far as sign-in is concerned: a cookie jar for each host, navigations, and the request values
// that the gateway judges. It follows nothing by itself: tests say each step. Include before doctest.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/http/fields.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace test_support {

/// A request that owns what it views.
class OwnedRequest {
 public:
  OwnedRequest(std::string method, std::string_view url, core::WallTime now);
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;
  OwnedRequest& with(std::string name, std::string value);
  /// Outlives it.
  OwnedRequest& shows(const gateway::ShownCertificate& certificate) {
    request_.certificate = &certificate;
    return *this;
  }
  /// As this address's.
  OwnedRequest& from(std::string_view address);
  /// The fields of a top-level navigation, as browsers send them.
  OwnedRequest& as_navigation(std::string site = "none");
  [[nodiscard]] const gateway::Request& request() const { return request_; }

 private:
  std::deque<std::string> texts_;
  core::Fields fields_;
  gateway::Request request_;
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
};

class Browser {
 public:
  explicit Browser(const core::Clock& clock) : clock_(clock) {}

  /// A navigation to `url` with the cookies of its host.
  [[nodiscard]] std::unique_ptr<OwnedRequest> navigate(std::string_view url, std::string method = "GET",
                                                       std::string site = "none") const;
  /// A request of a script.
  [[nodiscard]] std::unique_ptr<OwnedRequest> fetch(std::string_view url, std::string method = "GET") const;
  /// Keeps and drops cookies as `reply` from `url` says, by the rules of RFC 6265bis (__Host- included).
  void take(std::string_view url, const gateway::Reply& reply);
  void take(std::string_view url, const std::vector<std::string>& set_cookies);

  /// "" if there is none. `scope` is a host, or a domain for cookies with Domain.
  [[nodiscard]] std::string cookie(const std::string& scope, const std::string& name) const;
  void set_cookie(const std::string& scope, const std::string& name, const std::string& value);
  void drop_cookie(const std::string& scope, const std::string& name);
  [[nodiscard]] std::vector<std::string> cookie_names(const std::string& scope) const;
  /// Everything of one scope forgotten.
  void forget(const std::string& scope) { jar_.erase(scope); }

 private:
  struct Kept {
    std::string value;
    bool for_domain = false;
  };
  [[nodiscard]] std::string cookie_field(std::string_view host) const;
  void take_one(const std::string& host, const std::string& set_cookie);

  const core::Clock& clock_;
  std::map<std::string, std::map<std::string, Kept>> jar_;
};

/// The first value of a field of a reply, "" if there is none.
std::string field_of(const gateway::Reply& reply, std::string_view name);
std::vector<std::string> fields_of(const gateway::Reply& reply, std::string_view name);
/// The decoded value of a parameter in a URL's query, "" if there is none.
std::string parameter_of(const std::string& url, std::string_view name);

}  // namespace test_support
