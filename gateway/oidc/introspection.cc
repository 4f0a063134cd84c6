#include "gateway/oidc/introspection.h"

#include <algorithm>
#include <utility>

#include "core/http/fields.h"
#include "core/text/form.h"
#include "gateway/oidc/access_token.h"
#include "gateway/oidc/provider_fetch.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64UL * 1024;
constexpr core::Duration kAnswerTime = std::chrono::seconds(5);

std::unexpected<core::Error> refuse(std::string why) {
  return core::failure(core::ErrorKind::unverified, core::Side::client, std::move(why));
}

core::Error cannot_ask(std::string why) {
  return {core::ErrorKind::unavailable, core::Side::provider, std::move(why), core::Retry::later};
}

/// What RFC 7662 leaves out and a JWT must have.
core::Json completed(const config::Client& client, core::Json answer, core::WallTime now) {
  if (answer.find("iss") == nullptr) answer.set("iss", client.issuer.issuer);
  if (answer.find("exp") == nullptr) answer.set("exp", core::unix_seconds(now + kOpaqueLife));
  const auto machine = answer.string_at("client_id");
  if (answer.find("sub") == nullptr && machine) answer.set("sub", std::string(*machine));
  return answer;
}

/// Takes the cell off the list when its flow ends early.
class Place {
 public:
  using Cells = std::list<core::OneShot<TokenAnswer>*>;
  Place(Cells& list, core::OneShot<TokenAnswer>& cell) : list_(list), cell_(&cell) { list_.push_back(cell_); }
  ~Place() {
    if (!cell_->has_result()) list_.remove(cell_);  // with a result the list is gone
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Cells& list_;
  core::OneShot<TokenAnswer>* cell_;
};

/// Lists a question for as long as its issuers are asked.
class Asked {
 public:
  using List = std::list<const TokenQuestions::Question*>;
  Asked(List& list, const TokenQuestions::Question& question)
      : list_(list), place_(list.insert(list.end(), &question)) {}
  ~Asked() { list_.erase(place_); }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

 private:
  List& list_;
  List::iterator place_;
};

}  // namespace

core::Result<Identity> read_introspection(const config::Client& client, const core::Json& answer,
                                          core::WallTime now, const ClaimPaths& kept) {
  const auto active = answer.boolean_at("active");
  if (!active)
    return core::failure(core::ErrorKind::malformed, core::Side::provider, "introspection: no `active`");
  if (!*active) return refuse("its issuer says that the token is not active");
  const core::Json* type = answer.find("token_type");
  if (type != nullptr && !core::equals_ignoring_case(type->as_string().value_or(""), "Bearer"))
    return refuse("a token of another type");
  core::Jws said{{}, completed(client, answer, now).text()};
  said.header.type = "at+jwt";
  core::Result<core::Jwt> checked = core::check_claims(std::move(said), access_token_rules(client), now);
  if (!checked) return core::failure(core::ErrorKind::unverified, core::Side::client, checked.error().text);
  core::Result<Identity> machine = machine_of(client, std::move(checked->claims), checked->expires, kept);
  if (!machine) return core::failure(core::ErrorKind::unverified, core::Side::client, machine.error().text);
  machine->signed_in_at = checked->issued.value_or(now);
  return machine;
}

TokenQuestions::TokenQuestions(Parts parts)
    : parts_(std::move(parts)), tasks_(parts_.loop, [this](std::string_view, const core::Error& error) {
        parts_.log.error("a token was not asked about", {{"error", error.text}});
      }) {
  for (const auto& issuer : parts_.issuers) {
    credentials_.push_back(std::make_unique<ClientCredentials>(issuer->settings.issuer, parts_.random));
  }
}

TokenQuestions::~TokenQuestions() = default;

core::Flow<TokenAnswer> TokenQuestions::ask(Question question) {
  const bool is_first = !waiting_.contains(question.key);
  if (is_first && !has_room_for(question)) {
    co_await core::failure(cannot_ask("introspection: too many tokens are being asked about"));
  }
  core::OneShot<TokenAnswer> cell;
  const Place place(waiting_[question.key], cell);
  if (is_first) tasks_.start("introspection", ask_all(std::move(question)));
  TokenAnswer answer = co_await cell;
  co_return answer;
}

bool TokenQuestions::has_room_for(const Question& question) const {
  const auto is_alike = [&](const Question* other) { return other->issuers == question.issuers; };
  const auto is_of_client = [&](const Question* other) { return other->client == question.client; };
  return std::ranges::count_if(asked_, is_alike) < static_cast<std::ptrdiff_t>(kMaxQuestions) &&
         std::ranges::count_if(asked_, is_of_client) < static_cast<std::ptrdiff_t>(kMaxQuestionsOfClient);
}

core::Flow<> TokenQuestions::ask_all(Question question) {
  const Asked listed(asked_, question);
  core::Result<TokenAnswer> answer = TokenAnswer{};
  for (const std::size_t issuer : question.issuers) {
    core::Result<Identity> machine = co_await core::attempt(ask_one(issuer, question.token));
    if (machine) {
      answer = TokenAnswer{std::make_shared<const Identity>(std::move(*machine)), issuer};
      break;
    }
    // One that cannot be asked might have known it; its certificate that fails is no word on the token.
    const bool is_no =
        machine.error().kind == core::ErrorKind::unverified && machine.error().side == core::Side::client;
    if (!is_no) answer = core::failure(machine.error());
    if (waiting_[question.key].empty()) break;  // who wanted to know has gone
  }
  Cells& cells = waiting_[question.key];
  while (!cells.empty()) {
    core::OneShot<TokenAnswer>* cell = cells.front();
    cells.pop_front();
    cell->deliver(answer);
  }
  waiting_.erase(question.key);
  co_return core::done();
}

core::Flow<Identity> TokenQuestions::ask_one(std::size_t issuer, std::string token) {
  const AskableIssuer& asked = *parts_.issuers[issuer];
  const config::Provider& settings = asked.settings.issuer;
  const std::shared_ptr<const ProviderState> state = asked.state.latest();
  if (!state->metadata || !state->metadata->introspection_endpoint)
    co_await core::failure(cannot_ask("introspection: the issuer has not been reached yet"));
  const Metadata& metadata = *state->metadata;
  const core::WallTime now = parts_.loop.clock().wall();
  core::FetchRequest request = request_to(settings, *metadata.introspection_endpoint);
  request.method = "POST";
  request.fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  core::FormWriter form;
  form.add("token", token).add("token_type_hint", "access_token");
  if (metadata.client_authentication != ClientAuthentication::secret_basic)
    form.add("client_id", settings.client_id);
  credentials_[issuer]->add_to(request, form, metadata.client_authentication, now);
  request.body = form.text();
  core::FetchLimits limits;
  limits.body_bytes = kMaxAnswerBytes;
  limits.total = kAnswerTime;
  core::FetchResponse response = co_await asked.client.fetch(std::move(request), limits);
  const std::string body = co_await json_body(std::move(response), "introspection");
  const core::Json answer = co_await core::Json::parse(body, core::Side::provider);
  Identity machine = co_await read_introspection(asked.settings, answer, now, parts_.kept_claims);
  co_return machine;
}

}  // namespace gateway
