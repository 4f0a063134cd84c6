#include "gateway/model/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>

namespace gateway {
namespace {

void append_member(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(",\"").append(name).append("\":\"");
  core::append_json_escaped(line, value);
  line.push_back('"');
}

/// Names of OpenTelemetry's semantic conventions where there are such, else ours below "gateway.".
void append_json(std::string& line, const AccessRecord& record) {
  line.append("{\"time\":\"");
  core::append_timestamp(line, record.started);
  line.append("\",\"log\":\"access\"");
  const double seconds = std::chrono::duration<double>(record.duration).count();
  fmt::format_to(std::back_inserter(line),
                 ",\"http.response.status_code\":{},\"http.server.request.duration\":{:.3f}"
                 ",\"http.request.body.size\":{},\"http.response.body.size\":{}",
                 record.status, seconds, record.bytes_received, record.bytes_sent);
  append_member(line, "client.address", record.client);
  append_member(line, "network.peer.address", record.peer);
  append_member(line, "http.request.method", record.method);
  append_member(line, "network.protocol.version", record.protocol_version());
  append_member(line, "url.scheme", record.scheme);
  append_member(line, "server.address", record.host);
  append_member(line, "url.path", record.path);
  append_member(line, "http.route", record.route);
  append_member(line, "gateway.upstream", record.upstream);
  append_member(line, "enduser.id", record.user);
  append_member(line, "user_agent.original", record.user_agent);
  append_member(line, "http.request.header.referer", record.referer);
  append_member(line, "gateway.reason", record.reason);
  append_member(line, "gateway.request_id", record.request_id);
  append_member(line, "trace_id", record.trace_id);
  append_member(line, "span_id", record.span_id);
  line.append("}\n");
}

void append_word(std::string& line, std::string_view value) {
  line.push_back(' ');
  if (value.empty()) {
    line.push_back('-');
  } else {
    core::append_terminal_safe(line, value);
  }
}

void append_text(std::string& line, const AccessRecord& record) {
  core::append_timestamp(line, record.started);
  fmt::format_to(std::back_inserter(line), " {}", record.status);
  append_word(line, record.method);
  append_word(line, record.host);
  core::append_terminal_safe(line, record.path);
  fmt::format_to(std::back_inserter(line), " {} B {} ms", record.bytes_sent, record.duration.count());
  append_word(line, record.client);
  append_word(line, record.user);
  if (!record.reason.empty()) {
    line.append(" (");
    core::append_terminal_safe(line, record.reason);
    line.push_back(')');
  }
  append_word(line, record.request_id);
  line.push_back('\n');
}

void append_quoted(std::string& line, std::string_view value) {
  line.append(" \"");
  // As nginx and httpd do: a quote inside would end the field for every reader of the format.
  for (std::size_t start = 0; start <= value.size();) {
    const std::size_t quote = std::min(value.find('"', start), value.size());
    core::append_terminal_safe(line, value.substr(start, quote - start));
    if (quote < value.size()) line.append("\\x22");
    start = quote + 1;
  }
  line.push_back('"');
}

void append_combined(std::string& line, const AccessRecord& record) {
  line.append(record.client.empty() ? "-" : record.client).append(" -");
  append_word(line, record.user);
  const std::time_t seconds = core::unix_seconds(record.started);
  fmt::format_to(std::back_inserter(line), " [{:%d/%b/%Y:%H:%M:%S} +0000]", fmt::gmtime(seconds));
  std::string request(record.method);
  request.append(" ").append(record.path).append(" ").append(record.protocol);
  append_quoted(line, request);
  fmt::format_to(std::back_inserter(line), " {} {}", record.status, record.bytes_sent);
  append_quoted(line, record.referer.empty() ? std::string_view("-") : record.referer);
  append_quoted(line, record.user_agent.empty() ? std::string_view("-") : record.user_agent);
  line.push_back('\n');
}

}  // namespace

std::string_view AccessRecord::protocol_version() const {
  const std::string_view version = protocol.substr(protocol.find('/') + 1);
  return version == "2.0" ? version.substr(0, 1) : version;
}

void AccessLog::write(const AccessRecord& record) {
  if (sink_ == nullptr) return;
  line_.clear();
  switch (format_) {
    case AccessFormat::json:
      append_json(line_, record);
      break;
    case AccessFormat::text:
      append_text(line_, record);
      break;
    case AccessFormat::combined:
      append_combined(line_, record);
      break;
  }
  sink_->write(line_);
}

}  // namespace gateway
