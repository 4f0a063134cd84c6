// Site: what one worker serves by one configuration. Its shape never changes; exchanges pin it, so a new one
// can take over while old exchanges end on the old one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/deadline_list.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "gateway/model/access_log.h"
#include "gateway/model/client_address.h"
#include "gateway/model/cross_origin.h"
#include "gateway/model/guard.h"
#include "gateway/model/handler.h"
#include "gateway/model/identity_names.h"
#include "gateway/model/public_port.h"
#include "gateway/model/rate_rule.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/model/router.h"
#include "gateway/model/standing.h"
#include "gateway/model/tracer.h"
#include "gateway/model/traffic.h"
#include "tls/challenge_answers.h"

namespace gateway {

/// Pages and JSON for refusals: fixed sentences, never an error's own text.
class ErrorAnswers {
 public:
  virtual ~ErrorAnswers() = default;
  [[nodiscard]] virtual Reply answer(const Request& request, int status) const = 0;
};

/// What a worker has for all of its exchanges; outlives every Site of it.
struct WorkerServices {
  core::Loop& loop;
  core::Random& random;
  const core::Log& log;
  AccessLog& access_log;
  Traffic* traffic = nullptr;  ///< null: nobody counts
  Tracer* tracer = nullptr;    ///< null: no request is traced
};

/// Owns routes, guards and handlers.
struct Site {
  explicit Site(const WorkerServices& worker_services, PublicPort port, IdentityNames names)
      : services(worker_services), public_port(std::move(port)), identity_names(std::move(names)) {}

  WorkerServices services;
  PublicPort public_port;
  IdentityNames identity_names;
  ClientRule clients;  ///< believes nobody unless said otherwise
  Router router;
  std::string health_path;       ///< empty: off
  std::string strict_transport;  ///< Strict-Transport-Security of every https answer; empty: off
  core::Published<tls::ChallengeAnswers>::Reader* challenges = nullptr;  ///< null: no tls.acme
  std::string prefix = "/oauth2";  ///< reserved where HostRoutes::has_endpoints
  Handler* endpoints = nullptr;    ///< the gateway's own, below `prefix`
  Guard* open = nullptr;           ///< admits everybody: for endpoints
  std::unique_ptr<ErrorAnswers> errors;
  StandingList standing{services.loop};  ///< answers that the guard is asked about again

  // In the order of their use: handlers hold what is above them.
  std::map<core::Duration, std::unique_ptr<core::DeadlineList>>
      deadlines;                                            ///< one a duration, for all routes
  std::vector<std::unique_ptr<core::Retirable>> resources;  ///< what handlers share: upstreams
  std::vector<std::unique_ptr<RateRule>> rates;
  std::vector<std::unique_ptr<Guard>> guards;
  std::vector<std::unique_ptr<Handler>> handlers;
  std::vector<std::unique_ptr<const CrossOriginRule>> cross_origin_rules;
  std::vector<std::unique_ptr<Route>> routes;
};

}  // namespace gateway
