#include "gateway/pages/status_text.h"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

struct Row {
  int status;
  StatusText text;
};

constexpr std::array kRows = {
    Row{400, {"bad_request", &StatusWords::bad_request}},
    Row{401, {"sign_in_required", &StatusWords::sign_in_required}},
    Row{403, {"forbidden", &StatusWords::forbidden}},
    Row{404, {"not_found", &StatusWords::not_found}},
    Row{405, {"method_not_allowed", &StatusWords::method_not_allowed}},
    Row{408, {"request_timeout", &StatusWords::request_timeout}},
    Row{413, {"body_too_large", &StatusWords::body_too_large}},
    Row{414, {"target_too_long", &StatusWords::target_too_long}},
    Row{415, {"unsupported_media_type", &StatusWords::unsupported_media_type}},
    Row{417, {"expectation_failed", &StatusWords::expectation_failed}},
    Row{421, {"misdirected_request", &StatusWords::misdirected_request}},
    Row{426, {"upgrade_required", &StatusWords::upgrade_required}},
    Row{429, {"too_many_requests", &StatusWords::too_many_requests}},
    Row{431, {"fields_too_large", &StatusWords::fields_too_large}},
    Row{500, {"internal_error", &StatusWords::internal_error}},
    Row{501, {"not_implemented", &StatusWords::not_implemented}},
    Row{502, {"bad_gateway", &StatusWords::bad_gateway}},
    Row{503, {"unavailable", &StatusWords::unavailable}},
    Row{504, {"gateway_timeout", &StatusWords::gateway_timeout}},
    Row{505, {"version_not_supported", &StatusWords::version_not_supported}},
};

}  // namespace

StatusText status_text(int status) {
  auto row = std::ranges::find(kRows, status, &Row::status);
  if (row == kRows.end()) row = std::ranges::find(kRows, status < 500 ? 400 : 500, &Row::status);
  return row->text;
}

}  // namespace gateway
