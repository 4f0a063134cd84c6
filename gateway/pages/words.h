// Every sentence of every page, in one language: one struct a subject. A language is one file that fills
// them all (english.cc, german.cc, …) and a line in languages.cc; what it leaves out does not compile.
// Programs are told the English ones (json_error.h).
#pragma once

#include <string_view>

#include "gateway/pages/phrase.h"

namespace gateway {

/// What stands on several pages.
struct CommonWords {
  Phrase reference;  ///< before the request's id
  Phrase try_again;
  Phrase signed_in_as;     ///< label of a name
  Phrase signed_in_with;   ///< label of a provider
  Phrase another_account;  ///< button
  Phrase help;             ///< before the address of who helps
};

struct SignInWords {
  Phrase heading;
  GappedPhrase destination;    ///< a host
  GappedPhrase continue_with;  ///< button; a provider
  Phrase under_way;            ///< heading of the page that goes on by itself
  Phrase go_on;                ///< its button
};

struct AccessWords {
  Phrase denied;
  GappedPhrase denied_message;  ///< a host
  Phrase pending;
  GappedPhrase pending_message;  ///< a host
  // Where an administrator decides; each about a host.
  GappedPhrase offered;
  GappedPhrase waiting;
  GappedPhrase rejected;
  GappedPhrase not_taken;
  Phrase ask;          ///< button
  Phrase check_again;  ///< button
};

/// The page on which administrators decide.
struct ApprovalsWords {
  Phrase heading;
  Phrase nobody;
  Phrase decide;
  Phrase waiting;  ///< headings of its sections
  Phrase approved;
  Phrase rejected;
  Phrase email;  ///< labels
  GappedPhrase verified;
  GappedPhrase not_verified;
  Phrase name;
  Phrase provider;
  Phrase issuer;
  Phrase subject;
  Phrase policy;
  Phrase asked;
  Phrase decided;
  Phrase decided_by;
  Phrase until;
  Phrase choose_until;
  Phrase approve;  ///< buttons
  Phrase reject;
  Phrase withdraw;
  Phrase oneself;
  GappedPhrase left_out;  ///< a number
  Notice changed;
  Notice malformed;
  Notice not_kept;
  Notice refused;
};

struct SignOutWords {
  Notice ask;
  Phrase yes;  ///< button
  Phrase no;   ///< button
  Notice done;
  Phrase sign_in_again;  ///< button
};

struct SessionEndedWords {
  Phrase heading;
  Phrase is_lost;  ///< what was sent
  Phrase is_kept;
  Phrase sign_in;  ///< button
  Phrase send;     ///< button
  Notice unknown;  ///< whether it has ended cannot be found out
};

/// A status without words of its own has those of 400 or 500.
struct StatusWords {
  Notice bad_request;
  Notice sign_in_required;
  Notice forbidden;
  Notice not_found;
  Notice method_not_allowed;
  Notice request_timeout;
  Notice body_too_large;
  Notice target_too_long;
  Notice unsupported_media_type;
  Notice expectation_failed;
  Notice misdirected_request;
  Notice upgrade_required;
  Notice too_many_requests;
  Notice fields_too_large;
  Notice internal_error;
  Notice not_implemented;
  Notice bad_gateway;
  Notice unavailable;
  Notice gateway_timeout;
  Notice version_not_supported;
};

/// Why there is no session, or none any more; as SignInFailure.
struct SignInFailureWords {
  Notice bad_callback;
  Notice refused_by_provider;
  Notice not_verified;
  Notice provider_down;
  Notice session_not_kept;
  Notice session_too_large;
  Notice ticket_too_large;
  Notice bad_return;
  Notice bad_target;
  Notice sign_out_not_kept;
  Notice loop_no_cookie;
  Notice loop_clock;
  Notice loop_unreadable;
  Notice loop_other;
};

/// The account for emergencies (break_glass_page.h).
struct BreakGlassWords {
  Phrase heading;
  Phrase introduction;
  Phrase password;  ///< labels
  Phrase code;
  Phrase sign_in;  ///< button
  Phrase wrong;
  Phrase too_many;
  Phrase unavailable;
};

/// A person's own tokens (token_page.h).
/// The links between the pages of somebody who is signed in.
struct AccountWords {
  Phrase label;  ///< of all of them, for who hears the page
  Phrase apps;
  Phrase sessions;
  Phrase tokens;
  Phrase approvals;
};

struct AppWords {
  Phrase heading;
  Phrase introduction;
  Phrase none;
};

struct SessionWords {
  Phrase heading;
  Phrase introduction;
  Phrase since;  ///< labels
  Phrase until;
  Phrase everywhere;       ///< button
  Phrase everywhere_ends;  ///< what it does
  Phrase all;              ///< link to the page that lists the others
  Phrase others;           ///< heading
  Phrase program;          ///< labels
  Phrase network;
  Phrase end;  ///< button
  Phrase not_known;
};

struct TokenWords {
  Phrase heading;
  Phrase introduction;
  Phrase made;            ///< before the token
  GappedPhrase how_sent;  ///< behind it; a field
  Phrase name;            ///< labels
  Phrase opens;
  Phrase made_on;
  Phrase ends_on;
  Phrase days;
  Phrase revoke;  ///< buttons
  Phrase make;
  Phrase nowhere;  ///< there is nothing that a token could open
  Phrase bad_name;
  GappedPhrase bad_days;  ///< the most
  Phrase bad_place;
  Phrase too_many_places;
  Phrase too_many_tokens;
  Phrase not_kept;
  Phrase not_written;
};

/// A device without a browser, which a person lets in (device_page.h).
struct DeviceWords {
  Phrase heading;
  Phrase introduction;
  Phrase warning;
  Phrase what_it_gets;
  Phrase code;  ///< labels
  Phrase calls_itself;
  Phrase asks_from;
  Phrase you_are_at;
  Phrase asked_at;
  Phrase go_on;  ///< buttons
  Phrase allow;
  Phrase deny;
  Phrase allowed;  ///< headings
  Phrase allowed_message;
  Phrase denied;
  Phrase denied_message;
  Phrase unknown_code;
  Phrase too_many_codes;
  Phrase not_kept;
};

struct Words {
  std::string_view tag;  ///< RFC 5646, in lower case: "de"
  CommonWords common;
  SignInWords sign_in;
  AccessWords access;
  ApprovalsWords approvals;
  SignOutWords sign_out;
  SessionEndedWords session_ended;
  AccountWords account;
  AppWords apps;
  SessionWords sessions;
  TokenWords tokens;
  DeviceWords device;
  BreakGlassWords break_glass;
  StatusWords statuses;
  SignInFailureWords failures;
};

const Words& english();
const Words& german();
const Words& french();
const Words& spanish();

}  // namespace gateway
