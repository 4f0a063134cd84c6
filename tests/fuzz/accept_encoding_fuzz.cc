// Whatever a client writes into Accept-Encoding, it is never sent a coding that it did not name, nor one that
// it refused.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/http/content_coding.h"

namespace {

core::ContentCoding choice(std::string_view first, std::string_view second = "") {
  core::Fields fields;
  fields.add(core::FieldId::accept_encoding, first);
  if (!second.empty()) fields.add(core::FieldId::accept_encoding, second);
  return core::choose_coding(fields);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i) {
    if (core::equals_ignoring_case(text.substr(i, part.size()), part)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const core::ContentCoding coding = choice(text);
  if (coding != core::ContentCoding::identity) {
    CHECK(contains_ignoring_case(text, core::name_of(coding)) || text.find('*') != std::string_view::npos);
  }
  // What is said of a coding once counts; said twice it is none.
  for (const std::string_view refusal : {"gzip;q=0", "br;q=0", "zstd;q=0"}) {
    const core::ContentCoding left = choice(text, refusal);
    if (left == core::ContentCoding::identity) continue;
    CHECK(core::name_of(left) != refusal.substr(0, refusal.find(';')));
  }
  return 0;
}
