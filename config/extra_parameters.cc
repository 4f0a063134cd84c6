#include "config/extra_parameters.h"

#include <algorithm>
#include <array>

namespace config {
namespace {

constexpr std::array<std::string_view, 15> kOwnParameters{
    "client_id",     "client_secret", "redirect_uri",   "response_type",
    "scope",         "state",         "nonce",          "prompt",
    "request",       "request_uri",   "code_challenge", "code_challenge_method",
    "code_verifier", "acr_values",    "login_hint"};

}  // namespace

bool is_own_parameter(std::string_view name) {
  return std::ranges::find(kOwnParameters, name) != kOwnParameters.end();
}

bool is_usable_parameter(std::string_view name, std::string_view value) {
  return name != "response_mode" || value == "query" || value == "form_post";
}

}  // namespace config
