// What the origin and the client are told: which fields pass, which the gateway adds. The other half of
// ProxyExchange.
#include <algorithm>
#include <array>
#include <utility>

#include "core/http/forwarded.h"
#include "core/text/base64.h"
#include "core/text/cookie.h"
#include "gateway/answer/compression.h"
#include "gateway/answer/max_forwards.h"
#include "gateway/answer/proxy_exchange.h"
#include "gateway/model/identity_names.h"
#include "gateway/model/own_cookies.h"

namespace gateway {
namespace {

using core::FieldId;

constexpr std::size_t kAddedFields = 12;     // forwarding fields and the usual identity fields
constexpr std::size_t kSocketKeyBytes = 16;  // RFC 6455 section 4.1

bool is_framing(FieldId id) {
  return id == FieldId::host || id == FieldId::content_length || id == FieldId::transfer_encoding ||
         id == FieldId::expect;
}

bool is_of_trace(FieldId id) {
  return id == FieldId::traceparent || id == FieldId::tracestate;
}

}  // namespace

void ProxyExchange::take_out_hop_by_hop() {
  core::Fields& sent = exchange_.head().fields;
  // Of TE only this has a meaning beyond one hop, and only in HTTP/2 (RFC 9113 section 8.2.2): gRPC needs it.
  takes_trailers_ = route_.upstream->is_http2() && sent.list_has(FieldId::te, "trailers");
  core::remove_hop_by_hop(sent);
}

/// What an origin is told; built anew for each that is asked.
void ProxyExchange::build_fields() {
  const core::Fields& sent = exchange_.head().fields;
  buffers_->fields.reserve(sent.size() + kAddedFields);
  buffers_->cookies.reserve(sent.count(FieldId::cookie));  // views into them must stay
  if (is_upgrade_) add_handshake_fields();
  for (const core::Field& field : sent) {
    if (is_upgrade_ && is_over_h2() && field.id == FieldId::sec_websocket_key)
      continue;  // RFC 8441 section 5
    if (is_framing(field.id) || route_.request_headers.replaces(field.name)) continue;
    if (field.id == FieldId::authorization && owns_authorization()) continue;
    if (exchange_.trace() != nullptr && is_of_trace(field.id)) continue;
    if (field.id == FieldId::cookie) {
      add_foreign_cookies(field);
      continue;
    }
    buffers_->fields.add(field);
  }
  if (const auto left = forwards_left(exchange_.head()))
    count_forward(*left, buffers_->fields, buffers_->max_forwards);
  if (takes_trailers_) buffers_->fields.add(FieldId::te, "te", "trailers");
  add_forwarding_fields();
  route_.request_headers.add_to(buffers_->fields, {exchange_.request(), admitted_.identity()},
                                buffers_->edits);
  if (const std::string_view own = own_authorization(); !own.empty())
    buffers_->fields.add(FieldId::authorization, own);
  route_.identity.append_to(buffers_->fields, admitted_.shared_identity(), exchange_.request());
  for (const auto& [name, value] : exchange_.granted_fields()) buffers_->fields.add(name, value);
}

bool ProxyExchange::owns_authorization() const {
  return !route_.authorization.empty() || route_.forward_token != config::ForwardToken::none;
}

/// Empty where the client's passes, and where the session has no such token: then nothing is sent.
std::string_view ProxyExchange::own_authorization() const {
  const ForwardedTokens* tokens = admitted_.tokens();
  switch (route_.forward_token) {
    case config::ForwardToken::none:
      return route_.authorization.reveal();
    case config::ForwardToken::access:
      return tokens == nullptr ? std::string_view() : tokens->access.reveal();
    case config::ForwardToken::id:
      return tokens == nullptr ? std::string_view() : tokens->id.reveal();
  }
  return {};
}

/// Over HTTP/2 a handshake has no key (RFC 8441 section 5): the origin proves itself to us.
void ProxyExchange::add_handshake_fields() {
  buffers_->fields.add(FieldId::upgrade, "websocket");
  if (!is_over_h2()) return;
  std::array<char, kSocketKeyBytes> key;
  exchange_.site().services.random.fill(key);
  buffers_->socket_key = core::base64_encode({key.data(), key.size()}, core::Base64::standard);
  buffers_->fields.add(FieldId::sec_websocket_key, buffers_->socket_key);
}

void ProxyExchange::add_foreign_cookies(const core::Field& field) {
  const auto is_ours = [this](std::string_view name) { return route_.cookie_names->is_ours(name); };
  std::string& scratch = buffers_->cookies.emplace_back();
  const std::string_view kept = core::without_cookies(field.value, is_ours, scratch);
  if (!kept.empty()) buffers_->fields.add(FieldId::cookie, kept);
}

void ProxyExchange::add_forwarding_fields() {
  const Request& request = exchange_.request();
  const std::string& client = exchange_.client_text();
  core::append_forwarded(buffers_->forwarded, request.client, exchange_.head().host);
  buffers_->fields.add(FieldId::forwarded, buffers_->forwarded);
  buffers_->fields.add(FieldId::x_forwarded_for, client);
  buffers_->fields.add(FieldId::x_forwarded_proto, "https");
  buffers_->fields.add(FieldId::x_forwarded_host, exchange_.head().host);
  buffers_->fields.add(FieldId::x_real_ip, client);
  if (route_.path != nullptr && !route_.path->prefix().empty())
    buffers_->fields.add("X-Forwarded-Prefix", route_.path->prefix());
  buffers_->fields.add(FieldId::x_request_id, request.id);
  if (const Trace* trace = exchange_.trace()) add_trace_fields(*trace);
}

/// Whether a field of an origin's response, interim ones included, reaches the client.
bool ProxyExchange::passes_to_client(const core::Field& field) const {
  if (is_framing(field.id) || field.id == FieldId::alt_svc) return false;
  if (field.id == FieldId::set_cookie && route_.cookie_names->is_ours(core::set_cookie_name(field.value))) {
    return false;
  }
  return !route_.response_headers.replaces(field.name) && !exchange_.owns_field(field);
}

/// RFC 9110 section 6.5.1: an origin may merge trailers into the header, so what must not come as the one
/// must not come as the other.
bool ProxyExchange::passes_as_trailer(const core::Field& field) const {
  return field.id == FieldId::other && !exchange_.site().identity_names.contains(field.name) &&
         !route_.request_headers.replaces(field.name);
}

/// What the origin says in its own terms, in the client's.
void ProxyExchange::map_answer_fields() {
  const std::string_view sent = target();
  const AnswerPaths::Asked asked{exchange_.request(), sent.substr(0, sent.find('?'))};
  buffers_->mapped.reserve(buffers_->fields.size());  // views into them must stay
  for (core::Field& field : buffers_->fields) {
    std::optional<std::string> mapped;
    if (field.id == FieldId::location || core::equals_ignoring_case(field.name, "Content-Location")) {
      mapped = route_.answer_paths->map_reference(field.value, asked);
    } else if (field.id == FieldId::refresh) {
      mapped = route_.answer_paths->map_refresh(field.value, asked);
    } else if (field.id == FieldId::set_cookie) {
      mapped = route_.answer_paths->map_cookie(field.value, asked);
    }
    if (mapped) field.value = buffers_->mapped.emplace_back(std::move(*mapped));
  }
}

void ProxyExchange::build_response_fields(core::ResponseHead& head) {
  core::Fields& received = head.fields;
  core::remove_hop_by_hop(received);
  if (head.status == 101) buffers_->fields.add(FieldId::upgrade, "websocket");
  for (const core::Field& field : received) {
    if (passes_to_client(field)) buffers_->fields.add(field);
  }
  if (route_.answer_paths != nullptr) map_answer_fields();
  route_.response_headers.add_to(buffers_->fields, {exchange_.request(), admitted_.identity()},
                                 buffers_->edits);
  exchange_.add_own_fields(buffers_->fields);
  add_own_cookies(buffers_->fields, exchange_.cookies());
}

/// What the client is sent of buffers_->fields and `head`; its body goes through encoded_ from then on.
void ProxyExchange::compress(core::ResponseHead& head) {
  const core::RequestHead& request = exchange_.head();
  if (head.status == 304) return weaken_not_modified(request, buffers_->fields, buffers_->etag);
  AnswerHead answer{head.status, head.body, buffers_->fields};
  if (!is_compressible(answer)) return;
  add_vary(buffers_->fields);
  const core::ContentCoding coding = coding_for(request);
  if (coding == core::ContentCoding::identity) return;
  if (request.method != "HEAD") {
    encoded_ = EncodedBody::make(exchange_.site().services.loop, *route_.encoders, coding, *this);
    if (encoded_ == nullptr) return;
  }
  mark_coded(answer, coding, buffers_->etag);
  head.body = answer.body;
}

}  // namespace gateway
