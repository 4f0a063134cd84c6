// Handlers whose answer is written in the configuration: redirects and fixed responses.
#pragma once

#include <memory>
#include <utility>

#include "config/types_route.h"
#include "core/text/expand.h"
#include "gateway/model/handler.h"
#include "gateway/model/reply.h"

namespace gateway {

/// `redirect:`. {uri} is path and query, {path}, {host} are the request's in normal form.
class RedirectHandler final : public Handler {
 public:
  static core::Result<std::unique_ptr<Handler>> make(const config::Redirect& redirect);
  RedirectHandler(core::Template target, int status) : target_(std::move(target)), status_(status) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  core::Template target_;
  int status_;
};

/// `respond:`.
class RespondHandler final : public Handler {
 public:
  explicit RespondHandler(const config::Respond& respond);
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  Reply reply_;
};

}  // namespace gateway
