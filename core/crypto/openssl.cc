#include "core/crypto/openssl.h"

#include <openssl/err.h>

#include <climits>
#include <utility>

#include "core/base/check.h"

namespace core {

namespace {

constexpr std::size_t kMaxErrorText = 512;

}  // namespace

std::string openssl_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr || text.size() >= kMaxErrorText) continue;
    if (!text.empty()) text += "; ";
    text += reason;
  }
  if (text.empty()) return "no reason given";
  if (text.size() > kMaxErrorText) text.resize(kMaxErrorText);
  return text;
}

Error openssl_error(ErrorKind kind, Side side, std::string_view activity) {
  std::string text(activity);
  text += ": ";
  text += openssl_errors();
  return Error{kind, side, std::move(text)};
}

BioOwner read_only_bio(std::string_view bytes) {
  CHECK(bytes.size() <= INT_MAX);
  BioOwner bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  CHECK(bio != nullptr);
  return bio;
}

std::string_view contents_of(BIO* memory) {
  char* start = nullptr;
  const long length = BIO_get_mem_data(memory, &start);
  if (length <= 0) return {};
  return {start, static_cast<std::size_t>(length)};
}

}  // namespace core
