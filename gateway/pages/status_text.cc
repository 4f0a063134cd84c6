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
    Row{400,
        {"bad_request", "This request could not be read",
         "Something in the address or in what the browser sent is not as it should be. Check the address, or "
         "start again from the app's front page."}},
    Row{401, {"sign_in_required", "Please sign in", "You need to be signed in to see this."}},
    Row{403, {"forbidden", "You cannot open this", "Access to this address is not allowed."}},
    Row{404,
        {"not_found", "Nothing is here",
         "There is no app or page at this address. Check the address for a typing mistake."}},
    Row{405,
        {"method_not_allowed", "This cannot be done here",
         "The address exists, but not for this kind of request."}},
    Row{408,
        {"request_timeout", "The request took too long",
         "It did not arrive completely in time. Check your connection and try again."}},
    Row{413,
        {"body_too_large", "That is too large to upload", "What was sent is larger than this app accepts."}},
    Row{414,
        {"target_too_long", "This address is too long",
         "Shorten the address, or start again from the app's front page."}},
    Row{415,
        {"unsupported_media_type", "This kind of content is not accepted",
         "The app takes another format here."}},
    Row{417,
        {"expectation_failed", "This request could not be met",
         "The request demands something that is not offered here."}},
    Row{421,
        {"misdirected_request", "Wrong connection for this site",
         "The browser asked for this site over a connection that belongs to another one. Reloading the page "
         "helps."}},
    Row{426,
        {"upgrade_required", "Another protocol is needed", "This address answers to another protocol only."}},
    Row{429,
        {"too_many_requests", "Too many requests",
         "More requests came from you than are allowed at once. Wait a moment, then try again."}},
    Row{431,
        {"fields_too_large", "The browser sent too much",
         "Cookies or other fields of the request are too large. Removing this site's cookies helps."}},
    Row{500,
        {"internal_error", "Something went wrong on our side",
         "The request was not completed. Try again in a moment; if it stays, pass on the reference below."}},
    Row{501,
        {"not_implemented", "This is not supported",
         "The request uses something that is not supported here."}},
    Row{502,
        {"bad_gateway", "The app is not answering",
         "The app behind this address cannot be reached or does not answer properly. Try again in a moment; "
         "if it stays, pass on the reference below."}},
    Row{503,
        {"unavailable", "Not available right now",
         "The app is busy or being restarted. Try again in a moment."}},
    Row{504,
        {"gateway_timeout", "The app took too long",
         "The app behind this address did not answer in time. Try again in a moment; if it stays, pass on "
         "the reference below."}},
    Row{505, {"version_not_supported", "This version of HTTP is not supported", "Use HTTP/1.1 or HTTP/2."}},
};

}  // namespace

StatusText status_text(int status) {
  auto row = std::ranges::find(kRows, status, &Row::status);
  if (row == kRows.end()) row = std::ranges::find(kRows, status < 500 ? 400 : 500, &Row::status);
  return row->text;
}

}  // namespace gateway
