// What the annotations of one Ingress of ingress-nginx say of its routes.
#pragma once

#include "gateway/import/documents.h"
#include "gateway/import/draft.h"

namespace gateway {

/// The annotations of one Ingress.
class IngressRules {
 public:
  explicit IngressRules(const ImportDocument& document);

  /// The value of an annotation of ingress-nginx; empty without.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const { return text(name) == "true"; }
  [[nodiscard]] ImportPlace place(std::string_view name) const;
  /// http, https, h2c, h2; empty where the app speaks something else.
  [[nodiscard]] std::string scheme() const;

  /// Access and everything else that all routes of the Ingress share, and the notes of what is not carried
  /// over.
  void apply(DraftRoute& route, Draft& draft) const;
  /// Notes once an Ingress.
  void note_rest(Draft& draft) const;

 private:
  void apply_access(DraftRoute& route, Draft& draft) const;
  void apply_engine(const std::string& url, DraftRoute& route, Draft& draft) const;
  void apply_login(const std::string& query, DraftRoute& route, Draft& draft) const;
  void apply_identity(DraftRoute& route, Draft& draft) const;
  void apply_networks(DraftRoute& route, Draft& draft) const;
  void apply_upstream(DraftRoute& route, Draft& draft) const;
  void apply_limits(DraftRoute& route, Draft& draft) const;
  void apply_cross_origin(DraftRoute& route) const;
  void close(std::string_view annotation, std::string what, DraftRoute& route, Draft& draft) const;

  const ImportDocument& document_;
  const config::YamlNode* annotations_;
};

}  // namespace gateway
