#include "gateway/model/act_ledger.h"

namespace gateway {
namespace {

constexpr std::size_t kMostBytes = 200;  // of a value that is remembered

std::string cut(std::string_view text) {
  return std::string(text.substr(0, kMostBytes));
}

bool is_refusal(AuditAct act) {
  switch (act) {
    case AuditAct::sign_in_failed:
    case AuditAct::logout_refused:
    case AuditAct::denied:
    case AuditAct::pending:
    case AuditAct::token_refused:
    case AuditAct::request_refused:
    case AuditAct::device_denied:
    case AuditAct::break_glass_refused:
      return true;
    default:
      return false;
  }
}

RememberedAct remembered(AuditAct act, const ActPlace& place, std::string_view reason) {
  RememberedAct made;
  made.act = act;
  made.when = place.when;
  made.host = cut(place.host);
  made.client = cut(place.client);
  made.reason = cut(reason);
  made.request_id = cut(place.id);
  return made;
}

}  // namespace

void ActLedger::note(AuditAct act, const ActPlace& place, const Identity* identity, std::string_view reason) {
  RememberedAct made = remembered(act, place, reason);
  if (identity != nullptr) {
    made.who = cut(identity->user);
    made.provider = cut(identity->client.empty() ? identity->provider : identity->client);
  }
  const std::lock_guard lock(mutex_);
  count(act);
  if (act == AuditAct::sign_in) {
    ++counts_.sign_ins[{made.provider, "ok"}];
    remember(sign_ins_, std::move(made));
  } else if (act == AuditAct::break_glass) {
    remember(sign_ins_, std::move(made));
  } else if (is_refusal(act)) {
    remember(refusals_, std::move(made));
  }
}

void ActLedger::note_failed_sign_in(const ActPlace& place, std::string_view provider, std::string_view code) {
  RememberedAct made = remembered(AuditAct::sign_in_failed, place, code);
  made.provider = cut(provider);
  const std::lock_guard lock(mutex_);
  count(AuditAct::sign_in_failed);
  ++counts_.sign_ins[{made.provider, made.reason}];
  remember(refusals_, std::move(made));
}

void ActLedger::note(AuditAct act) {
  const std::lock_guard lock(mutex_);
  count(act);
}

void ActLedger::remember(std::deque<RememberedAct>& list, RememberedAct act) {
  list.push_front(std::move(act));
  if (list.size() > kRemembered) list.pop_back();
}

ActCounts ActLedger::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<RememberedAct> ActLedger::sign_ins() const {
  const std::lock_guard lock(mutex_);
  return {sign_ins_.begin(), sign_ins_.end()};
}

std::vector<RememberedAct> ActLedger::refusals() const {
  const std::lock_guard lock(mutex_);
  return {refusals_.begin(), refusals_.end()};
}

}  // namespace gateway
