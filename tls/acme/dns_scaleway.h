// TXT records through Scaleway's DNS API (domain/v2beta1): one change a request, matched by name, type and
// value, so that what others wrote stays.
#pragma once

#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/text/url.h"
#include "tls/acme/dns01.h"

namespace tls {

class DnsScaleway final : public DnsWriter {
 public:
  /// `http` must outlive it; `api` is the origin alone.
  DnsScaleway(core::HttpClient& http, core::Url api, core::Secret secret_key)
      : http_(http), api_(std::move(api)), secret_key_(std::move(secret_key)) {}

  core::Flow<> add(DnsPlace place, std::string value) override;
  core::Flow<> remove(DnsPlace place, std::string value) override;
  [[nodiscard]] bool finds_zones() const override { return false; }

 private:
  core::Flow<> change(DnsPlace place, std::string body);

  core::HttpClient& http_;
  core::Url api_;
  core::Secret secret_key_;
};

}  // namespace tls
