// The one interface of what can be read: which files are of a format, and what of them goes into a draft. A
// format sees all files before any draft is made, so that their order does not matter.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "gateway/import/documents.h"
#include "gateway/import/draft.h"

namespace gateway {

class ImportFormat {
 public:
  virtual ~ImportFormat() = default;
  /// As --from names it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Whether a file that is no YAML is of it.
  [[nodiscard]] virtual bool takes_text(const ImportFile&) const { return false; }
  virtual void read_text(const ImportFile&, config::Findings&) {}
  /// Whether there is something for it in a YAML document; several formats may take one.
  [[nodiscard]] virtual bool takes(const ImportDocument& document) const = 0;
  virtual void read(const ImportDocument& document) = 0;
  /// Once, when all files are read; formats in the order of make_formats().
  virtual void draft(Draft& draft) = 0;
};

std::unique_ptr<ImportFormat> make_proxy_format();
std::unique_ptr<ImportFormat> make_ingress_format();
std::unique_ptr<ImportFormat> make_envoy_format();
std::unique_ptr<ImportFormat> make_traefik_format();
std::unique_ptr<ImportFormat> make_authelia_format();

/// All of them: who signs in first, who decides last.
std::vector<std::unique_ptr<ImportFormat>> make_formats();

}  // namespace gateway
