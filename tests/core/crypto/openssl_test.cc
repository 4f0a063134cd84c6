#include "core/crypto/openssl.h"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <string>

#include "core/crypto/jws.h"
#include "core/crypto/seal.h"
#include "tests/core/crypto/support/tokens.h"

namespace {

using core::KeyKind;

TEST_CASE("errors are taken off the queue as text, once and within a bound") {
  CHECK(core::openssl_errors() == "no reason given");
  for (int i = 0; i < 16; ++i) ERR_raise(ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM);
  const core::Error error =
      core::openssl_error(core::ErrorKind::unverified, core::Side::client, "reading a key");
  CHECK(error.text.starts_with("reading a key: unsupported algorithm; unsupported algorithm"));
  CHECK(error.text.size() < 600);
  CHECK(core::openssl_errors() == "no reason given");
}

TEST_CASE("what is refused leaves nothing on the error queue for the next connection to find") {
  core::Random random;
  core::Sealer sealer(core::KeyRing::make({core::Secret("0123456789abcdef0123456789abcdef")}).value(),
                      core::Purpose::session, random);
  std::string sealed = sealer.seal("alice", {"name", "scope"});
  CHECK_FALSE(sealer.open(sealed, {"name", "other"}).has_value());
  CHECK(ERR_peek_error() == 0);

  for (const KeyKind kind : {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::ed25519}) {
    const core::SignatureAlgorithm algorithm = core::preferred_algorithm(kind);
    const std::string signature = core::sign(tests::test_key(kind), algorithm, "message");
    const core::PublicKey other = tests::other_key(kind).public_key();
    for (const std::string& wrong :
         {signature, signature + "x", std::string("x"), std::string(signature.size(), 'x'),
          std::string(signature.size(), '\0')}) {
      CHECK_FALSE(core::verify_signature(other, algorithm, "message", wrong));
      CHECK(ERR_peek_error() == 0);
    }
    core::PublicNumbers broken = other.numbers();
    broken.first.resize(broken.first.size() - 1);
    CHECK_FALSE(core::PublicKey::from_numbers(broken).has_value());
    CHECK(ERR_peek_error() == 0);
  }
  CHECK_FALSE(
      core::PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").has_value());
  CHECK(ERR_peek_error() == 0);
  CHECK_FALSE(core::PrivateKey::from_pem(core::Secret("x")).has_value());
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a read-only BIO reads what it was given") {
  const core::BioOwner bio = core::read_only_bio("abc");
  char bytes[4] = {};
  CHECK(BIO_read(bio.get(), bytes, sizeof bytes) == 3);
  CHECK(std::string(bytes) == "abc");
  const core::BioOwner memory(BIO_new(BIO_s_mem()));
  CHECK(core::contents_of(memory.get()).empty());
  REQUIRE(BIO_puts(memory.get(), "text") == 4);
  CHECK(core::contents_of(memory.get()) == "text");
}

}  // namespace
