// Memory that HTTP connections of a thread lend each other, of either version: what a connection or a stream
// needs while an exchange runs, and the buffer that a read goes into. An idle connection holds neither, and a
// busy one allocates nothing in the long run.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/http/h1_body.h"
#include "core/http/h2_fields.h"
#include "core/http/message.h"

namespace core {

/// What one connection keeps while it is not idle.
struct MessageStorage {
  std::string head;    ///< bytes of the head that `request` or `response` view
  std::string unread;  ///< read from the stream, not consumed yet; at most one read
  std::string output;  ///< gathered, not taken by the stream yet
  RequestHead request;
  ResponseHead response;
  BodyReader body;
  H2FieldSection section;  ///< of the block that an HTTP/2 connection decodes
};

/// An empty storage; its memory is likely to be there from earlier use.
std::unique_ptr<MessageStorage> take_message_storage();
/// Empties `storage` and keeps it for the next connection of this thread. Large buffers are freed.
void give_back(std::unique_ptr<MessageStorage> storage);

/// A buffer of kReadBytes for one call of read() and what is done with its bytes. Callbacks may read from
/// other connections meanwhile: each lease has a buffer of its own.
class ReadLease {
 public:
  /// Three TLS records. A body costs a tenth more in reads of 16 KiB and of 64 KiB: the first are more calls,
  /// the second fall out of the processor's cache on their way and make pacing (BBR) arm a timer a write.
  static constexpr std::size_t kReadBytes = 48 * 1024;
  ReadLease();
  ~ReadLease();
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;

  [[nodiscard]] std::span<char> bytes() const { return {buffer_.get(), kReadBytes}; }

 private:
  std::unique_ptr<char[]> buffer_;
};

}  // namespace core
