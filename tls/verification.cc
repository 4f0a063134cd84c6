#include "tls/verification.h"

#include <fmt/format.h>

#include "tls/x509_names.h"

namespace tls {
namespace {

constexpr std::size_t kMaxNamesShown = 8;

std::string names_shown(const X509* certificate) {
  const SubjectNames names = subject_names(certificate);
  std::string text;
  std::size_t shown = 0;
  const auto add = [&](const std::string& name) {
    if (++shown > kMaxNamesShown) return;
    if (!text.empty()) text += ", ";
    text += name;
  };
  for (const std::string& name : names.dns) add(name);
  for (const core::IpAddress& address : names.addresses) add(address.text());
  if (shown > kMaxNamesShown) text += ", …";
  return text.empty() ? "no name at all (subjectAltName is missing)" : text;
}

std::string date_shown(const ASN1_TIME* time) {
  const std::optional<core::WallTime> known = time_of(time);
  return known ? date_text(*known) : "a date that cannot be read";
}

}  // namespace

int record_verification(int accepted, X509_STORE_CTX* store) {
  if (accepted == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* verification = ssl == nullptr ? nullptr : static_cast<Verification*>(SSL_get_app_data(ssl));
  if (verification != nullptr && verification->error == X509_V_OK) {
    verification->error = X509_STORE_CTX_get_error(store);
    X509* culprit = X509_STORE_CTX_get_current_cert(store);
    if (culprit != nullptr && X509_up_ref(culprit) == 1) verification->culprit.reset(culprit);
  }
  return 0;
}

std::string describe(const Verification& verification) {
  const X509* culprit = verification.culprit.get();
  const std::string& wanted = verification.wanted;
  const char* reason = X509_verify_cert_error_string(verification.error);
  if (culprit == nullptr) return fmt::format("the certificate of {} does not verify: {}", wanted, reason);
  const std::string subject = name_text(X509_get_subject_name(culprit));
  switch (verification.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("the certificate of {} (\"{}\") expired at {}; it must be renewed there", wanted,
                         subject, date_shown(X509_get0_notAfter(culprit)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format(
          "the certificate of {} (\"{}\") is not valid before {}; check the clocks of both machines", wanted,
          subject, date_shown(X509_get0_notBefore(culprit)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format(
          "the certificate is for {} and not for {}; if that server is meant, name it as server_name",
          names_shown(culprit), wanted);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format(
          "the certificate of {} is signed by \"{}\" itself, which is not trusted; give it as ca", wanted,
          subject);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "the certificate of {} is issued by \"{}\", which is not trusted; give that issuer as ca, or let "
          "the server send "
          "its whole chain",
          wanted, name_text(X509_get_issuer_name(culprit)));
    default:
      return fmt::format("the certificate of {} (\"{}\") does not verify: {}", wanted, subject, reason);
  }
}

}  // namespace tls
