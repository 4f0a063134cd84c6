// What a certificate's own authority says of it (OCSP, RFC 6960 in the profile of RFC 5019): the question,
// and whether an answer may be stapled (RFC 6066 section 8). Not here: who asks, and when
// (tls/issue/stapler).
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/text/url.h"
#include "tls/certificate.h"

namespace tls {

struct OcspQuestion {
  core::Url responder;  ///< http
  std::string request;  ///< DER, without a nonce: responders give out what they signed before
};

/// Fails if the certificate names no responder, or its file has no issuer behind it.
core::Result<OcspQuestion> ocsp_question(const Certificate& certificate);

struct OcspAnswer {
  std::string der;
  core::WallTime since;
  core::WallTime until;
  std::string revoked;  ///< why; empty: the certificate is good, and the answer may be stapled
};

/// Takes what clients will take: about this certificate, signed by its issuer or whom the issuer named for
/// it, of now (five minutes of clock difference), with an end, and of a certificate that the authority knows.
core::Result<OcspAnswer> check_ocsp_answer(const Certificate& certificate, std::string der,
                                           core::WallTime now);

}  // namespace tls
