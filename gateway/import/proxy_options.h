// oauth2-proxy's options, wherever they stand: configuration file, command line, environment, YAML ("alpha").
// Names and values, not what they mean for a gateway.yaml (proxy_draft.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/import/documents.h"

namespace gateway {

struct ProxyOption {
  std::string name;  ///< as in the configuration file: email_domains
  std::vector<std::string> values;
  ImportPlace at;
  /// Where a value that may be a secret comes from, if that is not the input itself.
  DraftSecret source;
  int rank = 0;  ///< of several with one name the highest counts: file, environment, command line
};

/// Who answers for a path.
struct ProxyUpstream {
  std::string path;  ///< with a slash at its end, and "^" expressions, as oauth2-proxy has them
  std::string uri;
  std::string rewrite;  ///< of an expression; empty: none
  std::optional<int> static_status;
  bool preserves_host = true;
  ImportPlace at;
};

/// A field for the app; several values are several fields.
struct ProxyHeader {
  std::string name;
  std::string claim;  ///< empty: something else than a claim
  std::string prefix;
  ImportPlace at;
};

class ProxyOptions {
 public:
  void add_cfg(const ImportFile& file, config::Findings& findings);
  void add_environment(const ImportFile& file, config::Findings& findings);
  void add_command_line(const ImportFile& file, config::Findings& findings);
  void add_alpha(const ImportDocument& document);
  /// A container of a manifest or a compose file: its words, and its variables by name.
  void add_words(const std::vector<std::pair<std::string, ImportPlace>>& words);
  void add_variable(std::string_view name, std::vector<std::string> values, ImportPlace at,
                    DraftSecret source);

  [[nodiscard]] bool empty() const { return options_.empty(); }
  [[nodiscard]] const ProxyOption* find(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const;
  /// Those that count, in the order of the input.
  [[nodiscard]] std::vector<const ProxyOption*> all() const;

  /// Of the YAML form, beside the options.
  std::vector<ProxyUpstream> upstreams;
  std::vector<ProxyHeader> headers;
  bool has_headers = false;  ///< the YAML form says them all
  /// What two proxies, or two files of one kind, say differently: whose word counts is not known.
  std::vector<std::pair<std::string, ImportPlace>> conflicts;
  /// Of the YAML form: keys that no option has.
  std::vector<std::pair<std::string, ImportPlace>> unknown_keys;

 private:
  void add(std::string_view name, std::vector<std::string> values, ImportPlace at, DraftSecret source,
           int rank);
  void add_alpha_provider(const ImportDocument& document, const config::YamlNode& provider);
  void add_alpha_upstream(const ImportDocument& document, const config::YamlNode& upstream);
  void add_alpha_header(const ImportDocument& document, const config::YamlNode& header);

  std::vector<ProxyOption> options_;
  bool has_words_ = false;  ///< a command line was read
};

/// What becomes of an option.
enum class ProxyFate : std::uint8_t {
  mapped,       ///< proxy_draft.cc reads it
  ours,         ///< means nothing here, or the gateway does it by itself
  lost,         ///< not carried over; nobody gets in by that
  restricting,  ///< not carried over, and it kept somebody out: then the sign-in admits nobody
};

struct KnownProxyOption {
  std::string_view name;
  ProxyFate fate = ProxyFate::mapped;
  bool is_list = false;
  std::string_view mend = {};
};

/// Null: not known.
const KnownProxyOption* known_proxy_option(std::string_view name);

}  // namespace gateway
