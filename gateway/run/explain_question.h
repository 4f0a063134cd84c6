// From the words of the command line to a request and an identity, made by the code that makes those of a
// sign-in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/http/fields.h"
#include "core/net/address.h"
#include "core/text/url.h"
#include "gateway/model/identity.h"
#include "gateway/run/explain.h"

namespace gateway {

/// A question that can be asked. Views of fields() live as long as it.
struct AskedRequest {
  std::string method;
  bool is_https = true;
  core::Authority authority;
  std::string authority_text;  ///< as Host says it
  std::string target;          ///< path and query as written
  core::IpAddress from;
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] core::Fields fields() const;
  /// The head of HTTP/1.1, with these lines besides.
  [[nodiscard]] std::string head(std::string_view further) const;
};

core::Result<AskedRequest> read_request(const ExplainQuestion& question);
/// Who a sign-in at the provider with these claims would make; nothing where nobody is meant.
core::Result<std::optional<Identity>> read_identity(const ExplainQuestion& question,
                                                    const config::Config& config, core::WallTime now);

}  // namespace gateway
