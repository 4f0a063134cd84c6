#include "core/http/fetch_exchange.h"

#include <string>
#include <utility>

namespace core {
namespace {

Error unwelcome(ErrorKind kind, std::string_view text) {
  return {kind, Side::origin, std::string(text)};
}

}  // namespace

HostPort place_of(const FetchRequest& request) {
  HostPort to = host_port_of(request.reached_at.value_or(request.url));
  to.unix_path = request.unix_path;
  to.greeting = request.greeting;
  if (request.reached_at) to.certificate_name = host_port_of(request.url).host;
  if (!request.certificate_name.empty()) to.certificate_name = request.certificate_name;
  return to;
}

FetchExchange::~FetchExchange() {
  if (stream_ != nullptr) stream_->cancel();
}

void FetchExchange::start(ClientSession& session, const FetchRequest& request) {
  Fields fields;
  for (const auto& [name, value] : request.fields) fields.add(name, value);
  if (!fields.has(FieldId::accept_encoding)) fields.add(FieldId::accept_encoding, "identity");
  const std::string target = request.url.path + request.url.query;
  const std::string authority = request.url.origin().substr(request.url.scheme.size() + 3);
  OutgoingRequest outgoing;
  outgoing.method = request.method;
  outgoing.target = target;
  outgoing.host = authority;
  outgoing.fields = &fields;
  const bool has_body = !request.body.empty() || request.method == "POST";
  if (has_body) outgoing.body = BodyLength::known(request.body.size());
  sink_ = request.sink;
  stream_ = &session.start(outgoing, *this);
  stream_->send_body(request.body);
  stream_->send_end(Fields());
}

void FetchExchange::on_response_head(ResponseHead& head) {
  if (head.status < 200) return;
  response_.status = head.status;
  for (const Field& field : head.fields) {
    response_.fields.emplace_back(std::string(field.name), std::string(field.value));
    const bool is_coded =
        field.id == FieldId::content_encoding && !equals_ignoring_case(field.value, "identity");
    if (is_coded)
      return give_up(unwelcome(ErrorKind::unsupported, "a content coding that was not asked for"));
  }
  const bool is_too_long =
      !is_for_sink() && head.body.kind == BodyLength::Kind::known && head.body.bytes > most_body_bytes_;
  if (is_too_long) give_up(unwelcome(ErrorKind::too_large, "the response is too large"));
}

void FetchExchange::on_response_body(std::string_view bytes) {
  if (is_for_sink()) {
    Result<void> taken = sink_->take(bytes);
    if (!taken) give_up(std::move(taken.error()));
    return;
  }
  if (bytes.size() > most_body_bytes_ - response_.body.size()) {
    return give_up(unwelcome(ErrorKind::too_large, "the response is too large"));
  }
  response_.body.append(bytes);
}

void FetchExchange::on_response_end(const Fields& /*trailers*/) {
  stream_ = nullptr;
  outcome.deliver(std::move(response_));
}

void FetchExchange::on_failed(Error error) {
  stream_ = nullptr;
  outcome.deliver(failure(std::move(error)));
}

void FetchExchange::give_up(Error error) {
  std::exchange(stream_, nullptr)->cancel();
  outcome.deliver(failure(std::move(error)));
}

}  // namespace core
