#include "tests/gateway/support/browser.h"

#include <memory>
#include <stdexcept>

#include "core/text/cookie.h"
#include "core/text/form.h"
#include "core/text/url.h"

namespace test_support {
namespace {

bool has_attribute(std::string_view set_cookie, std::string_view attribute) {
  return set_cookie.find(attribute) != std::string_view::npos;
}

}  // namespace

OwnedRequest::OwnedRequest(std::string method, std::string_view url, core::WallTime now) {
  const core::Result<core::Url> parsed = core::parse_url(url);
  if (!parsed) throw std::runtime_error("no URL: " + std::string(url));
  request_.method = keep(std::move(method));
  request_.host = keep(parsed->authority.host);
  request_.port = parsed->effective_port();
  request_.path = keep(parsed->path);
  request_.query = keep(parsed->query);
  request_.fields = &fields_;
  request_.id = keep("0123456789abcdef0123456789abcdef");
  request_.now = now;
}

OwnedRequest& OwnedRequest::with(std::string name, std::string value) {
  const std::string_view kept_name = keep(std::move(name));
  fields_.add(kept_name, keep(std::move(value)));
  return *this;
}

OwnedRequest& OwnedRequest::from(std::string_view address) {
  request_.client = core::IpAddress::parse(address).value();
  return *this;
}

OwnedRequest& OwnedRequest::as_navigation(std::string site) {
  with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
  with("Sec-Fetch-Mode", "navigate").with("Sec-Fetch-Dest", "document");
  return with("Sec-Fetch-Site", std::move(site));
}

std::unique_ptr<OwnedRequest> Browser::navigate(std::string_view url, std::string method,
                                                std::string site) const {
  auto request = std::make_unique<OwnedRequest>(std::move(method), url, clock_.wall());
  request->as_navigation(std::move(site));
  const std::string cookies = cookie_field(request->request().host);
  if (!cookies.empty()) request->with("Cookie", cookies);
  return request;
}

std::unique_ptr<OwnedRequest> Browser::fetch(std::string_view url, std::string method) const {
  auto request = std::make_unique<OwnedRequest>(std::move(method), url, clock_.wall());
  request->with("Accept", "application/json").with("Sec-Fetch-Mode", "cors").with("Sec-Fetch-Dest", "empty");
  const std::string cookies = cookie_field(request->request().host);
  if (!cookies.empty()) request->with("Cookie", cookies);
  return request;
}

std::string Browser::cookie_field(std::string_view host) const {
  std::string field;
  for (const auto& [scope, cookies] : jar_) {
    const bool is_parent = host.ends_with("." + scope);
    if (host != scope && !is_parent) continue;
    for (const auto& [name, kept] : cookies) {
      if (host != scope && !kept.for_domain) continue;
      if (!field.empty()) field += "; ";
      field += name + "=" + kept.value;
    }
  }
  return field;
}

void Browser::take(std::string_view url, const gateway::Reply& reply) {
  take(url, fields_of(reply, "Set-Cookie"));
}

void Browser::take(std::string_view url, const std::vector<std::string>& set_cookies) {
  const std::string host = core::parse_url(url)->authority.host;
  for (const std::string& set_cookie : set_cookies) take_one(host, set_cookie);
}

void Browser::take_one(const std::string& host, const std::string& set_cookie) {
  const std::size_t end = set_cookie.find(';');
  const std::size_t equals = set_cookie.find('=');
  const std::string name = set_cookie.substr(0, equals);
  const std::string attributes = end == std::string::npos ? "" : set_cookie.substr(end);
  const bool is_secure = has_attribute(attributes, "; Secure") && has_attribute(attributes, "; HttpOnly");
  if (!is_secure || !has_attribute(attributes, "; Path=/"))
    throw std::runtime_error("weak cookie: " + set_cookie);
  std::string scope = host;
  const std::size_t domain = attributes.find("; Domain=");
  if (domain != std::string::npos) {
    if (name.starts_with("__Host-")) throw std::runtime_error("__Host- with a domain: " + set_cookie);
    scope = attributes.substr(domain + 9, attributes.find(';', domain + 1) - domain - 9);
    if (host != scope && !host.ends_with("." + scope)) return;
  }
  if (end - equals - 1 + name.size() > 4096) return;
  if (has_attribute(attributes, "; Max-Age=0")) {
    jar_[scope].erase(name);
    return;
  }
  jar_[scope][name] = {set_cookie.substr(equals + 1, end - equals - 1), domain != std::string::npos};
}

std::string Browser::cookie(const std::string& scope, const std::string& name) const {
  const auto cookies = jar_.find(scope);
  if (cookies == jar_.end()) return {};
  const auto found = cookies->second.find(name);
  return found == cookies->second.end() ? std::string() : found->second.value;
}

void Browser::set_cookie(const std::string& scope, const std::string& name, const std::string& value) {
  jar_[scope][name] = {value, false};
}

void Browser::drop_cookie(const std::string& scope, const std::string& name) {
  jar_[scope].erase(name);
}

std::vector<std::string> Browser::cookie_names(const std::string& scope) const {
  std::vector<std::string> names;
  const auto cookies = jar_.find(scope);
  if (cookies == jar_.end()) return names;
  for (const auto& [name, kept] : cookies->second) names.push_back(name);
  return names;
}

std::string field_of(const gateway::Reply& reply, std::string_view name) {
  const std::vector<std::string> values = fields_of(reply, name);
  return values.empty() ? std::string() : values.front();
}

std::vector<std::string> fields_of(const gateway::Reply& reply, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [field, value] : reply.fields) {
    if (core::equals_ignoring_case(field, name)) values.push_back(value);
  }
  return values;
}

std::string parameter_of(const std::string& url, std::string_view name) {
  const std::size_t query = url.find('?');
  if (query == std::string::npos) return {};
  const core::Result<core::Form> form = core::Form::parse(url.substr(query + 1));
  if (!form) return {};
  for (const core::FormParameter& parameter : form->parameters()) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

}  // namespace test_support
