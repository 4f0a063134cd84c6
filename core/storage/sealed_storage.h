// Storage whose values are sealed at rest: whoever reads the disk, the Redis server or the cluster's Secrets
// learns nothing, and cannot swap entries, for each is bound to its key. Names of entries, their expiry and
// locks stay readable.
#pragma once

#include <memory>
#include <string_view>

#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/storage/storage.h"

namespace core {

/// The largest value of a sealed entry: sealing makes it longer by a third.
inline constexpr std::size_t kMaxSealedValueBytes = 760UL * 1024;

/// What opening a sealed storage needs; all borrowed but the ring, whose first key seals and all open.
struct SealedStorageParts {
  Storage& inner;
  KeyRing ring;
  Random& random;
  const Log& log;
};

/// Everything that is put is sealed; what is not, or was sealed under another key or for another entry, is an
/// error of kind `unverified`. Values over kMaxSealedValueBytes are too_large.
std::unique_ptr<Storage> make_sealed_storage(SealedStorageParts parts);

/// Whether the mark of seal_what_is_stored() is there: nothing in the clear is taken for ours.
Flow<bool> is_sealed(Storage& sealed);

/// Once, before the first use under a key: seals what was stored in the clear until then, and leaves a mark
/// so that nothing in the clear is taken for ours afterwards. An interrupted run is finished by the next.
Flow<> seal_what_is_stored(Storage& inner, Storage& sealed, const Log& log);

}  // namespace core
