#include "tests/core/storage/support/fake_kubernetes.h"

#include <algorithm>
#include <utility>

#include "core/text/http_date.h"
#include "core/text/percent.h"

namespace tests {
namespace {

using core::FetchRequest;
using core::FetchResponse;
using core::Json;

std::string field_of(const FetchRequest& request, std::string_view name) {
  for (const auto& [known, value] : request.fields)
    if (known == name) return value;
  return "";
}

Json parsed(const std::string& body) {
  core::JsonLimits limits;
  limits.bytes = 3UL * 1024 * 1024;
  return *Json::parse(body, core::Side::us, limits);
}

FetchResponse response_of(int status, const Json& body) {
  FetchResponse response;
  response.status = status;
  response.fields.emplace_back("Content-Type", "application/json");
  response.body = body.text();
  return response;
}

FetchResponse status_of(int code, std::string_view reason, const std::string& message) {
  Json status = Json::object();
  status.set("kind", "Status");
  status.set("apiVersion", "v1");
  status.set("metadata", Json::object());
  status.set("status", code < 300 ? "Success" : "Failure");
  status.set("message", message);
  status.set("reason", reason);
  status.set("code", code);
  return response_of(code, status);
}

std::string version_of(const Json& object) {
  return std::string(object.find("metadata")->string_at("resourceVersion").value_or(""));
}

bool is_list(const std::string& path) {
  return path.ends_with("/secrets") || path.ends_with("/leases");
}

std::string query_value(std::string_view query, const std::string& name) {
  const std::size_t at = query.find(name + "=");
  if (at == std::string_view::npos) return "";
  const std::string_view rest = query.substr(at + name.size() + 1);
  return *core::percent_decode(rest.substr(0, rest.find('&')));
}

}  // namespace

core::Flow<FetchResponse> FakeKubernetes::fetch(FetchRequest request, core::FetchLimits /*limits*/) {
  log.push_back(request.method + " " + request.url.path);
  if (is_down) co_return core::failure(core::ErrorKind::unreachable, core::Side::us, "connecting: refused");
  if (field_of(request, "Authorization") != "Bearer " + token)
    co_return status_of(401, "Unauthorized", "Unauthorized");
  if (forbidden > 0) {
    --forbidden;
    co_return status_of(403, "Forbidden", "secrets is forbidden: User \"x\" cannot patch resource");
  }
  if (!nonsense.empty()) {
    FetchResponse odd;
    odd.status = 200;
    odd.body = nonsense;
    co_return odd;
  }
  if (request.method != "GET" && before_write) std::exchange(before_write, nullptr)();
  FetchResponse response = answer(request);
  if (clock != nullptr) response.fields.emplace_back("Date", core::http_date(clock->wall()));
  co_return response;
}

FetchResponse FakeKubernetes::answer(const FetchRequest& request) {
  const std::string& path = request.url.path;
  if (request.method == "GET" && is_list(path)) return list(request);
  if (request.method == "PATCH") return apply(request);
  if (request.method == "POST") return create(request);
  const auto found = objects.find(path);
  if (found == objects.end()) return status_of(404, "NotFound", "secrets \"x\" not found");
  if (request.method == "GET") return response_of(200, found->second);
  if (request.method == "PUT") return replace(request);
  if (!request.body.empty()) {
    const Json options = parsed(request.body);
    if (options.at("preconditions")->string_at("resourceVersion") != version_of(found->second))
      return status_of(409, "Conflict", "the ResourceVersion in the precondition does not match");
  }
  objects.erase(found);
  return status_of(200, "", "");
}

FetchResponse FakeKubernetes::list(const FetchRequest& request) {
  if (field_of(request, "Accept").find("as=PartialObjectMetadataList") == std::string::npos)
    return status_of(400, "BadRequest", "this test asks for metadata alone");
  const std::string from = query_value(request.url.query, "continue");
  if (!from.empty() && gone > 0) {
    --gone;
    return status_of(410, "Expired", "The provided continue parameter is too old");
  }
  const std::string selector = query_value(request.url.query, "labelSelector");
  std::vector<Json> items;
  std::string next;
  for (const auto& [path, object] : objects) {
    if (!path.starts_with(request.url.path + "/") || path < from) continue;
    const Json* labels = object.find("metadata")->find("labels");
    const std::size_t equals = selector.find('=');
    if (labels == nullptr || labels->string_at(selector.substr(0, equals)) != selector.substr(equals + 1))
      continue;
    if (items.size() == page) {
      next = path;
      break;
    }
    Json item = Json::object();
    item.set("kind", "PartialObjectMetadata");
    item.set("apiVersion", "meta.k8s.io/v1");
    item.set("metadata", *object.find("metadata"));
    items.push_back(std::move(item));
  }
  Json metadata = Json::object();
  metadata.set("resourceVersion", std::to_string(version_));
  if (is_endless) next = "/";
  if (!next.empty()) metadata.set("continue", next);
  Json answer = Json::object();
  answer.set("kind", "PartialObjectMetadataList");
  answer.set("apiVersion", "meta.k8s.io/v1");
  answer.set("metadata", std::move(metadata));
  answer.set("items", Json::array(std::move(items)));
  return response_of(200, answer);
}

FetchResponse FakeKubernetes::store(const std::string& path, Json object, int status) {
  Json metadata = *object.find("metadata");
  metadata.set("resourceVersion", std::to_string(++version_));
  metadata.set("uid", "0b7b2b7e-0000-4000-8000-000000000001");
  object.set("metadata", std::move(metadata));
  objects.insert_or_assign(path, object);
  return response_of(status, object);
}

FetchResponse FakeKubernetes::apply(const FetchRequest& request) {
  if (field_of(request, "Content-Type") != "application/apply-patch+yaml" ||
      query_value(request.url.query, "fieldManager").empty())
    return status_of(400, "BadRequest", "PatchOptions.meta.k8s.io: fieldManager: Required value");
  const bool is_new = !objects.contains(request.url.path);
  return store(request.url.path, parsed(request.body), is_new ? 201 : 200);
}

FetchResponse FakeKubernetes::create(const FetchRequest& request) {
  Json object = parsed(request.body);
  const std::string path = request.url.path + "/" + std::string(*object.find("metadata")->string_at("name"));
  if (objects.contains(path)) return status_of(409, "AlreadyExists", "leases \"x\" already exists");
  return store(path, std::move(object), 201);
}

FetchResponse FakeKubernetes::replace(const FetchRequest& request) {
  Json object = parsed(request.body);
  if (version_of(object) != version_of(objects.at(request.url.path)))
    return status_of(409, "Conflict",
                     "the object has been modified; please apply your changes to the latest version");
  return store(request.url.path, std::move(object), 200);
}

}  // namespace tests
