#include "core/crypto/digest.h"

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/crypto/support/hexadecimal.h"

namespace {

using core::view_of;
using tests::from_hex;
using tests::to_hex;

TEST_CASE("the digests of FIPS 180-4's example come out") {
  CHECK(to_hex(view_of(core::sha1("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(to_hex(view_of(core::sha256("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(view_of(core::sha256(""))) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(view_of(core::sha384("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  CHECK(to_hex(view_of(core::sha512("abc"))) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        "454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("text hashed in pieces gives the digest of the whole, and the stream starts afresh") {
  core::Sha256Stream stream;
  for (int round = 0; round < 2; ++round) {
    stream.update("a");
    stream.update("");
    stream.update("bc");
    CHECK(stream.finish() == core::sha256("abc"));
  }
  core::Sha256Stream moved = std::move(stream);
  moved.update("abc");
  CHECK(moved.finish() == core::sha256("abc"));
}

TEST_CASE("HMAC-SHA256 gives the codes of RFC 4231") {
  CHECK(
      to_hex(view_of(core::hmac_sha256(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), "Hi There"))) ==
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(view_of(core::hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(view_of(core::hmac_sha256(std::string(131, '\xaa'),
                                         "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // An empty key is a key, also where the view has no address.
  CHECK(to_hex(view_of(core::hmac_sha256({}, {}))) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("HKDF gives the keys of RFC 5869 appendix A") {
  struct Row {
    std::string secret;
    std::string salt;
    std::string info;
    std::string derived;
  };
  const std::vector<Row> rows = {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
       "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
       "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
       "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
       "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
       "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
       "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (const Row& row : rows) {
    const core::Secret derived = core::hkdf_sha256(from_hex(row.secret), from_hex(row.salt),
                                                   from_hex(row.info), row.derived.size() / 2);
    CHECK(to_hex(derived.reveal()) == row.derived);
  }
}

TEST_CASE("the constant-time comparison agrees with the ordinary one") {
  CHECK(core::constant_time_equal("", ""));
  CHECK(core::constant_time_equal({}, ""));
  CHECK(core::constant_time_equal("same", "same"));
  CHECK_FALSE(core::constant_time_equal("same", "samf"));
  CHECK_FALSE(core::constant_time_equal("same", "tame"));
  CHECK_FALSE(core::constant_time_equal("same", "sam"));
  CHECK_FALSE(core::constant_time_equal("", "s"));
  CHECK_FALSE(core::constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

/// The quickest of many comparisons: what else the machine does only makes some slower.
std::chrono::nanoseconds quickest(std::string_view left, std::string_view right) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 300; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const bool is_equal = core::constant_time_equal(left, right);
    best = std::min(best, std::chrono::steady_clock::now() - start);
    CHECK(is_equal == (left == right));
  }
  return best;
}

TEST_CASE("L18: the constant-time comparison takes as long wherever the first difference is") {
  // So long that to stop at the first byte would be a thousand times quicker than to go on to the last.
  const std::string secret(64 * 1024, 's');
  std::string first = secret;
  first.front() = 'x';
  std::string middle = secret;
  middle[secret.size() / 2] = 'x';
  std::string last = secret;
  last.back() = 'x';
  const auto whole = quickest(secret, std::string(secret));
  for (const std::string* guess : {&first, &middle, &last}) {
    const auto time = quickest(secret, *guess);
    CHECK(time * 4 > whole * 3);
    CHECK(time * 3 < whole * 4);
  }
}

}  // namespace
