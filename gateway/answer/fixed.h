// Handlers whose answer is written in the configuration: redirects and fixed responses. Where a session was
// asked for, the answer is for its person and not to be stored.
#pragma once

#include <memory>
#include <utility>

#include "config/types_route.h"
#include "core/text/expand.h"
#include "gateway/answer/header_edits.h"
#include "gateway/model/handler.h"
#include "gateway/model/reply.h"

namespace gateway {

/// `redirect:`. {uri} is path and query, {path}, {host} are the request's in normal form.
class RedirectHandler final : public Handler {
 public:
  static core::Result<std::unique_ptr<Handler>> make(const config::Redirect& redirect, HeaderEdits edits);
  RedirectHandler(core::Template target, int status, HeaderEdits edits)
      : target_(std::move(target)), status_(status), edits_(std::move(edits)) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  core::Template target_;
  int status_;
  HeaderEdits edits_;
};

/// `respond:`.
class RespondHandler final : public Handler {
 public:
  RespondHandler(const config::Respond& respond, HeaderEdits edits);
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  Reply reply_;
  HeaderEdits edits_;
};

}  // namespace gateway
