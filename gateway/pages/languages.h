// Which language a page is in: what the browser asks for (Accept-Language, RFC 9110 section 12.5.4) looked up
// in what there is (RFC 4647 section 3.4). Never an error: a field that is not well-formed, or too long, says
// nothing, and what nobody asked for is English.
#pragma once

#include <span>
#include <string_view>

#include "core/http/fields.h"
#include "gateway/model/request.h"
#include "gateway/pages/words.h"

namespace gateway {

/// Language ranges that are looked at in all; a browser sends a handful.
inline constexpr std::size_t kMaxLanguageRanges = 32;
/// Languages that there may be.
inline constexpr std::size_t kMaxLanguages = 16;

/// All that there are; the first is for those who ask for none of them.
std::span<const Words* const> languages();

/// The words for who sends this request. Allocates nothing.
const Words& words_for(const Request& request);

/// The index in `tags` (lower case) of the one that `fields` ask for; 0 if that is none of them.
std::size_t preferred_language(const core::Fields& fields, std::span<const std::string_view> tags);

}  // namespace gateway
