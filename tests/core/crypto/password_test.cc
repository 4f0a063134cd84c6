#include "core/crypto/password.h"

#include "tests/support/doctest.h"

namespace {

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

const std::string kSalt = "AAAAAAAAAAAAAAAAAAAAAA";
const std::string kHash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

}  // namespace

TEST_CASE("the test vectors of RFC 7914 section 12 hold") {
  const core::PasswordHash small{
      10, 8, 16, "NaCl",
      bytes_of("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
               "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")};
  CHECK(core::is_password(small, core::Secret("password")));
  CHECK_FALSE(core::is_password(small, core::Secret("Password")));
  const core::PasswordHash large{
      14, 8, 1, "SodiumChloride",
      bytes_of("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
               "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")};
  CHECK(core::is_password(large, core::Secret("pleaseletmein")));
  CHECK_FALSE(core::is_password(large, core::Secret("")));
}

TEST_CASE("what a password was hashed to is read back, and is that of no other password") {
  const core::PasswordHash made = core::hash_password(core::Secret("correct horse"));
  CHECK(made.text().starts_with("$scrypt$ln=15,r=8,p=3$"));
  const core::Result<core::PasswordHash> read = core::parse_password_hash(made.text());
  REQUIRE(read);
  CHECK(read->text() == made.text());
  CHECK(core::is_password(*read, core::Secret("correct horse")));
  CHECK_FALSE(core::is_password(*read, core::Secret("correct horse ")));
  CHECK(core::hash_password(core::Secret("correct horse")).text() != made.text());
}

TEST_CASE("a password's hash that is malformed, too weak or too dear is refused") {
  const std::string rest = "$" + kSalt + "$" + kHash;
  REQUIRE(core::parse_password_hash("$scrypt$ln=15,r=8,p=3" + rest));
  REQUIRE(core::parse_password_hash("$scrypt$ln=14,r=8,p=1" + rest));
  REQUIRE(core::parse_password_hash("$scrypt$ln=18,r=8,p=1" + rest));
  for (const char* cost :
       {"", "$scrypt", "$scrypt$ln=13,r=8,p=1", "$scrypt$ln=15,r=7,p=1", "$scrypt$ln=15,r=8,p=0",
        "$scrypt$ln=19,r=8,p=1", "$scrypt$ln=15,r=8,p=17", "$scrypt$ln=99,r=8,p=1",
        "$scrypt$ln=15,r=4294967295,p=1", "$scrypt$ln=15,r=4294967296,p=1", "$scrypt$ln=015,r=8,p=1",
        "$scrypt$ln=-15,r=8,p=1", "$scrypt$ln=15,r=8", "$scrypt$r=8,ln=15,p=1", "$scrypt$ln=15,r=8,p=1,x=1",
        "$2b$12", "$argon2id$v=19$m=65536,t=3,p=4"}) {
    CAPTURE(cost);
    CHECK_FALSE(core::parse_password_hash(cost + rest));
  }
  const std::string cost = "$scrypt$ln=15,r=8,p=3";
  for (const std::string& end :
       {std::string(), "$" + kSalt, "$" + kSalt + "$", "$$" + kHash, "$AAAA$" + kHash, "$" + kSalt + "$AAAA",
        "$" + kSalt + "$" + kHash + "=", "$" + kSalt + "$" + kHash + "$", "$!" + kSalt + "$" + kHash,
        "$" + kSalt + "$" + std::string(400, 'A')}) {
    CAPTURE(end);
    CHECK_FALSE(core::parse_password_hash(cost + end));
  }
}
