#include "gateway/model/grpc.h"

#include <doctest/doctest.h>

#include <utility>

namespace gateway {
namespace {

struct Call {
  explicit Call(std::string_view type) {
    fields.add(core::FieldId::content_type, type);
    request.fields = &fields;
  }
  core::Fields fields;
  Request request;
};

TEST_CASE("a call of gRPC is told by its content type alone") {
  for (const std::string_view type :
       {"application/grpc", "application/grpc+proto", "application/grpc; a=b", "Application/GRPC+json",
        "application/grpc-web", "application/grpc-web+proto"}) {
    CAPTURE(type);
    CHECK(is_grpc(Call(type).request));
  }
  for (const std::string_view type :
       {"", "application/json", "application/grpcx", "text/application/grpc", "application/grp"}) {
    CAPTURE(type);
    CHECK_FALSE(is_grpc(Call(type).request));
  }
  Request without;
  const core::Fields none;
  without.fields = &none;
  CHECK_FALSE(is_grpc(without));
}

TEST_CASE("each refusal has the grpc-status that says the same") {
  for (const auto& [http, grpc] : {std::pair(400, 3),
                                   {401, 16},
                                   {403, 7},
                                   {404, 12},
                                   {405, 12},
                                   {408, 4},
                                   {413, 8},
                                   {421, 14},
                                   {429, 8},
                                   {431, 8},
                                   {500, 13},
                                   {501, 12},
                                   {502, 14},
                                   {503, 14},
                                   {504, 4},
                                   {418, 2}}) {
    CAPTURE(http);
    CHECK(grpc_status_of(http) == grpc);
  }
}

TEST_CASE("a refusal becomes a head of 200 without a body, and keeps its other fields") {
  Reply refusal;
  refusal.status = 503;
  refusal.body = "{}";
  refusal.reason = "busy";
  refusal.with("content-type", "application/json").with("Retry-After", "1");
  const Reply answer = as_grpc(refusal, Call("application/grpc+proto").request);
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  CHECK(answer.reason == "grpc-status 14: busy");
  const std::vector<std::pair<std::string, std::string>> fields{{"Retry-After", "1"},
                                                                {"Content-Type", "application/grpc"},
                                                                {"grpc-status", "14"},
                                                                {"grpc-message", "Service Unavailable"}};
  CHECK(answer.fields == fields);
  CHECK(as_grpc(refusal, Call("application/grpc-web+proto").request).fields[1].second ==
        "application/grpc-web");
}

}  // namespace
}  // namespace gateway
