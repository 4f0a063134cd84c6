// The mapping of gRPC's http-grpc-status-mapping, finer where a gateway knows more than a client that
// guesses.
#include "gateway/model/grpc.h"

#include <utility>

namespace gateway {
namespace {

constexpr std::string_view kGrpc = "application/grpc";
constexpr std::string_view kGrpcWeb = "application/grpc-web";

// google.rpc.Code
constexpr int kUnknown = 2;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

bool is_type(std::string_view value, std::string_view type) {
  if (!core::equals_ignoring_case(value.substr(0, type.size()), type)) return false;
  return value.size() == type.size() || std::string_view("+;-").contains(value[type.size()]);
}

}  // namespace

bool is_grpc(const Request& request) {
  return is_type(request.field(core::FieldId::content_type), kGrpc);
}

int grpc_status_of(int http_status) {
  switch (http_status) {
    case 400:
      return kInvalidArgument;
    case 401:
      return kUnauthenticated;
    case 403:
      return kPermissionDenied;
    case 404:
    case 405:
    case 501:
      return kUnimplemented;
    case 408:
    case 504:
      return kDeadlineExceeded;
    case 413:
    case 429:
    case 431:
      return kResourceExhausted;
    case 421:
    case 502:
    case 503:
      return kUnavailable;
    case 500:
      return kInternal;
    default:
      return kUnknown;
  }
}

Reply as_grpc(Reply refusal, const Request& request) {
  const int status = grpc_status_of(refusal.status);
  const bool is_web = is_type(request.field(core::FieldId::content_type), kGrpcWeb);
  std::string message(core::reason_phrase(refusal.status));  // plain letters: nothing to percent-encode
  std::erase_if(refusal.fields, [](const auto& field) {
    return core::equals_ignoring_case(field.first, "Content-Type") ||
           core::equals_ignoring_case(field.first, "Content-Language");
  });
  refusal.reason =
      "grpc-status " + std::to_string(status) + (refusal.reason.empty() ? "" : ": ") + refusal.reason;
  refusal.status = 200;
  refusal.body.clear();
  refusal.with("Content-Type", is_web ? kGrpcWeb : kGrpc);
  refusal.with("grpc-status", std::to_string(status)).with("grpc-message", message);
  return refusal;
}

}  // namespace gateway
