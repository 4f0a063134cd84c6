// Revocations as entries of storage: their keys and their JSON. Which entries there are is revocation_list's.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/storage/storage.h"
#include "gateway/session/revocations.h"

namespace gateway {

inline constexpr std::string_view kRevocationFolder = "revocations/";
inline constexpr std::string_view kCutOffFolder = "revocation-cut-offs/";

/// Everybody of an issuer who signed in at or before a moment.
struct IssuerCutOff {
  std::string issuer;
  Revocations::CutOff cut_off;
};

/// A storage key for what any text names: `folder` and a hash. Storage keys hold few characters; what is kept
/// says itself whose it is.
std::string hashed_key(std::string_view folder, std::string_view name);

/// One key for one revocation: one of the same person that reaches further is another entry, so whoever has
/// read a key has read what is there.
std::string key_of(const Revocation& revocation);
std::string key_of(const IssuerCutOff& cut_off);
core::StorageEntry entry_of(const Revocation& revocation);
core::StorageEntry entry_of(const IssuerCutOff& cut_off);

/// `malformed`, with the key, for anything that the above did not make.
core::Result<std::variant<Revocation, IssuerCutOff>> read_revocation_entry(const std::string& key,
                                                                           const core::StorageEntry& entry);

}  // namespace gateway
