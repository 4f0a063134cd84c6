// Who a session or a token is for: what the provider proved at sign-in, or the issuer of the token says,
// reduced to what policies and headers use.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/text/json.h"

namespace gateway {

/// The key of a person is (issuer, subject): the same e-mail from two providers is two people.
struct Identity {
  std::string session_id;  ///< one a sign-in, 128 random bits
  std::string provider;    ///< name in gateway.yaml; empty of a machine
  /// Of a machine: its name in login.clients or login.client_certificates. It came with a bearer token or a
  /// certificate and has no session. Never in a cookie.
  std::string client;
  /// Of a machine: it is known by a certificate, which browsers show to any page's requests.
  bool by_certificate = false;
  /// Of a person who is known by a personal token: its id. Never in a cookie.
  std::string token;
  std::string issuer;
  std::string subject;
  std::string user;                         ///< claims.user of the provider, else the subject
  std::string email;                        ///< as the provider wrote it; empty if none, or several
  std::vector<std::string> several_emails;  ///< where the claim has more than one: for deny, never identity
  bool email_counts = false;                ///< verified, or the operator trusts this provider's e-mail
  std::string name;
  std::string preferred_username;
  std::vector<std::string> groups;
  std::vector<std::string> roles;  ///< only where a policy asks for roles
  std::string
      provider_session;      ///< `sid` of the ID token: the session at the provider; empty if it names none
  core::WallTime proven_at;  ///< `iat` of the ID token: the moment of sign-in by the provider's clock
  core::Json claims;         ///< object of the claims that policies and templates of the configuration name
  core::WallTime signed_in_at;
  core::WallTime expires_at;  ///< absolute end of the session, or of the token

  /// Whether each request proves it by itself, by nothing that a browser sends unasked.
  [[nodiscard]] bool is_by_token() const { return (!client.empty() && !by_certificate) || !token.empty(); }
};

}  // namespace gateway
