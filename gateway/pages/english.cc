// The words in English: also what programs are told, and what they are translated from.
#include "gateway/pages/words.h"

namespace gateway {
namespace {

constexpr Words kEnglish{
    .tag = "en",
    .common = {.reference = "Reference",
               .try_again = "Try again",
               .signed_in_as = "Signed in as",
               .signed_in_with = "With",
               .another_account = "Use another account",
               .help = "Help"},
    .sign_in = {.heading = "Sign in",
                .destination = "To continue to {}",
                .continue_with = "Continue with {}",
                .under_way = "Signing in",
                .go_on = "Continue"},
    .access = {.denied = "You do not have access",
               .denied_message = "Your account may not open {}. If it should, ask the people who run this "
                                 "site and give them the reference below.",
               .pending = "Waiting for approval",
               .pending_message =
                   "Your account has not been approved for {} yet. Ask the people who run this "
                   "site and give them the reference below; once they approve it, reload this "
                   "page.",
               .offered = "Your account may not open {}. If it should, ask for access: the people who run "
                          "this site are told who you are, and decide.",
               .waiting = "Your account has not been approved for {} yet. The people who run this site see "
                          "your request and decide; come back later.",
               .rejected = "Your request for {} was not approved. If it should have been, tell the people "
                           "who run this site.",
               .not_taken = "Your account has not been approved for {}, and no more requests are taken at "
                            "the moment. Ask the people who run this site and give them the reference below.",
               .ask = "Ask for access",
               .check_again = "Check again"},
    .approvals =
        {.heading = "Requests for access",
         .nobody = "Nobody has asked for access.",
         .decide = "Decide who may enter.",
         .waiting = "Waiting",
         .approved = "Approved",
         .rejected = "Rejected",
         .email = "E-mail",
         .verified = "{} (verified)",
         .not_verified = "{} (not verified)",
         .name = "Name",
         .provider = "With",
         .issuer = "Issuer",
         .subject = "Subject",
         .policy = "For",
         .asked = "Asked",
         .decided = "Decided",
         .decided_by = "By",
         .until = "Until",
         .choose_until = "Until (optional, UTC)",
         .approve = "Approve",
         .reject = "Reject",
         .withdraw = "Withdraw",
         .oneself = "This is you: somebody else has to decide.",
         .left_out = "{} more; gateway approvals list shows all.",
         .changed = {"Something has changed",
                     "What you saw has changed in the meantime. Look again and decide anew."},
         .malformed = {"This does not work",
                       "The form was not filled in as expected. Go back and try again."},
         .not_kept =
             {"Not available right now",
              "It could not be written down. Look whether it is in force, and try again in a moment."},
         .refused = {"This was refused",
                     "The form is too old or belongs to another session, or the decision is not yours. Open "
                     "the page anew."}},
    .sign_out = {.ask = {"Sign out?", "You will be signed out of every app that uses this sign-in."},
                 .yes = "Sign out",
                 .no = "Stay signed in",
                 .done = {"You are signed out", "On a shared computer, close the browser as well."},
                 .sign_in_again = "Sign in again"},
    .session_ended = {.heading = "Your session has ended",
                      .is_lost = "What you sent was not processed. Sign in, then go back and send it once "
                                 "more.",
                      .is_kept = "What you sent was not processed, but this page holds it. Sign in, which "
                                 "opens another tab, then come back to this one and send it.",
                      .sign_in = "Sign in",
                      .send = "Send",
                      .unknown = {"Not available right now",
                                  "You are signed in, but this site cannot find out at the moment what you "
                                  "may see. Try again in a moment."}},
    .account = {.label = "Your account",
                .apps = "Apps",
                .sessions = "Sessions",
                .tokens = "Tokens",
                .approvals = "Requests for access"},
    .apps = {.heading = "Your apps",
             .introduction = "These are open to you.",
             .none = "There is no app that is open to you."},
    .sessions = {.heading = "Your session",
                 .introduction = "You are signed in in this browser.",
                 .since = "Since",
                 .until = "Until",
                 .everywhere = "Sign out everywhere",
                 .everywhere_ends =
                     "This ends all of your sessions, in every browser. Tokens of your programs stay valid.",
                 .all = "Show all of my sessions",
                 .others = "Your other sessions",
                 .program = "Browser",
                 .network = "Network",
                 .end = "End this session",
                 .not_known =
                     "Your other sessions cannot be shown at the moment. Try again in a few minutes."},
    .tokens = {.heading = "Your tokens",
               .introduction = "A token lets a program of yours in where you may enter yourself.",
               .made = "Here is your token. Keep it now: it is not shown again.",
               .how_sent = "Programs send it as {}.",
               .name = "Name",
               .opens = "Opens",
               .made_on = "Made",
               .ends_on = "Ends",
               .days = "Valid for so many days",
               .revoke = "Revoke",
               .make = "Make a token",
               .nowhere = "There is nothing here that a token of yours could open.",
               .bad_name = "Give the token a short name.",
               .bad_days = "Choose from 1 to {} days.",
               .bad_place = "Choose at least one of the places below.",
               .too_many_places = "Choose fewer places.",
               .too_many_tokens = "You have too many tokens. Revoke one first.",
               .not_kept = "The token could not be kept. Try again later.",
               .not_written =
                   "The token has ended here, but that could not be written down. It will be tried again."},
    .device =
        {.heading = "Let a device in",
         .introduction = "Type the code that your device or program shows.",
         .warning = "Allow this only if you have just started it yourself and it shows this very code. "
                    "Whoever sent you a code or a link to this page would act in your name.",
         .what_it_gets = "It gets a token and may then do what you may do at the places that you choose.",
         .code = "Code",
         .calls_itself = "Calls itself",
         .asks_from = "Asks from",
         .you_are_at = "You are at",
         .asked_at = "Asked at",
         .go_on = "Continue",
         .allow = "Allow",
         .deny = "Deny",
         .allowed = "The device is let in",
         .allowed_message = "It fetches its token by itself. You can close this page.",
         .denied = "The device is not let in",
         .denied_message = "It will hear that you said no. You can close this page.",
         .unknown_code =
             "No device waits with this code. Codes last ten minutes; have the device show another one.",
         .too_many_codes = "You have typed too many codes. Try again in a few minutes.",
         .not_kept = "That could not be kept. Try again in a moment."},
    .break_glass =
        {.heading = "Emergency sign-in",
         .introduction = "For the people who run this site, while the usual way to sign in does not work. "
                         "Each use is logged and reported.",
         .password = "Password",
         .code = "Code of the authenticator app",
         .sign_in = "Sign in",
         .wrong =
             "The password or the code is not right, or the code was used before. Wait for the next code.",
         .too_many = "Too many tries. Wait a quarter of an hour.",
         .unavailable = "The sign-in cannot be checked at the moment. Try again."},
    .statuses =
        {.bad_request = {"This request could not be read",
                         "Something in the address or in what the browser sent is not as it should be. "
                         "Check the address, or start again from the app's front page."},
         .sign_in_required = {"Please sign in", "You need to be signed in to see this."},
         .forbidden = {"You cannot open this", "Access to this address is not allowed."},
         .not_found = {"Nothing is here",
                       "There is no app or page at this address. Check the address for a typing mistake."},
         .method_not_allowed = {"This cannot be done here",
                                "The address exists, but not for this kind of request."},
         .request_timeout = {"The request took too long",
                             "It did not arrive completely in time. Check your connection and try again."},
         .body_too_large = {"That is too large to upload", "What was sent is larger than this app accepts."},
         .target_too_long = {"This address is too long",
                             "Shorten the address, or start again from the app's front page."},
         .unsupported_media_type = {"This kind of content is not accepted",
                                    "The app takes another format here."},
         .expectation_failed = {"This request could not be met",
                                "The request demands something that is not offered here."},
         .misdirected_request = {"Wrong connection for this site",
                                 "The browser asked for this site over a connection that belongs to another "
                                 "one. Reloading the page helps."},
         .upgrade_required = {"Another protocol is needed", "This address answers to another protocol only."},
         .too_many_requests = {"Too many requests",
                               "More requests came from you than are allowed at once. Wait a moment, then "
                               "try again."},
         .fields_too_large = {"The browser sent too much",
                              "Cookies or other fields of the request are too large. Removing this site's "
                              "cookies helps."},
         .internal_error = {"Something went wrong on our side",
                            "The request was not completed. Try again in a moment; if it stays, pass on the "
                            "reference below."},
         .not_implemented = {"This is not supported",
                             "The request uses something that is not supported here."},
         .bad_gateway = {"The app is not answering",
                         "The app behind this address cannot be reached or does not answer properly. Try "
                         "again in a moment; if it stays, pass on the reference below."},
         .unavailable = {"Not available right now",
                         "The app is busy or being restarted. Try again in a moment."},
         .gateway_timeout = {"The app took too long",
                             "The app behind this address did not answer in time. Try again in a moment; if "
                             "it stays, pass on the reference below."},
         .version_not_supported = {"This version of HTTP is not supported", "Use HTTP/1.1 or HTTP/2."}},
    .failures =
        {.bad_callback = {"Sign-in did not work",
                          "This browser has no sign-in under way that this answer belongs to. Cookies may be "
                          "refused, the sign-in may have taken longer than ten minutes, or it was begun in "
                          "another browser or window. Open the page you wanted once more."},
         .refused_by_provider = {"You were not signed in",
                                 "The sign-in service said no, or the sign-in was cancelled."},
         .not_verified = {"Sign-in did not work",
                          "The answer of the sign-in service could not be verified. If this happens again, "
                          "tell whoever runs this site, with the reference below."},
         .provider_down = {"Sign-in is not available right now",
                           "The sign-in service cannot be reached. Try again in a moment."},
         .session_not_kept = {"Sign-in is not available right now",
                              "You were recognised, but this site cannot keep sessions at the moment. Try "
                              "again in a moment."},
         .session_too_large = {"Sign-in did not work",
                               "Your account comes with more groups and claims than a session can hold. "
                               "Whoever runs this site can ask the sign-in service for fewer; give them the "
                               "reference below."},
         .ticket_too_large = {"Sign-in did not work",
                              "You were signed in, but your account comes with more groups and claims than "
                              "can be handed over to this part of the site. Whoever runs it can ask the "
                              "sign-in service for fewer; give them the reference below."},
         .bad_return = {"Sign-in did not work",
                        "This browser has no sign-in under way that this address belongs to. Cookies may be "
                        "refused, or the address was used before or is too old. Open the page you wanted "
                        "once more."},
         .bad_target = {"This address does not work",
                        "It asks to return to a place that does not belong to this site."},
         .sign_out_not_kept = {"Signed out here only",
                               "You are signed out in this browser, but it could not be written down for the "
                               "other parts of this site. Close the browser on shared machines, and tell "
                               "whoever runs this site."},
         .loop_no_cookie = {"Sign-in did not work twice in a row",
                            "You were signed in, but the browser did not send the session cookie back. Allow "
                            "cookies for this site; if they are allowed, whoever runs this site should check "
                            "its address and cookie settings."},
         .loop_clock = {"Sign-in did not work twice in a row",
                        "You were signed in, but the session counts as over or not yet begun. A clock of "
                        "this site is probably wrong; tell whoever runs it, with the reference below."},
         .loop_unreadable = {"Sign-in did not work twice in a row",
                             "You were signed in, but the session cookie cannot be read where it arrives. "
                             "The parts of this site probably use different session keys, or another site of "
                             "its domain sets cookies of the same name. Remove the cookies of this site; if "
                             "that does not help, tell whoever runs it, with the reference below."},
         .loop_other = {"Sign-in did not work twice in a row",
                        "You were signed in, but the session does not count here. The redirect address, the "
                        "audience or the provider of this site is probably misconfigured; tell whoever runs "
                        "it, with the reference below."}},
};

}  // namespace

const Words& english() {
  return kEnglish;
}

}  // namespace gateway
