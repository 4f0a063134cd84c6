// The demo's sample app: shows who it was told the person is, by which header fields, and which notable
// fields it did not get. To a program (Accept: application/json) it answers all received fields as JSON.
#pragma once

#include <string>
#include <utility>

#include "gateway/model/handler.h"

namespace gateway {

struct DemoAppLinks {
  std::string origin_port;  ///< ":8443", or "" for 443: completes the links between the sample routes
};

class DemoApp final : public Handler {
 public:
  explicit DemoApp(DemoAppLinks links) : links_(std::move(links)) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  DemoAppLinks links_;
};

}  // namespace gateway
