#include "tls/record_scratch.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/crypto/openssl.h"

namespace tls {

/// What OpenSSL sees of the scratch. Copies only: nothing of ours is called from here.
struct ScratchBio {
  static RecordScratch& scratch_of(BIO* bio) { return *static_cast<RecordScratch*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t wanted, std::size_t* count) {
    RecordScratch& scratch = scratch_of(bio);
    BIO_clear_retry_flags(bio);
    *count = std::min(wanted, scratch.input_left());
    if (*count == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(into, scratch.input_.get() + scratch.input_begin_, *count);
    scratch.input_begin_ += *count;
    return 1;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    scratch_of(bio).output_.append(from, size);
    *count = size;
    return 1;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
};

struct RecordScratch::Method {
  core::OpensslOwner<BIO_METHOD, BIO_meth_free> native{BIO_meth_new(BIO_TYPE_SOURCE_SINK, "tls records")};
};

RecordScratch::RecordScratch()
    : input_(std::make_unique_for_overwrite<char[]>(kInputBytes)),
      plaintext_(std::make_unique_for_overwrite<char[]>(kRecordBytes)),
      method_(std::make_unique<Method>()) {
  BIO_METHOD* method = method_->native.get();
  CHECK(method != nullptr);
  BIO_meth_set_read_ex(method, &ScratchBio::read);
  BIO_meth_set_write_ex(method, &ScratchBio::write);
  BIO_meth_set_ctrl(method, &ScratchBio::control);
  bio_ = BIO_new(method);
  CHECK(bio_ != nullptr);
  BIO_set_data(bio_, this);
  BIO_set_init(bio_, 1);
}

RecordScratch::~RecordScratch() {
  BIO_free(bio_);
}

void RecordScratch::take(InputHolder& holder, std::string& kept) {
  if (holder_ == &holder) return;
  if (holder_ != nullptr) {
    holder_->keep_input({input_.get() + input_begin_, input_left()});
  }
  holder_ = &holder;
  CHECK(kept.size() <= kInputBytes);
  std::memcpy(input_.get(), kept.data(), kept.size());
  input_begin_ = 0;
  input_end_ = kept.size();
  kept = std::string();
}

void RecordScratch::release(const InputHolder& holder) {
  if (holder_ != &holder) return;
  holder_ = nullptr;
  input_begin_ = input_end_ = 0;
}

void RecordScratch::input_arrived(std::size_t count) {
  CHECK(input_left() == 0 && count <= kInputBytes);
  input_begin_ = 0;
  input_end_ = count;
}

}  // namespace tls
