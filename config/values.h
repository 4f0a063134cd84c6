// The small notations of gateway.yaml: durations, sizes, rates, numbers, addresses. Each function takes the
// whole text of one value and says what was expected when it does not fit; none repairs anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/types.h"
#include "core/base/result.h"

namespace config {

/// The longest duration: 3650d. What fits here fits every timer and date behind it.
inline constexpr std::chrono::hours kMaxDuration{24L * 3650};

/// 500ms, 30s, 5m, 12h, 7d; 0s too. One number, one unit, no fraction.
core::Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A duration of whole seconds.
core::Result<std::chrono::seconds> parse_seconds(std::string_view text);
/// 512B, 64KiB, 10MiB, 2GiB; bytes.
core::Result<std::uint64_t> parse_size(std::string_view text);
/// 1KiB/s; bytes a second.
core::Result<std::uint64_t> parse_byte_rate(std::string_view text);
/// Decimal digits without sign or leading zero.
core::Result<std::uint64_t> parse_count(std::string_view text);
core::Result<std::uint16_t> parse_port(std::string_view text);
/// ":443" (every address), "10.0.0.1:443", "[::1]:443".
core::Result<ListenAddress> parse_listen_address(std::string_view text);
/// "10.0.0.10:53", "[fd00::1]:53"; without a port 53.
core::Result<core::Endpoint> parse_name_server(std::string_view text);
/// scheme://host[:port] of http or https without path, query or fragment; "/" at the end counts as none.
core::Result<core::Url> parse_origin(std::string_view text);
/// A host name or address without port, in the one form of core::Authority.
core::Result<std::string> parse_host(std::string_view text);
/// A path of whole segments in normal form: begins with "/", no query, no slash at its end (but "/").
core::Result<std::string> parse_path(std::string_view text);
/// The same with a slash at its end kept: /a and /a/ are two paths.
core::Result<std::string> parse_exact_path(std::string_view text);
/// true or false, nothing else.
core::Result<bool> parse_flag(std::string_view text);
/// Text that is not empty and fits into one line.
core::Result<std::string> parse_line(std::string_view text);
/// "10.0.0.0/8", "fd00::/8", or one address (all of its bits count).
core::Result<core::Network> parse_network(std::string_view text);
/// A path of a file or directory: absolute, or relative to the working directory; no NUL.
core::Result<std::string> parse_file_path(std::string_view text);
/// A name of ours (provider, policy): letters, digits, "-", "_", at most 64.
core::Result<std::string> parse_name(std::string_view text);

/// `text` with A-Z in lower case; nothing else changes.
std::string lower_case(std::string_view text);

}  // namespace config
