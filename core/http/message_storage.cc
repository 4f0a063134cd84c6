// The free lists of a thread.
#include "core/http/message_storage.h"

#include <utility>
#include <vector>

namespace core {
namespace {

/// A request in flight has one towards its client and one towards its origin. The first keep buffers as large
/// as they usually get, the rest, of a burst, small ones only.
constexpr std::size_t kMostStorages = 2048;
constexpr std::size_t kLargeStorages = 256;
constexpr std::size_t kMostKeptBytes = 16 * 1024;
constexpr std::size_t kMostKeptOfBurst = 2 * 1024;
constexpr std::size_t kMostBuffers = 4;

struct FreeMemory {
  std::vector<std::unique_ptr<MessageStorage>> storages;
  std::vector<std::unique_ptr<char[]>> buffers;
};

/// The one state of this folder outside objects: a thread's connections share it, no other thread sees it,
/// and what is in it is empty memory only. Handing it to each session instead would put a pointer into every
/// idle connection.
FreeMemory& free_memory() {
  static thread_local FreeMemory memory;
  return memory;
}

void empty(std::string& bytes, std::size_t most_kept) {
  bytes.clear();
  if (bytes.capacity() > most_kept) bytes = std::string();
}

void empty(Fields& fields) {
  // Capacity is not seen from here; more than this many is rare enough to be freed.
  constexpr std::size_t kMostKeptFields = 64;
  if (fields.size() > kMostKeptFields) fields = Fields();
  fields.clear();
}

template <typename Head>
void empty_head(Head& head) {
  Fields fields = std::move(head.fields);
  empty(fields);
  head = Head();
  head.fields = std::move(fields);
}

}  // namespace

std::unique_ptr<MessageStorage> take_message_storage() {
  std::vector<std::unique_ptr<MessageStorage>>& free = free_memory().storages;
  if (free.empty()) return std::make_unique<MessageStorage>();
  std::unique_ptr<MessageStorage> storage = std::move(free.back());
  free.pop_back();
  return storage;
}

void give_back(std::unique_ptr<MessageStorage> storage) {
  std::vector<std::unique_ptr<MessageStorage>>& free = free_memory().storages;
  if (storage == nullptr || free.size() >= kMostStorages) return;
  const std::size_t most_kept = free.size() < kLargeStorages ? kMostKeptBytes : kMostKeptOfBurst;
  empty(storage->head, most_kept);
  empty(storage->unread, most_kept);
  empty(storage->output, most_kept);
  empty_head(storage->request);
  empty_head(storage->response);
  storage->section.forget(most_kept);
  storage->body.begin(BodyLength::none(), BodyReader::Coding::none);
  free.push_back(std::move(storage));
}

ReadLease::ReadLease() {
  std::vector<std::unique_ptr<char[]>>& free = free_memory().buffers;
  if (free.empty()) {
    buffer_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
    return;
  }
  buffer_ = std::move(free.back());
  free.pop_back();
}

ReadLease::~ReadLease() {
  std::vector<std::unique_ptr<char[]>>& free = free_memory().buffers;
  if (free.size() < kMostBuffers) free.push_back(std::move(buffer_));
}

}  // namespace core
