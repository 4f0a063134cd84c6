// AddressSource: the addresses of a name.
#include <algorithm>
#include <utility>

#include "gateway/upstream/address_source.h"

namespace gateway {
namespace {

class NameSource final : public AddressSource {
 public:
  NameSource(core::Resolver& resolver, std::string host, OnChange on_change)
      : resolver_(resolver), host_(std::move(host)), on_change_(std::move(on_change)) {}

  void look() override {
    if (asking_.is_running()) return;
    asking_.start(resolver_.resolve(host_),
                  [this](core::Result<core::Addresses> found) { take(std::move(found)); });
  }
  /// A question under way is answered soon.
  void rest() override {}
  [[nodiscard]] bool is_attempted() const override { return is_attempted_; }
  [[nodiscard]] std::vector<Place> places(const config::OriginUrl& origin) const override {
    return places_of(origin, addresses_);
  }
  void adopt(const AddressSource& before) override {
    addresses_ = static_cast<const NameSource&>(before).addresses_;
  }

 private:
  void take(core::Result<core::Addresses> found) {
    is_attempted_ = true;
    core::Addresses addresses = std::move(found).value_or(core::Addresses());
    if (std::ranges::is_permutation(addresses, addresses_)) return;
    addresses_ = std::move(addresses);
    on_change_();
  }

  core::Resolver& resolver_;
  std::string host_;
  OnChange on_change_;
  core::Addresses addresses_;  // empty: nobody knows
  bool is_attempted_ = false;
  core::RunningFlow<core::Addresses> asking_;
};

}  // namespace

std::unique_ptr<AddressSource> make_name_source(core::Resolver& resolver, std::string host,
                                                AddressSource::OnChange on_change) {
  return std::make_unique<NameSource>(resolver, std::move(host), std::move(on_change));
}

}  // namespace gateway
