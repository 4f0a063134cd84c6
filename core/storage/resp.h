// Replies of a Redis server (RESP2, redis.io/docs/reference/protocol-spec): reading them and writing
// commands. Strict: what a server of ours would not send is malformed. Not here: the connection
// (redis_connection.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

inline constexpr std::size_t kMaxRespBulkBytes = 2 * 1024UL * 1024;  ///< a stored value and a little more
inline constexpr std::size_t kMaxRespLineBytes = 4096;               ///< errors and statuses
inline constexpr std::size_t kMaxRespItems = 4096;                   ///< of all arrays of a reply together
inline constexpr int kMaxRespDepth = 4;

struct RespValue {
  enum class Kind : std::uint8_t { nil, status, error, integer, bulk, array };
  Kind kind = Kind::nil;
  std::string text;              ///< of status, error and bulk
  std::int64_t integer = 0;      ///< of integer
  std::vector<RespValue> items;  ///< of array
  friend bool operator==(const RespValue&, const RespValue&) = default;
};

struct RespReading {
  enum class State : std::uint8_t { needs_more, complete, malformed };
  State state = State::needs_more;
  std::size_t size = 0;       ///< bytes of the reply, when complete
  RespValue value = {};       ///< when complete
  std::string_view why = {};  ///< when malformed
};

/// The reply at the beginning of `bytes`. Allocates no more than the bytes that are there.
RespReading read_resp(std::string_view bytes);

/// Appends a command: an array of bulk strings.
void append_resp_command(std::span<const std::string_view> arguments, std::string& out);

}  // namespace core
