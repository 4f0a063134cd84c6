#include "core/base/secret.h"

#include <cstring>
#include <utility>

namespace core {

void wipe(std::string& bytes) {
  // A short string is copied by a move and stays behind in the source: that is what is wiped then.
  if (bytes.capacity() != 0) {  // NOLINT(clang-analyzer-cplusplus.Move)
    bytes.resize(bytes.capacity());
    explicit_bzero(bytes.data(), bytes.size());
  }
  bytes.clear();
}

Secret::Secret(std::string bytes) : bytes_(std::move(bytes)) {
  wipe(bytes);
}

Secret Secret::take(std::string& bytes) {
  Secret secret;
  secret.bytes_ = bytes;
  wipe(bytes);
  return secret;
}

Secret::Secret(const Secret& other) = default;

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  wipe(other.bytes_);
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe(bytes_);
    bytes_ = other.bytes_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    wipe(other.bytes_);
  }
  return *this;
}

Secret::~Secret() {
  wipe(bytes_);
}

}  // namespace core
