#include "gateway/answer/fixed.h"

#include "gateway/model/exchange.h"

namespace gateway {
namespace {

void finish(Exchange& exchange, const Admitted& admitted, const HeaderEdits& edits, Reply reply) {
  if (admitted.identity() != nullptr) reply.with("Cache-Control", "no-store");
  edits.apply(reply, exchange.request());
  exchange.reply(std::move(reply));
}

}  // namespace

core::Result<std::unique_ptr<Handler>> RedirectHandler::make(const config::Redirect& redirect,
                                                             HeaderEdits edits) {
  core::Result<core::Template> target = core::Template::parse(redirect.to.text);
  if (!target) return core::failure(std::move(target.error()).during("redirect"));
  return std::make_unique<RedirectHandler>(std::move(*target), redirect.status, std::move(edits));
}

void RedirectHandler::serve(Exchange& exchange, Admitted admitted) {
  const Request& request = exchange.request();
  std::string location;
  const bool complete = target_.expand(
      [&](std::string_view name, std::string& out) { return append_request_value(request, name, out); },
      location, core::kMaxTargetBytes);
  if (!complete) {
    return exchange.reply_error(
        400, {core::ErrorKind::malformed, core::Side::client, "cannot be put into a redirect"});
  }
  Reply reply;
  reply.status = status_;
  reply.with("Location", location);
  finish(exchange, admitted, edits_, std::move(reply));
}

RespondHandler::RespondHandler(const config::Respond& respond, HeaderEdits edits) : edits_(std::move(edits)) {
  reply_.status = respond.status;
  reply_.body = respond.body;
  if (!respond.body.empty()) reply_.with("Content-Type", respond.content_type);
}

void RespondHandler::serve(Exchange& exchange, Admitted admitted) {
  finish(exchange, admitted, edits_, reply_);
}

}  // namespace gateway
