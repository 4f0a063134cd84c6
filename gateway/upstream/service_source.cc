// AddressSource: the endpoints of a service of a cluster.
#include <utility>

#include "gateway/upstream/address_source.h"

namespace gateway {
namespace {

class ServiceSource final : public AddressSource {
 public:
  ServiceSource(core::ServiceWatchParts parts, core::KubernetesService service, std::string zone,
                OnChange on_change)
      : watch_(std::move(parts), std::move(service), std::move(zone), std::move(on_change)) {}

  void look() override {
    if (!watch_.is_running()) watch_.start();
  }
  void rest() override { watch_.stop(); }
  [[nodiscard]] bool is_attempted() const override { return watch_.is_attempted(); }
  [[nodiscard]] std::vector<Place> places(const config::OriginUrl& origin) const override {
    return places_of_service(origin, watch_.known());
  }
  void adopt(const AddressSource& before) override {
    watch_.adopt(static_cast<const ServiceSource&>(before).watch_);
  }

 private:
  core::ServiceWatch watch_;
};

}  // namespace

std::unique_ptr<AddressSource> make_service_source(core::ServiceWatchParts parts,
                                                   core::KubernetesService service, std::string zone,
                                                   AddressSource::OnChange on_change) {
  return std::make_unique<ServiceSource>(std::move(parts), std::move(service), std::move(zone),
                                         std::move(on_change));
}

}  // namespace gateway
