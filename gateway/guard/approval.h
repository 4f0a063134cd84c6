// Somebody who asked for access, and what was decided: as a value and as an entry of storage. Keyed by the
// policy, the issuer and the subject; all else is what the provider told of them when they asked, for the
// administrator to look at and for nothing else. Which there are is approval_list's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/storage/storage.h"
#include "gateway/model/identity.h"

namespace gateway {

enum class ApprovalState : char { waiting = 'w', approved = 'a', rejected = 'r' };
/// "waiting", "approved", "rejected".
std::string_view name_of(ApprovalState state);

/// How long somebody waits before they must ask again, and for how long a rejection is remembered.
inline constexpr std::chrono::hours kWaitingLifetime{24L * 30};
inline constexpr std::chrono::hours kRejectionLifetime{24L * 365};
/// Of each text that the provider told; longer ones are cut.
inline constexpr std::size_t kMaxApprovalText = 320;
/// Whose issuer or subject is longer cannot ask.
inline constexpr std::size_t kMaxApprovalKeyText = 1024;

struct Approval {
  std::string policy;  ///< its name
  std::string issuer;
  std::string subject;
  ApprovalState state = ApprovalState::waiting;
  std::string provider;
  std::string user;
  std::string email;
  bool email_counts = false;  ///< verified, or of a provider whose e-mail is trusted
  std::string name;
  core::WallTime asked_at;
  core::WallTime decided_at;  ///< never the same twice for one person and policy
  std::string
      nonce;  ///< another one for each decision, so that two replicas' of one second differ; hexadecimal
  std::string decided_by;               ///< of the administrator; "the operator" of `gateway approvals`
  std::optional<core::WallTime> until;  ///< an approval ends then; none: it lasts
};

/// What `identity` asks for: access by `policy`.
Approval request_of(const Identity& identity, std::string_view policy, core::WallTime now);
/// Who it is, in a few words: e-mail, else name or user name, else the subject.
std::string_view shown_name(const Approval& approval);

/// Sixteen hexadecimal digits for policy, issuer and subject: what pages and operators call it by.
std::string id_of(const Approval& approval);
/// The same of a storage key.
std::string id_in(std::string_view key);
/// Another one after each decision, so that nobody decides over what somebody else has decided meanwhile.
std::string version_of(const Approval& approval);
/// Whether `a` stands where both are known of one person: decided goes before waiting, later before earlier,
/// rejected before approved.
bool stands_over(const Approval& a, const Approval& b);
/// When it is over; none: never.
std::optional<core::WallTime> end_of(const Approval& approval);

inline constexpr std::string_view kApprovalFolder = "approvals/";
/// One key for one version: whoever has read a key has read what is there.
std::string storage_key_of(const Approval& approval);
/// Whether what is under `a` stands over what is under `b`, both being keys of one person. What cannot be
/// read stands over nothing.
bool key_stands_over(std::string_view a, std::string_view b);
core::StorageEntry entry_of(const Approval& approval);
/// `malformed`, with the key, for anything that the above did not make.
core::Result<Approval> read_approval_entry(const std::string& key, const core::StorageEntry& entry);

}  // namespace gateway
