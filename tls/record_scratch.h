// The buffers and the BIO that all TLS streams of one thread share, so that an idle stream owns none:
// ciphertext as one read of the socket brought it, and the records of one turn on their way to one write.
// OpenSSL's side of it (the BIO) only copies in and out of here; it never calls anything of ours.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct bio_st;

namespace tls {

/// Whose unread ciphertext is in the scratch.
class InputHolder {
 public:
  /// Another stream needs the scratch: keep `rest` yourself.
  virtual void keep_input(std::string_view rest) = 0;

 protected:
  ~InputHolder() = default;
};

/// One a thread; must outlive its streams.
class RecordScratch {
 public:
  static constexpr std::size_t kRecordBytes =
      16UL * 1024;  ///< largest plaintext of a record (RFC 8446 section 5.1)
  static constexpr std::size_t kSealedBytes = kRecordBytes + 256;  ///< and its ciphertext (section 5.2)
  /// What one read of the inner stream brings: the records that one read of a body gives.
  static constexpr std::size_t kInputBytes = 3 * kSealedBytes;

  RecordScratch();
  ~RecordScratch();
  RecordScratch(const RecordScratch&) = delete;
  RecordScratch& operator=(const RecordScratch&) = delete;

  /// Makes `holder` the one whose input this is, with `kept` from before; the holder until now keeps its own.
  void take(InputHolder& holder, std::string& kept);
  /// `holder` goes away or has read everything.
  void release(const InputHolder& holder);
  /// Where new ciphertext is read to. Requires: input_left() is 0.
  std::span<char> input_space() { return {input_.get(), kInputBytes}; }
  void input_arrived(std::size_t count);
  [[nodiscard]] std::size_t input_left() const { return input_end_ - input_begin_; }
  /// Records made since the last clear.
  std::string& output() { return output_; }
  /// Room to gather small pieces into one record.
  std::span<char> plaintext() { return {plaintext_.get(), kRecordBytes}; }
  /// The BIO for SSL_set_bio, shared by all streams.
  [[nodiscard]] bio_st* bio() const { return bio_; }

 private:
  friend struct ScratchBio;
  std::unique_ptr<char[]> input_;
  std::unique_ptr<char[]> plaintext_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  InputHolder* holder_ = nullptr;
  std::string output_;
  struct Method;
  std::unique_ptr<Method> method_;
  bio_st* bio_ = nullptr;
};

}  // namespace tls
