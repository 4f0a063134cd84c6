#include "tls/certificate_outline.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "core/text/base64.h"
#include "tls/der.h"

namespace tls {
namespace {

using core::octets;

// The contents of object identifiers.
constexpr std::string_view kEllipticKey("\x2a\x86\x48\xce\x3d\x02\x01", 7);
constexpr std::string_view kRsaKey("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9);
constexpr std::string_view kP256("\x2a\x86\x48\xce\x3d\x03\x01\x07", 8);
constexpr std::string_view kP384("\x2b\x81\x04\x00\x22", 5);
constexpr std::string_view kAlternativeNames("\x55\x1d\x11", 3);
constexpr std::string_view kAuthorityKeyId("\x55\x1d\x23", 3);
constexpr std::string_view kFeatures("\x2b\x06\x01\x05\x05\x07\x01\x18", 8);

constexpr std::string_view kZero("\0", 1);
constexpr std::string_view kVersion3("\x02", 1);
constexpr std::string_view kStatusRequest("\x05", 1);  // the extension's number (RFC 6066)
constexpr std::size_t kMinRsaOctets = 2048 / 8;

std::string renewal_id(std::string_view authority_key_id, std::string_view serial) {
  return core::base64url_encode(authority_key_id) + "." + core::base64url_encode(serial);
}

/// The parts of a certificate that are looked at, as they lie in its bytes.
struct Parts {
  std::string_view serial;
  std::string_view not_before;  // whole elements
  std::string_view not_after;
  std::string_view public_key;  // what is in SubjectPublicKeyInfo
  std::optional<std::string_view> alternative_names;
  std::optional<std::string_view> authority_key_id;
  std::optional<std::string_view> features;
};

/// False: one that is looked at stands there twice.
bool take_extensions(DerReader all, Parts& parts) {
  bool is_twice = false;
  while (!all.is_at_end()) {
    DerReader extension = all.enter(der::kSequence);
    const std::string_view id = extension.content(der::kName);
    if (extension.sees(der::kBoolean)) extension.skip();
    const std::string_view value = extension.content(der::kOctets);
    if (!extension.is_done()) return false;
    for (const auto& [name, place] :
         {std::pair{kAlternativeNames, &parts.alternative_names},
          std::pair{kAuthorityKeyId, &parts.authority_key_id}, std::pair{kFeatures, &parts.features}}) {
      if (id != name) continue;
      is_twice |= place->has_value();
      *place = value;
    }
  }
  return all.is_done() && !is_twice;
}

std::optional<Parts> parts_of(std::string_view certificate) {
  if (!is_well_formed_der(certificate)) return std::nullopt;
  Parts parts;
  DerReader outside(certificate);
  DerReader signed_part = outside.enter(der::kSequence);
  DerReader body = signed_part.enter(der::kSequence);
  const std::string_view algorithm_outside = signed_part.whole(der::kSequence);
  const bool is_signed = signed_part.content(der::kBits).starts_with('\0');
  DerReader version = body.enter(der::constructed(0));
  const bool is_version_3 = version.integer() == kVersion3 && version.is_done();
  parts.serial = body.integer();
  const std::string_view algorithm = body.whole(der::kSequence);
  body.whole(der::kSequence);  // issuer
  DerReader validity = body.enter(der::kSequence);
  constexpr std::uint8_t kShortTime = 0x17;
  constexpr std::uint8_t kLongTime = 0x18;
  parts.not_before = validity.whole(validity.sees(kShortTime) ? kShortTime : kLongTime);
  parts.not_after = validity.whole(validity.sees(kShortTime) ? kShortTime : kLongTime);
  body.whole(der::kSequence);  // subject
  parts.public_key = body.content(der::kSequence);
  DerReader extensions = body.enter(der::constructed(3));
  const bool is_good = is_version_3 && is_signed &&
                       take_extensions(extensions.enter(der::kSequence), parts) && extensions.is_done() &&
                       validity.is_done() && body.is_done() && signed_part.is_done() && outside.is_done() &&
                       algorithm == algorithm_outside;
  if (!is_good) return std::nullopt;
  return parts;
}

std::optional<core::WallTime> time_in(std::string_view element) {
  const unsigned char* at = octets(element);
  const core::OpensslOwner<ASN1_TIME, ASN1_TIME_free> time(
      d2i_ASN1_TIME(nullptr, &at, static_cast<long>(element.size())));
  ERR_clear_error();
  return time_of(time.get());
}

std::optional<SubjectNames> names_in(std::string_view element) {
  const unsigned char* at = octets(element);
  const core::OpensslOwner<GENERAL_NAMES, GENERAL_NAMES_free> all(
      d2i_GENERAL_NAMES(nullptr, &at, static_cast<long>(element.size())));
  ERR_clear_error();
  if (all == nullptr || at != octets(element) + element.size()) return std::nullopt;
  return subject_names(all.get());
}

/// A public key as certificates and private keys both say it.
struct PublicKey {
  std::string_view kind;   // kEllipticKey, kRsaKey
  std::string_view curve;  // of elliptic keys
  std::string_view point;
  std::string_view modulus;
  std::string_view exponent;
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

bool take_algorithm(DerReader algorithm, PublicKey& key) {
  key.kind = algorithm.content(der::kName);
  if (key.kind == kEllipticKey) {
    key.curve = algorithm.content(der::kName);
  } else {
    algorithm.content(der::kNull);
  }
  return algorithm.is_done();
}

/// Whether it is known to be one that can serve.
bool is_usual(const PublicKey& key) {
  const auto is_point = [&](std::size_t octets_each) {
    return key.point.size() == 2 + 2 * octets_each && key.point.starts_with(std::string_view("\0\x04", 2));
  };
  if (key.kind == kEllipticKey)
    return (key.curve == kP256 && is_point(32)) || (key.curve == kP384 && is_point(48));
  // The first octet of a modulus with its highest bit set is a zero.
  return key.kind == kRsaKey && key.modulus.size() > kMinRsaOctets && key.modulus[0] == 0 &&
         !key.exponent.empty();
}

std::optional<PublicKey> public_key_in(std::string_view info) {
  PublicKey key;
  DerReader reader(info);
  const bool is_known = take_algorithm(reader.enter(der::kSequence), key);
  std::string_view bits = reader.content(der::kBits);
  if (!is_known || !reader.is_done() || bits.empty()) return std::nullopt;
  if (key.kind == kEllipticKey) {
    key.point = bits;
    return key;
  }
  bits.remove_prefix(1);
  DerReader outside(bits);
  DerReader numbers = outside.enter(der::kSequence);
  key.modulus = numbers.integer();
  key.exponent = numbers.integer();
  if (!numbers.is_done() || !outside.is_done()) return std::nullopt;
  return key;
}

/// RFC 5915: version, private octets, curve, point.
bool take_elliptic(DerReader reader, PublicKey& key) {
  key.kind = kEllipticKey;
  const bool is_version_1 = reader.integer() == std::string_view("\1", 1);
  const std::string_view number = reader.content(der::kOctets);
  if (reader.sees(der::constructed(0))) {
    const std::string_view curve = reader.enter(der::constructed(0)).content(der::kName);
    // Where it is wrapped, the wrapping says it too.
    if (!key.curve.empty() && curve != key.curve) return false;
    key.curve = curve;
  }
  key.point = reader.enter(der::constructed(1)).content(der::kBits);
  const std::size_t octets_each = key.curve == kP256 ? 32 : 48;
  return is_version_1 && reader.is_done() && number.size() == octets_each;
}

/// RFC 8017 appendix A.1.2: version, modulus, exponent, and six numbers more.
bool take_rsa(DerReader reader, PublicKey& key) {
  key.kind = kRsaKey;
  const bool is_of_two_primes = reader.integer() == kZero;
  key.modulus = reader.integer();
  key.exponent = reader.integer();
  for (int i = 0; i < 6; ++i) reader.integer();
  return is_of_two_primes && reader.is_done();
}

std::optional<PublicKey> public_key_of(std::string_view private_key) {
  if (!is_well_formed_der(private_key)) return std::nullopt;
  PublicKey key;
  DerReader plain = DerReader(private_key).enter(der::kSequence);
  DerReader wrapped = plain;
  plain.content(der::kInteger);
  if (plain.sees(der::kSequence)) {
    const bool is_usual = wrapped.integer() == kZero && take_algorithm(wrapped.enter(der::kSequence), key);
    const std::string_view inside = wrapped.content(der::kOctets);
    if (!is_usual || !is_well_formed_der(inside)) return std::nullopt;
    const DerReader numbers = DerReader(inside).enter(der::kSequence);
    const bool is_known = (key.kind == kEllipticKey && take_elliptic(numbers, key)) ||
                          (key.kind == kRsaKey && take_rsa(numbers, key));
    if (!is_known || !wrapped.is_done()) return std::nullopt;
    return key;
  }
  const DerReader numbers = DerReader(private_key).enter(der::kSequence);
  const bool is_known = plain.sees(der::kOctets) ? take_elliptic(numbers, key) : take_rsa(numbers, key);
  if (!is_known) return std::nullopt;
  return key;
}

/// The serial as its DER value: minimal two's complement, so a leading zero where the high bit is set.
std::string serial_octets(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
  std::string out;
  if (size > 0) {
    DerReader reader({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    out = reader.integer();
  }
  OPENSSL_free(der);
  return out;
}

bool is_status_request(std::string_view features) {
  DerReader outside(features);
  DerReader all = outside.enter(der::kSequence);
  bool is_found = false;
  while (!all.is_at_end()) is_found |= all.content(der::kInteger) == kStatusRequest;
  return is_found;
}

/// RFC 5280 section 4.2.1.1. Nothing: it is malformed; empty: it says something else than a key id.
std::optional<std::string_view> key_id_in(std::string_view authority_key_id) {
  DerReader outside(authority_key_id);
  DerReader parts = outside.enter(der::kSequence);
  std::string_view id;
  if (parts.sees(der::primitive(0))) id = parts.content(der::primitive(0));
  if (parts.has_failed() || !outside.is_done()) return std::nullopt;
  return id;
}

/// What the first extension of this kind says, as DER; empty: there is none.
std::string_view extension_of(const X509* certificate, int kind) {
  const int place = X509_get_ext_by_NID(certificate, kind, -1);
  if (place < 0) return {};
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate, place));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

}  // namespace

std::optional<CertificateOutline> outline_of(const X509* certificate) {
  CertificateOutline outline;
  const auto not_before = time_of(X509_get0_notBefore(certificate));
  const auto not_after = time_of(X509_get0_notAfter(certificate));
  if (!not_before || !not_after) return std::nullopt;
  outline.not_before = *not_before;
  outline.not_after = *not_after;
  outline.names = subject_names(certificate);
  outline.must_staple = is_status_request(extension_of(certificate, NID_tlsfeature));
  const std::string_view id = key_id_in(extension_of(certificate, NID_authority_key_identifier)).value_or("");
  if (!id.empty()) outline.renewal_id = renewal_id(id, serial_octets(certificate));
  return outline;
}

std::optional<CertificateOutline> quick_outline_of(std::string_view certificate) {
  const std::optional<Parts> parts = parts_of(certificate);
  if (!parts || !parts->alternative_names) return std::nullopt;
  CertificateOutline outline;
  std::optional<SubjectNames> names = names_in(*parts->alternative_names);
  const auto not_before = time_in(parts->not_before);
  const auto not_after = time_in(parts->not_after);
  if (!names || !not_before || !not_after) return std::nullopt;
  outline.names = std::move(*names);
  outline.not_before = *not_before;
  outline.not_after = *not_after;
  outline.must_staple = parts->features && is_status_request(*parts->features);
  if (parts->authority_key_id) {
    const std::optional<std::string_view> id = key_id_in(*parts->authority_key_id);
    if (!id) return std::nullopt;
    if (!id->empty()) outline.renewal_id = renewal_id(*id, parts->serial);
  }
  return outline;
}

bool is_quickly_certificate(std::string_view certificate) {
  return parts_of(certificate).has_value();
}

bool is_quickly_key_of(std::string_view key, std::string_view certificate) {
  const std::optional<Parts> parts = parts_of(certificate);
  if (!parts) return false;
  const std::optional<PublicKey> wanted = public_key_in(parts->public_key);
  const std::optional<PublicKey> found = public_key_of(key);
  return wanted && found && is_usual(*wanted) && *wanted == *found;
}

}  // namespace tls
