// What was found in the files of another program, before it is a gateway.yaml: plain values that say as much
// as gateway.yaml can, and notes about all that it cannot. Formats fill it (formats.h), settle.h makes one
// file of what several said, draft_writer.h writes it. Nothing here is ever more than a file said: what is
// not understood is a note, and a route whose rule is not understood answers 403.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// Where something stands in the input.
struct ImportPlace {
  std::string file;
  int line = 0;  ///< 0: the file as a whole
  [[nodiscard]] std::string text() const { return line == 0 ? file : file + ":" + std::to_string(line); }
};

/// Something that was not carried over, or not wholly.
struct ImportNote {
  ImportPlace at;
  std::string what;
  std::string mend;  ///< what to do; may be empty
};

/// A secret: where it is, never what it is.
struct DraftSecret {
  enum class Kind : std::uint8_t { none, file, env };
  Kind kind = Kind::none;
  std::string name;
};

/// Keys of gateway.yaml with one value each, as written.
using DraftEntries = std::vector<std::pair<std::string, std::string>>;

struct DraftProvider {
  std::string name;
  DraftEntries entries;  ///< type, issuer, client_id and so on
  DraftSecret client_secret;
  std::vector<std::string> tenants;
  std::vector<std::string> scopes;
  DraftEntries claims;
};

/// A machine of login.clients.
struct DraftClient {
  std::string name;
  std::string issuer;
  std::string audience;
};

/// One test of a rule: its name in gateway.yaml, and any of the values.
struct DraftTest {
  std::string
      name;  ///< "authenticated" has no values, "email_file" one path, "claim" a path before its values
  std::vector<std::string> values;
  friend bool operator==(const DraftTest&, const DraftTest&) = default;
};

/// All tests must hold; without one it is for everybody who signs in.
using DraftRule = std::vector<DraftTest>;

struct DraftPolicy {
  std::string name;
  std::vector<DraftRule> deny;
  std::vector<DraftRule> allow;
};

/// Another decision engine, which goes on deciding.
struct DraftEngine {
  std::string url;
  std::string convention;  ///< as in gateway.yaml
  std::vector<std::string> identity;
  friend bool operator==(const DraftEngine&, const DraftEngine&) = default;
};

struct DraftAccess {
  enum class Kind : std::uint8_t {
    nobody,  ///< not understood, or denied: 403
    open,
    policy,
    login,  ///< whom the sign-in of the input admits; settled by settle()
    engine,
  };
  Kind kind = Kind::nobody;
  std::string policy;         ///< of Kind::policy
  DraftEngine engine;         ///< of Kind::engine
  std::vector<DraftTest> of;  ///< of Kind::login: further tests that must hold
  friend bool operator==(const DraftAccess&, const DraftAccess&) = default;
};

enum class DraftMatch : std::uint8_t { prefix, exact, regex };

struct DraftPath {
  std::string text = "/";
  DraftMatch match = DraftMatch::prefix;
  friend bool operator==(const DraftPath&, const DraftPath&) = default;
};

struct DraftExcept {
  DraftPath path;
  DraftAccess access;
  std::vector<std::string> methods;
};

struct DraftRedirect {
  std::string to;  ///< a template of gateway.yaml
  int status = 308;
  friend bool operator==(const DraftRedirect&, const DraftRedirect&) = default;
};

struct DraftRoute {
  ImportPlace at;
  std::string host;
  DraftPath path;
  std::vector<std::pair<std::string, int>> to;  ///< URL, weight; empty with a redirect or a status
  std::optional<DraftRedirect> redirect;
  std::optional<int> status;  ///< answered by the gateway itself
  DraftAccess access;
  std::string identity;          ///< a preset; empty: the map below
  DraftEntries identity_fields;  ///< field, template
  bool forwards_id_token = false;
  std::vector<std::pair<std::string, std::vector<std::string>>> headers;  ///< conditions
  std::vector<DraftExcept> excepts;
  bool strips_prefix = false;
  std::string rewrite;        ///< a template; empty: none
  std::string rewrite_regex;  ///< which part of the path it replaces; empty: the whole
  DraftEntries set_request_headers;
  std::vector<std::string> remove_request_headers;
  DraftEntries set_response_headers;
  std::vector<std::string> remove_response_headers;
  DraftEntries cors;      ///< key, flow YAML
  DraftEntries entries;   ///< further keys with one text each
  DraftEntries timeouts;  ///< key, duration
  DraftEntries limits;    ///< key, size or rate
  std::vector<std::string> remarks;
};

/// Everything of one import.
struct Draft {
  DraftEntries listen;
  std::vector<std::string> trusted_proxies;
  std::vector<std::pair<std::string, std::string>> certificates;  ///< certificate, key
  bool had_acme = false;                                          ///< certificates were ordered by ACME there
  std::string login_host;
  std::string login_prefix;
  std::vector<std::string> return_to;
  DraftEntries session;
  DraftSecret redis_password;
  std::string redis_url;  ///< of the session store; empty: none
  std::vector<DraftProvider> providers;
  std::vector<DraftClient> clients;
  std::vector<DraftPolicy> policies;
  std::vector<DraftRoute> routes;
  /// What Kind::login stands for: a policy of `policies`; empty: no sign-in was among the files.
  std::string login_policy;
  /// The files say that nobody was to be let in by the sign-in, or it was not understood.
  bool login_is_closed = false;
  std::vector<ImportNote> notes;
  std::vector<std::string> remarks;  ///< what to know and do; nothing was lost

  void note(ImportPlace at, std::string what, std::string mend = {}) {
    notes.push_back({std::move(at), std::move(what), std::move(mend)});
  }
  /// Once, however often it is said.
  void remark(std::string text) {
    for (const std::string& said : remarks)
      if (said == text) return;
    remarks.push_back(std::move(text));
  }
};

}  // namespace gateway
