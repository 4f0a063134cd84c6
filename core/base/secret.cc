#include "core/base/secret.h"

#include <cstring>
#include <utility>

namespace core {

void wipe(std::string& bytes) {
  if (bytes.capacity() != 0) {
    bytes.resize(bytes.capacity());
    explicit_bzero(bytes.data(), bytes.size());
  }
  bytes.clear();
}

Secret::Secret(std::string bytes) : bytes_(std::move(bytes)) {
  wipe(bytes);  // NOLINT(clang-analyzer-cplusplus.Move): a short string is copied by a move and stays behind
}

Secret Secret::take(std::string& bytes) {
  Secret secret;
  secret.bytes_ = bytes;
  wipe(bytes);
  return secret;
}

Secret::Secret(const Secret& other) = default;

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  wipe(other.bytes_);  // NOLINT(clang-analyzer-cplusplus.Move): as above
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
    wipe(other.bytes_);  // NOLINT(clang-analyzer-cplusplus.Move): as above
  }
  return *this;
}

Secret::~Secret() {
  wipe(bytes_);
}

}  // namespace core
