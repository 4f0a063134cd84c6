#include "core/crypto/totp.h"

#include "tests/support/doctest.h"

namespace {

/// Of the appendices of RFC 4226 and RFC 6238.
const core::Secret kKey("12345678901234567890");

}  // namespace

TEST_CASE("the codes of RFC 4226 appendix D come out") {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  std::int64_t counter = 0;
  for (const char* code : codes) CHECK(core::totp_code(kKey, counter++) == code);
}

TEST_CASE("the codes of RFC 6238 appendix B come out, by their last six digits") {
  struct Row {
    std::int64_t seconds;
    std::string_view code;
  };
  const Row rows[] = {{59, "287082"},
                      {1'111'111'109, "081804"},
                      {1'111'111'111, "050471"},
                      {1'234'567'890, "005924"},
                      {2'000'000'000, "279037"},
                      {20'000'000'000, "353130"}};
  for (const Row& row : rows) {
    CAPTURE(row.seconds);
    CHECK(core::totp_code(kKey, row.seconds / 30) == row.code);
  }
}

TEST_CASE("a code counts one step early and one step late, and is that step's") {
  const core::WallTime now = core::from_unix_seconds(1'234'567'890);
  const std::int64_t step = 1'234'567'890 / 30;
  for (const std::int64_t other : {step - 1, step, step + 1})
    CHECK(core::totp_step_of(kKey, core::totp_code(kKey, other), now) == other);
  for (const std::int64_t other : {step - 2, step + 2})
    CHECK_FALSE(core::totp_step_of(kKey, core::totp_code(kKey, other), now));
  for (const char* code : {"", "0", "00592", "0059245", "005 924", "00592x"})
    CHECK_FALSE(core::totp_step_of(kKey, code, now));
}
