#include "core/base/error.h"

#include <utility>

namespace core {

Error Error::during(std::string_view activity) && {
  std::string longer(activity);
  longer.append(": ").append(text);
  text = std::move(longer);
  return std::move(*this);
}

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed:
      return "malformed";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::unreachable:
      return "unreachable";
    case ErrorKind::closed:
      return "closed";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::unverified:
      return "unverified";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::internal:
      return "internal";
  }
  return "unknown";
}

std::string_view name_of(Side side) {
  switch (side) {
    case Side::client:
      return "client";
    case Side::origin:
      return "origin";
    case Side::provider:
      return "provider";
    case Side::authority:
      return "authority";
    case Side::storage:
      return "storage";
    case Side::configuration:
      return "configuration";
    case Side::us:
      return "us";
  }
  return "unknown";
}

}  // namespace core
