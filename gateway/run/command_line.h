// The command line: one command a process, its options, and help. Not here: doing what was asked (main.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "gateway/run/explain.h"

namespace gateway {

enum class CommandName {
  run,
  check,
  explain,
  import_other,
  certificates,
  sessions,
  tokens,
  approvals,
  reload,
  status,
  log_level,
  profile,
  upgrade,
  demo,
  keygen,
  login,
  break_glass,
  version,
  help
};

enum class CertificateAction { list, export_one, renew, revoke, rollover };

/// Whose sessions `gateway sessions` lists or ends.
struct SessionsWish {
  bool is_list = false;
  std::string of;        ///< user, sub, session or all
  std::string name;      ///< empty: all
  std::string provider;  ///< empty: at any
};

/// What `gateway approvals` does.
struct ApprovalsWish {
  std::string act;    ///< approve, reject or withdraw; empty: list
  std::string id;     ///< of whom
  std::string until;  ///< approve: the last day; empty: without an end
  // list: empty means any
  std::string policy;
  std::string state;
  std::string text;  ///< in the e-mail, name, user name or subject
};

/// Where `gateway login` asks for a token, and what becomes of it.
struct LoginWish {
  std::string url;
  std::string prefix = "/oauth2";      ///< login.prefix there
  std::string ca;                      ///< PEM whose certificates count; empty: the system's
  std::string name = "gateway login";  ///< what the person is told that asks
  std::string file;                    ///< empty: the usual one
  bool print = false;                  ///< to standard output, and to no file
};

/// Whose account `gateway break-glass` makes.
struct BreakGlassWish {
  std::string user;
  std::string email;  ///< empty: none
  std::vector<std::string> groups;
};

/// What `gateway import` reads, and where it writes.
struct ImportWish {
  std::string from = "auto";
  std::vector<std::string> files;  ///< "-": standard input
  std::string output;              ///< empty: standard output
};

struct Command {
  CommandName name = CommandName::help;
  CertificateAction certificate_action = CertificateAction::list;
  std::uint16_t port = 8443;  ///< demo: of the gateway
  bool strict = false;        ///< check: warnings fail too
  bool online = false;        ///< check: also whether what the file names is there
  bool print = false;         ///< check: the effective configuration on standard output
  bool with_key = false;      ///< certificates export: its private key too
  bool order_anew = true;     ///< certificates revoke
  bool as_json = false;       ///< explain, status
  std::string config_path = "/etc/gateway/gateway.yaml";
  std::string directory;  ///< demo: where its certificates and state go; empty: a new one, removed at the end
  std::string certificate_host;   ///< certificates: of which host; renew: "--all" for all
  std::string revocation_reason;  ///< certificates revoke
  std::string control_path;       ///< of those that ask a running gateway; empty: as the file says
  int seconds = 0;                ///< profile: how long it takes
  std::string log_level;          ///< of a running gateway, from now on; empty: which it is
  SessionsWish sessions;
  std::string token_id;  ///< tokens revoke: which; empty: tokens list
  ApprovalsWish approvals;
  LoginWish login;
  ExplainQuestion explain;
  BreakGlassWish break_glass;
  ImportWish import;
};

/// The arguments after the program's name. The error is one sentence and the mend.
core::Result<Command> parse_command(const std::vector<std::string_view>& arguments);
/// The text of `gateway --help`.
std::string_view help_text();

}  // namespace gateway
