// The skeleton of DER (X.690 section 10): one element after another, for who needs a few fields of a
// certificate and not OpenSSL's objects of all of them. Strict: tags of one byte, definite lengths in their
// shortest form. Gives views into the bytes. Not here: what a value means (certificate_outline.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tls {

namespace der {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBits = 0x03;
inline constexpr std::uint8_t kOctets = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kName = 0x06;  ///< object identifier
inline constexpr std::uint8_t kSequence = 0x30;
/// [number], of other elements (EXPLICIT) or in the place of one (IMPLICIT).
constexpr std::uint8_t constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0U | number);
}
constexpr std::uint8_t primitive(unsigned number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
}  // namespace der

/// Goes through the elements of `bytes`, which must outlive it. What is not as it was asked for makes it fail
/// for good: then everything is empty, and has_failed() is looked at once, at the end.
class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  /// Whether the next element has this tag.
  [[nodiscard]] bool sees(std::uint8_t tag) const;
  /// The next element with its tag and length.
  std::string_view whole(std::uint8_t tag);
  /// What is in the next element.
  std::string_view content(std::uint8_t tag);
  /// What is in the next element, an INTEGER of no more octets than it needs.
  std::string_view integer();
  /// Reads what is in the next element; has failed if this one has.
  DerReader enter(std::uint8_t tag);
  /// Passes over the next element, whatever it is.
  void skip();

  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  /// Nothing failed and nothing is left.
  [[nodiscard]] bool is_done() const { return !has_failed_ && rest_.empty(); }

 private:
  struct Element {
    std::string_view whole;
    std::string_view content;
  };
  Element next();
  Element next(std::uint8_t tag);
  void fail();

  std::string_view rest_;
  bool has_failed_ = false;
};

/// Whether `bytes` is one element, and all that is constructed in it is made of elements, at most 16 deep.
bool is_well_formed_der(std::string_view bytes);

}  // namespace tls
