// Times of certificates as the gateway's own.
#include "tls/x509_names.h"

#include <doctest/doctest.h>
#include <openssl/asn1.h>

#include <string>

#include "core/crypto/openssl.h"

namespace {

using TimeOwner = core::OpensslOwner<ASN1_TIME, ASN1_TIME_free>;

core::WallTime read(const std::string& text) {
  const TimeOwner time(ASN1_TIME_new());
  REQUIRE(ASN1_TIME_set_string(time.get(), text.c_str()) == 1);
  const auto known = tls::time_of(time.get());
  REQUIRE(known);
  return *known;
}

}  // namespace

TEST_CASE("a time beyond what wall time counts is the last or first that it does") {
  CHECK(read("20270115080000Z") == core::from_unix_seconds(1'800'000'000));
  CHECK(read("99991231235959Z") == core::from_unix_seconds(9'200'000'000));
  CHECK(read("00010101000000Z") == core::from_unix_seconds(-9'200'000'000));
  CHECK(read("99991231235959Z") > read("22000101000000Z"));
}
