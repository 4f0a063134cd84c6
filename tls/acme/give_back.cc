#include "tls/acme/give_back.h"

#include <utility>

#include "core/text/json.h"

namespace tls {
namespace {

using core::Flow;
using core::Json;

constexpr std::string_view kDeactivate = "{\"status\":\"deactivated\"}";

std::unexpected<core::Error> left_standing(const Problem& problem) {
  return core::failure(error_of(problem).during("giving a proof back"));
}

}  // namespace

Flow<std::vector<std::string>> give_back(AcmeClient* client, AccountBook* accounts, GivingBack what) {
  std::vector<std::string> given_back;
  const std::string account = co_await accounts->known_account(client->server().directory);
  const core::Result<core::Url> url = client->hosts().checked(what.order);
  if (account.empty() || !url) co_return std::move(given_back);
  AcmeSigner signer = co_await accounts->ensure(client);
  AcmeAnswer answer = co_await client->post(signer, *url, "");
  if (answer.problem && is_for_good(*answer.problem)) co_return std::move(given_back);
  if (answer.problem) co_return left_standing(*answer.problem);
  Json json = co_await answer.json("the order");
  AcmeOrder order = co_await AcmeOrder::parse(json, client->hosts());
  for (const core::Url& one : order.authorizations) {
    AcmeAnswer looked = co_await client->post(signer, one, "");
    if (looked.problem && is_for_good(*looked.problem)) continue;
    if (looked.problem) co_return left_standing(*looked.problem);
    Json body = co_await looked.json("an authorization");
    AcmeAuthorization authorization = co_await AcmeAuthorization::parse(body, client->hosts());
    std::string name = (authorization.is_wildcard ? "*." : "") + authorization.identifier;
    if (authorization.status == AuthorizationStatus::lost || what.kept.contains(name)) continue;
    AcmeAnswer ended = co_await client->post(signer, one, std::string(kDeactivate));
    if (ended.problem && !is_for_good(*ended.problem)) co_return left_standing(*ended.problem);
    if (!ended.problem) given_back.push_back(std::move(name));
  }
  co_return std::move(given_back);
}

}  // namespace tls
