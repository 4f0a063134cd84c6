// A value or an Error. Functions whose failure is expected (peer, network, file, policy) return one.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace core {

template <typename T>
using Result = std::expected<T, Error>;

/// An Error on its way into a Result: `return failure(ErrorKind::malformed, Side::client, "no Host");`
inline std::unexpected<Error> failure(ErrorKind kind, Side side, std::string text,
                                      Retry retry = Retry::never) {
  return std::unexpected<Error>(Error{kind, side, std::move(text), retry});
}

/// Passes on the error of a failed Result under another value type.
inline std::unexpected<Error> failure(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace core
