#include "tls/acme/give_back.h"

#include <utility>

#include "core/text/json.h"

namespace tls {
namespace {

using core::Flow;
using core::Json;

constexpr std::string_view kDeactivate = "{\"status\":\"deactivated\"}";

}  // namespace

Flow<std::vector<std::string>> give_back(AcmeClient* client, AccountBook* accounts, GivingBack what) {
  std::vector<std::string> given_back;
  const std::string account = co_await accounts->known_account(client->server().directory);
  const core::Result<core::Url> url = client->hosts().checked(what.order);
  if (account.empty() || !url) co_return std::move(given_back);
  AcmeSigner signer = co_await accounts->ensure(client);
  AcmeAnswer answer = co_await client->post(signer, *url, "");
  const bool is_gone = answer.problem && answer.problem->status < 500 && !answer.problem->is("rateLimited");
  if (is_gone) co_return std::move(given_back);
  Json json = co_await answer.json("the order");
  AcmeOrder order = co_await AcmeOrder::parse(json, client->hosts());
  for (const core::Url& one : order.authorizations) {
    AcmeAnswer looked = co_await client->post(signer, one, "");
    const bool is_unknown =
        looked.problem && looked.problem->status < 500 && !looked.problem->is("rateLimited");
    if (is_unknown) continue;
    Json body = co_await looked.json("an authorization");
    AcmeAuthorization authorization = co_await AcmeAuthorization::parse(body, client->hosts());
    std::string name = (authorization.is_wildcard ? "*." : "") + authorization.identifier;
    if (authorization.status == AuthorizationStatus::lost || what.kept.contains(name)) continue;
    AcmeAnswer ended = co_await client->post(signer, one, std::string(kDeactivate));
    if (ended.problem && ended.problem->status >= 500) {
      co_return core::failure(error_of(*ended.problem).during("giving a proof back"));
    }
    if (!ended.problem) given_back.push_back(std::move(name));
  }
  co_return std::move(given_back);
}

}  // namespace tls
