#include "gateway/pages/json_error.h"

#include "core/text/json.h"
#include "gateway/pages/status_text.h"

namespace gateway {

Reply json_error(const Request& request, const JsonRefusal& refusal) {
  const StatusText text = status_text(refusal.status);
  core::Json error;
  error.set("code", refusal.code.empty() ? text.code : refusal.code);
  const Notice& notice = english().statuses.*text.notice;
  error.set("message", refusal.message.empty() ? notice.message.text() : refusal.message);
  error.set("request_id", request.id);
  if (!refusal.sign_in.empty()) error.set("sign_in", refusal.sign_in);
  Reply reply;
  reply.status = refusal.status;
  reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = core::Json::object({{"error", std::move(error)}}).text().append("\n");
  return reply;
}

}  // namespace gateway
