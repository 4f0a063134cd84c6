#include "gateway/guard/approval.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text/json.h"
#include "core/text/utf8.h"
#include "gateway/session/revocation_entry.h"

namespace gateway {
namespace {

constexpr std::size_t kIdDigits = 16;
constexpr core::JsonLimits kLimits{.bytes = 32UL * 1024, .depth = 2, .values = 32};

/// At a whole character.
std::string cut(std::string_view text) {
  std::size_t end = std::min(text.size(), kMaxApprovalText);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return std::string(text.substr(0, end));
}

/// As JSON no two lists of texts are the same.
std::string person_key(const Approval& approval) {
  const core::Json parts = core::Json::array(
      {core::Json(approval.policy), core::Json(approval.issuer), core::Json(approval.subject)});
  return hashed_key(kApprovalFolder, parts.text());
}

/// What decides which of two stands, out of a storage key.
std::optional<Approval> version_in(std::string_view key) {
  const std::size_t dash = key.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == key.size()) return std::nullopt;
  Approval version;
  std::string_view rest = key.substr(dash + 1);
  version.state = static_cast<ApprovalState>(rest.front());
  rest.remove_prefix(1);
  if (version.state == ApprovalState::waiting) return version;
  if (version.state != ApprovalState::approved && version.state != ApprovalState::rejected)
    return std::nullopt;
  const std::size_t dot = rest.find('.');
  if (dot != std::string_view::npos) version.nonce = rest.substr(dot + 1);
  rest = rest.substr(0, dot);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  version.decided_at = core::from_unix_seconds(seconds);
  return version;
}

std::optional<ApprovalState> state_named(std::string_view name) {
  for (const ApprovalState state :
       {ApprovalState::waiting, ApprovalState::approved, ApprovalState::rejected}) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

/// Of the end that storage tells and the one in the value.
std::optional<core::WallTime> earlier(std::optional<core::WallTime> told,
                                      const std::optional<std::int64_t>& kept) {
  if (!kept) return told;
  const core::WallTime end = core::from_unix_seconds(*kept);
  return told ? std::min(*told, end) : end;
}

/// Reads the members of an entry; one that is not there, or no text, makes all of it malformed.
class Members {
 public:
  explicit Members(const core::Json& value) : value_(value) {}
  std::string text(std::string_view name) {
    const auto found = value_.string_at(name);
    is_whole_ = is_whole_ && found.has_value();
    return std::string(found.value_or(""));
  }
  core::WallTime time(std::string_view name) {
    const auto found = value_.integer_at(name);
    is_whole_ = is_whole_ && found.has_value();
    return core::from_unix_seconds(found.value_or(0));
  }
  bool flag(std::string_view name) {
    const auto found = value_.boolean_at(name);
    is_whole_ = is_whole_ && found.has_value();
    return found.value_or(false);
  }
  [[nodiscard]] bool is_whole() const { return is_whole_; }

 private:
  const core::Json& value_;
  bool is_whole_ = true;
};

}  // namespace

std::string_view name_of(ApprovalState state) {
  switch (state) {
    case ApprovalState::waiting:
      return "waiting";
    case ApprovalState::approved:
      return "approved";
    case ApprovalState::rejected:
      return "rejected";
  }
  return "waiting";
}

Approval request_of(const Identity& identity, std::string_view policy, core::WallTime now) {
  Approval request;
  request.policy = policy;
  request.issuer = identity.issuer;
  request.subject = identity.subject;
  request.provider = identity.provider;
  request.user = cut(identity.user);
  request.email = cut(identity.email);
  request.email_counts = identity.email_counts;
  request.name = cut(identity.name);
  request.asked_at = now;
  return request;
}

std::string_view shown_name(const Approval& approval) {
  for (const std::string* text : {&approval.email, &approval.name, &approval.user}) {
    if (!text->empty()) return *text;
  }
  return approval.subject;
}

std::string id_of(const Approval& approval) {
  return id_in(person_key(approval));
}

std::string id_in(std::string_view key) {
  return std::string(key.substr(std::min(key.size(), kApprovalFolder.size()), kIdDigits));
}

std::string version_of(const Approval& approval) {
  std::string version(1, static_cast<char>(approval.state));
  if (approval.state != ApprovalState::waiting)
    version.append(std::to_string(core::unix_seconds(approval.decided_at)));
  if (!approval.nonce.empty()) version.append(".").append(approval.nonce);
  return version;
}

bool stands_over(const Approval& a, const Approval& b) {
  const bool is_decided = a.state != ApprovalState::waiting;
  if (is_decided != (b.state != ApprovalState::waiting)) return is_decided;
  if (a.decided_at != b.decided_at) return a.decided_at > b.decided_at;
  if (a.state != b.state) return a.state == ApprovalState::rejected;
  return a.nonce > b.nonce;
}

std::optional<core::WallTime> end_of(const Approval& approval) {
  switch (approval.state) {
    case ApprovalState::waiting:
      return approval.asked_at + kWaitingLifetime;
    case ApprovalState::rejected:
      return approval.decided_at + kRejectionLifetime;
    case ApprovalState::approved:
      break;
  }
  return approval.until;
}

std::string storage_key_of(const Approval& approval) {
  return person_key(approval).append("-").append(version_of(approval));
}

bool key_stands_over(std::string_view a, std::string_view b) {
  const std::optional<Approval> above = version_in(a);
  const std::optional<Approval> below = version_in(b);
  return above && (!below || stands_over(*above, *below));
}

core::StorageEntry entry_of(const Approval& approval) {
  core::Json value = core::Json::object();
  value.set("policy", approval.policy);
  value.set("issuer", approval.issuer);
  value.set("subject", approval.subject);
  value.set("state", name_of(approval.state));
  value.set("provider", approval.provider);
  value.set("user", approval.user);
  value.set("email", approval.email);
  value.set("email_counts", approval.email_counts);
  value.set("name", approval.name);
  value.set("asked_at", core::unix_seconds(approval.asked_at));
  value.set("decided_at", core::unix_seconds(approval.decided_at));
  value.set("decided_by", approval.decided_by);
  if (!approval.nonce.empty()) value.set("nonce", approval.nonce);
  // Besides what storage knows of its end: that is not sealed with the value.
  if (approval.until) value.set("until", core::unix_seconds(*approval.until));
  return {value.text(), end_of(approval)};
}

core::Result<Approval> read_approval_entry(const std::string& key, const core::StorageEntry& entry) {
  const auto bad = [&key] {
    return core::failure(core::ErrorKind::malformed, core::Side::storage,
                         "the entry " + key + " is no approval; remove it, and decide anew");
  };
  const core::Result<core::Json> value = core::Json::parse(entry.value, core::Side::storage, kLimits);
  if (!value || !value->is_object()) return bad();
  Members members(*value);
  Approval read;
  read.policy = members.text("policy");
  read.issuer = members.text("issuer");
  read.subject = members.text("subject");
  const std::optional<ApprovalState> state = state_named(members.text("state"));
  read.provider = members.text("provider");
  read.user = members.text("user");
  read.email = members.text("email");
  read.email_counts = members.flag("email_counts");
  read.name = members.text("name");
  read.asked_at = members.time("asked_at");
  read.decided_at = members.time("decided_at");
  read.decided_by = members.text("decided_by");
  if (!state || !members.is_whole()) return bad();
  read.state = *state;
  read.nonce = value->string_at("nonce").value_or("");
  if (read.state == ApprovalState::approved) read.until = earlier(entry.expires, value->integer_at("until"));
  // What was kept under another key is somebody else's.
  if (storage_key_of(read) != key) return bad();
  return read;
}

}  // namespace gateway
