// Where control learns from where one entry of `to` is. A source is for all upstreams that have the entry; it
// tells when what it knows has changed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/kubernetes/service_watch.h"
#include "core/net/resolver.h"
#include "gateway/upstream/upstream_state.h"

namespace gateway {

class AddressSource {
 public:
  using OnChange = std::function<void()>;

  virtual ~AddressSource() = default;
  /// Its turn, again and again: asks, or begins to follow. Nothing where that is under way.
  virtual void look() = 0;
  /// Follows no more; what is known stays.
  virtual void rest() = 0;
  /// Whether it has been told something, be it that there is nothing to tell.
  [[nodiscard]] virtual bool is_attempted() const = 0;
  /// The places of `origin`, an entry that the source was made for.
  [[nodiscard]] virtual std::vector<Place> places(const config::OriginUrl& origin) const = 0;
  /// Knows from now on what `before`, a source made for the same entry, knows.
  virtual void adopt(const AddressSource& before) = 0;
};

/// A name, asked for again at each turn: the resolver answers from its cache until the time to live is over.
std::unique_ptr<AddressSource> make_name_source(core::Resolver& resolver, std::string host,
                                                AddressSource::OnChange on_change);
/// A service of a cluster, followed from the first turn on.
std::unique_ptr<AddressSource> make_service_source(core::ServiceWatchParts parts,
                                                   core::KubernetesService service, std::string zone,
                                                   AddressSource::OnChange on_change);

}  // namespace gateway
