// Whatever an origin writes into Location, Refresh and Set-Cookie: what is made of it is bounded, may stand
// in a field if the original could, and what was mapped once stays as it is.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/http/fields.h"
#include "core/text/url.h"
#include "gateway/answer/answer_paths.h"

namespace {

constexpr std::string_view kPrefix = "/prefix";
constexpr std::size_t kMostAdded = 64;  // the prefix, our origin, "; Path="

config::Upstream upstream() {
  config::Upstream made;
  made.origins.emplace_back().url = *core::parse_url("http://app.internal:8080/");
  return made;
}

std::unique_ptr<const gateway::OriginPath> stripping() {
  config::Route route;
  route.path.path = kPrefix;
  route.path_change.strips_prefix = true;
  return std::move(*gateway::OriginPath::make(route));
}

void check_field(std::string_view before, const std::string& after, std::size_t sent) {
  CHECK(after.size() <= before.size() + sent + kMostAdded);
  if (core::is_field_value(before)) CHECK(core::is_field_value(after));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (!core::is_field_value(text)) return 0;  // the parser of answers lets no other pass
  static const std::unique_ptr<const gateway::OriginPath> path = stripping();
  static const std::unique_ptr<const gateway::AnswerPaths> paths =
      gateway::AnswerPaths::make(upstream(), path.get());
  for (const std::string_view asked : {"/prefix", "/prefix/a/b"}) {
    gateway::Request request;
    request.host = "app.test";
    request.path = asked;
    std::string sent;
    CHECK(path->write(asked, sent).has_value());
    const gateway::AnswerPaths::Asked exchange{request, sent};
    if (const auto mapped = paths->map_reference(text, exchange)) {
      check_field(text, *mapped, sent.size());
      const std::string ours = request.origin() + std::string(kPrefix);
      CHECK(mapped->starts_with(kPrefix) || mapped->starts_with(ours));
      CHECK(!paths->map_reference(*mapped, exchange));
    }
    if (const auto mapped = paths->map_refresh(text, exchange)) check_field(text, *mapped, sent.size());
    if (const auto mapped = paths->map_cookie(text, exchange)) {
      check_field(text, *mapped, sent.size());
      CHECK(mapped->find("; Path=/prefix") != std::string::npos);
      CHECK(!paths->map_cookie(*mapped, exchange));
    }
  }
  return 0;
}
