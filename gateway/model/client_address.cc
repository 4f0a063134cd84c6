#include "gateway/model/client_address.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/http/forwarded.h"

namespace gateway {
namespace {

std::unexpected<core::Error> malformed(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::client, std::move(text));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What X-Forwarded-Proto says. Twice it says nothing that could be believed.
enum class Said { nothing, https, other };
Said forwarded_proto(const core::Fields& fields) {
  if (!fields.has(core::FieldId::x_forwarded_proto)) return Said::nothing;
  const bool is_https = fields.count(core::FieldId::x_forwarded_proto) == 1 &&
                        core::equals_ignoring_case(*fields.find(core::FieldId::x_forwarded_proto), "https");
  return is_https ? Said::https : Said::other;
}

Said said_of(std::string_view proto) {
  if (proto.empty()) return Said::nothing;
  return core::equals_ignoring_case(proto, "https") ? Said::https : Said::other;
}

}  // namespace

/// From the nearest hop outwards, until one is not trusted.
struct ClientRule::Walk {
  std::optional<core::IpAddress> furthest;  ///< seen so far
  bool is_over = false;
  std::size_t hops = 0;
  Said proto = Said::nothing;  ///< of the hop that `furthest` was named by
};

ClientRule::ClientRule(std::vector<core::Network> trusted, std::string field)
    : trusted_(std::move(trusted)), field_(std::move(field)) {
  const core::FieldId id = core::field_id(field_);
  if (id == core::FieldId::forwarded) {
    form_ = Form::forwarded;
  } else if (id != core::FieldId::x_forwarded_for) {
    form_ = Form::single;
  }
}

bool ClientRule::trusts(const core::IpAddress& address) const {
  return std::ranges::any_of(trusted_,
                             [&address](const core::Network& network) { return network.contains(address); });
}

bool ClientRule::names_client(const core::IpAddress& proxy, const core::Fields& fields) const {
  return trusts(proxy) && std::ranges::any_of(fields, [this](const core::Field& field) {
           return core::equals_ignoring_case(field.name, field_);
         });
}

core::Result<ProxyReport> ClientRule::read(const core::IpAddress& proxy, const core::Fields& fields) const {
  Walk walk;
  core::Result<void> walked = form_ == Form::single ? take_single(fields, walk) : walk_lines(fields, walk);
  if (!walked) return core::failure(std::move(walked.error()));
  const Said also = forwarded_proto(fields);
  ProxyReport report;
  report.client = walk.furthest.value_or(proxy);
  // A field that one proxy sets and another passes through must not outvote it: all that is said must agree.
  const bool is_said = walk.proto == Said::https || also == Said::https;
  report.is_https = is_said && walk.proto != Said::other && also != Said::other;
  return report;
}

core::Result<void> ClientRule::take_single(const core::Fields& fields, Walk& walk) const {
  for (const core::Field& field : fields) {
    if (!core::equals_ignoring_case(field.name, field_)) continue;
    // One who adds a second such field and one who reads the first are two opinions.
    if (walk.furthest) return malformed(field_ + " of a trusted proxy stands twice");
    core::Result<void> taken = take(core::IpAddress::parse(field.value), walk);
    if (!taken) return taken;
  }
  return {};
}

/// The last line of the name is the nearest hop's.
core::Result<void> ClientRule::walk_lines(const core::Fields& fields, Walk& walk) const {
  const auto rend = std::make_reverse_iterator(fields.begin());
  for (auto each = std::make_reverse_iterator(fields.end()); each != rend && !walk.is_over; ++each) {
    if (!core::equals_ignoring_case(each->name, field_)) continue;
    core::Result<void> walked =
        form_ == Form::forwarded ? walk_forwarded(each->value, walk) : walk_list(each->value, walk);
    if (!walked) return walked;
  }
  return {};
}

core::Result<void> ClientRule::take(core::Result<core::IpAddress> address, Walk& walk) const {
  if (!address) return malformed(field_ + " of a trusted proxy names no address");
  if (++walk.hops > kMaxHops) return malformed(field_ + " of a trusted proxy names too many hops");
  walk.furthest = *address;
  walk.is_over = !trusts(*address);
  return {};
}

core::Result<void> ClientRule::walk_list(std::string_view value, Walk& walk) const {
  for (;;) {
    const std::size_t comma = value.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? value : value.substr(comma + 1);
    core::Result<void> taken = take(core::IpAddress::parse(trimmed(last)), walk);
    if (!taken || walk.is_over || comma == std::string_view::npos) return taken;
    value = value.substr(0, comma);
  }
}

core::Result<void> ClientRule::walk_forwarded(std::string_view value, Walk& walk) const {
  const core::Result<std::vector<core::ForwardedElement>> elements = core::parse_forwarded(value);
  if (!elements) return core::failure(elements.error());
  for (auto each = elements->rbegin(); each != elements->rend() && !walk.is_over; ++each) {
    core::Result<void> taken = take(core::parse_forwarded_node(each->node), walk);
    if (!taken) return taken;
    walk.proto = said_of(each->proto);
  }
  return {};
}

}  // namespace gateway
