#include "tls/acme/dns_update.h"

#include "core/net/dns_message.h"

#include "tests/support/doctest.h"

using namespace tls;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;

TsigKey key_of(std::string secret = "0123456789abcdef0123456789abcdef") {
  return {"gwkey", "hmac-sha256", core::Secret(std::move(secret))};
}

/// An answer to an update, unsigned: the header alone.
std::string answer_bytes(int code) {
  std::string out;
  core::append_u16(out, 7);
  core::append_u16(out, static_cast<std::uint16_t>(0xA800 | code));
  out.append(8, '\0');
  return out;
}

}  // namespace

TEST_CASE("an update adds one value or deletes that value, in its zone") {
  const DnsPlace place{"_acme-challenge.app.corp.test", "corp.test"};
  const std::string added = *dns_update(7, place, "value", DnsChange::add);
  const std::string removed = *dns_update(7, place, "value", DnsChange::remove);
  CHECK(added.substr(2, 2) == std::string("\x28\x00", 2));
  CHECK(added.find("\x05value") != std::string::npos);
  CHECK(added != removed);
  CHECK(removed.find(std::string("\x00\x10\x00\xfe\x00\x00\x00\x00", 8)) != std::string::npos);
  CHECK_FALSE(dns_update(7, place, std::string(256, 'x'), DnsChange::add));
  CHECK_FALSE(dns_update(7, {"a..b", "b"}, "x", DnsChange::add));
}

TEST_CASE("an answer counts only with the signature of the key, for this question, at this time") {
  for (const char* algorithm : {"hmac-sha256", "hmac-sha384", "hmac-sha512"}) {
    TsigKey key = key_of();
    key.algorithm = algorithm;
    const auto question =
        tsig_sign(*dns_update(7, {"a.corp.test", "corp.test"}, "x", DnsChange::add), key, kNow);
    REQUIRE(question);
    const auto answer = tsig_sign(answer_bytes(0), key, kNow, question->mac);
    REQUIRE(answer);
    CHECK(tsig_verify(answer->bytes, key, kNow, question->mac));
    CHECK(tsig_verify(answer->bytes, key, kNow + 300, question->mac));
    CHECK_FALSE(tsig_verify(answer->bytes, key, kNow + 301, question->mac));
    CHECK_FALSE(tsig_verify(answer->bytes, key, kNow - 301, question->mac));
    CHECK_FALSE(tsig_verify(answer->bytes, key, kNow, "another question"));
    TsigKey other = key_of(std::string(32, 'x'));
    other.algorithm = algorithm;
    CHECK_FALSE(tsig_verify(answer->bytes, other, kNow, question->mac));
    CHECK_FALSE(tsig_verify(answer_bytes(0), key, kNow, question->mac));
  }
}

TEST_CASE("no bit of a signed answer can be turned") {
  const TsigKey key = key_of();
  const auto answer = tsig_sign(answer_bytes(0), key, kNow, "mac");
  REQUIRE(answer);
  for (std::size_t at = 0; at < answer->bytes.size(); ++at) {
    CAPTURE(at);
    std::string turned = answer->bytes;
    turned[at] = static_cast<char>(turned[at] ^ 0x40);
    const auto verified = tsig_verify(turned, key, kNow, "mac");
    // The id is restored from the signature (it may be changed on the way); the record's time to live is
    // none.
    const bool is_ignored = at < 2 || (at >= 23 && at < 27);
    if (!is_ignored) CHECK_FALSE(verified);
  }
  for (std::size_t length = 0; length < answer->bytes.size(); ++length) {
    CHECK_FALSE(tsig_verify(answer->bytes.substr(0, length), key, kNow, "mac"));
  }
}
