#include "tls/acme/account.h"

#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;

namespace {

tls::OrderRequest request_for(std::vector<std::string> names) {
  tls::OrderRequest request;
  request.names = std::move(names);
  return request;
}

}  // namespace

TEST_CASE("an authority that wants an account elsewhere gets its binding") {
  AcmeFixture bed;
  Json meta = Json::object();
  meta.set("externalAccountRequired", Json(true));
  bed.authority.directory_more.set("meta", std::move(meta));
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("tls.acme.external_account") != std::string::npos);
  tls::AccountSettings settings;
  settings.external = tls::ExternalAccount{"kid-1", core::Secret(std::string(32, 'k'))};
  Json binding;
  bed.authority.instead = [&](const std::string& what,
                              const Json& payload) -> std::optional<core::FetchResponse> {
    if (what == "new-account") binding = *payload.find("externalAccountBinding");
    return std::nullopt;
  };
  REQUIRE(bed.order(request_for({"app.test"}), settings));
  CHECK(binding.find("signature") != nullptr);
}

TEST_CASE("an account's key is changed, also when the answer is lost") {
  for (const bool answer_is_lost : {false, true}) {
    AcmeFixture bed;
    REQUIRE(bed.order("app.test"));
    bed.journal.record.reset();
    const std::string before = bed.authority.accounts.begin()->first;
    {
      tls::AcmeClient client(bed.loop, bed.authority, {bed.authority.directory_url(), {}});
      tls::AccountBook accounts(*bed.storage, bed.log, {});
      // ensure() asks nothing; the directory, a nonce, and then the change.
      if (answer_is_lost) bed.authority.break_at = static_cast<int>(bed.authority.requests.size()) + 2;
      const auto changed = bed.run(accounts.roll_key_over(&client));
      CHECK(changed.has_value() == !answer_is_lost);
    }
    bed.authority.break_at = -1;
    REQUIRE(bed.authority.accounts.size() == 1);
    const std::string after = bed.authority.accounts.begin()->first;
    CHECK(before != after);
    const auto issued = bed.order("app.test");
    REQUIRE_MESSAGE(issued, issued.error().text);
    CHECK(bed.authority.accounts.size() == 1);
    tls::AccountBook accounts(*bed.storage, bed.log, {});
    CHECK(bed.run(accounts.known_thumbprint()) == after);
    CHECK(bed.authority.violations.empty());
  }
}

TEST_CASE("a damaged account key is reported and replaced") {
  AcmeFixture bed;
  REQUIRE(bed.order("app.test"));
  bed.journal.record.reset();
  core::StorageEntry broken;
  broken.value = "-----BEGIN PRIVATE KEY-----\nnothing\n";
  REQUIRE(bed.run(bed.storage->put("acme/account-key", broken)));
  REQUIRE(bed.order("app.test"));
  CHECK(bed.lines.mention("cannot be read"));
  CHECK(bed.authority.accounts.size() == 2);
}

TEST_CASE("an authority that forgot our account gets another, with the same key") {
  AcmeFixture bed;
  REQUIRE(bed.order("app.test"));
  bed.journal.record.reset();
  bed.authority.forget_everybody();
  const auto issued = bed.order("app.test");
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.authority.accounts.size() == 1);
  CHECK(bed.lines.mention("does not know our account"));
}

TEST_CASE("an e-mail address that changed is told to the authority, once") {
  AcmeFixture bed;
  tls::AccountSettings settings;
  settings.email = "a@example.com";
  REQUIRE(bed.order(request_for({"app.test"}), settings));
  bed.journal.record.reset();
  settings.email = "b@example.com";
  std::string contact;
  bed.authority.instead = [&](const std::string& what,
                              const Json& payload) -> std::optional<core::FetchResponse> {
    if (what == "account") contact = payload.find("contact")->elements().front().as_string().value_or("");
    return std::nullopt;
  };
  REQUIRE(bed.order(request_for({"app.test"}), settings));
  CHECK(contact == "mailto:b@example.com");
  bed.journal.record.reset();
  REQUIRE(bed.order(request_for({"app.test"}), settings));
  CHECK(bed.authority.count("POST account") == 1);
  CHECK(bed.authority.accounts.size() == 1);
}

TEST_CASE("authorities are told apart in storage by host and directory") {
  const auto id = [](const char* url) { return tls::authority_id(*core::parse_url(url)); };
  CHECK(id("https://ca.test/dir") == id("https://ca.test/dir"));
  CHECK(id("https://ca.test/dir") != id("https://ca.test/dir2"));
  CHECK(id("https://ca.test/dir").starts_with("ca.test-"));
  CHECK(id("https://[::1]:14000/dir").find_first_of("[]:/") == std::string::npos);
}

TEST_CASE("an account that is told it may not order a name stays, and its key with it") {
  AcmeFixture bed;
  REQUIRE(bed.order(request_for({"app.test"})));
  bed.journal.record.reset();
  const std::string before = bed.authority.accounts.begin()->first;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    return problem(403, "unauthorized", "not for this account");
  };
  CHECK_FALSE(bed.order(request_for({"other.test"})));
  CHECK(bed.authority.accounts.size() == 1);
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  CHECK(bed.run(accounts.known_thumbprint()).value() == before);
}

TEST_CASE(
    "an account that was deactivated gets another, with another key, and who answers challenges hears of "
    "it") {
  AcmeFixture bed;
  REQUIRE(bed.order(request_for({"app.test"})));
  bed.journal.record.reset();
  const std::string before = bed.authority.accounts.begin()->first;
  const std::string ended = bed.authority.accounts.begin()->second;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    // The fake does not say who asks: the first order after this is the old account's.
    const bool is_asked_of_it = what == "new-order" || what == "account";
    if (!is_asked_of_it || bed.authority.accounts.size() > 1) return std::nullopt;
    return problem(403, "unauthorized", "account is deactivated");
  };
  REQUIRE(bed.order(request_for({"app.test"})));
  CHECK(bed.authority.accounts.size() == 2);
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  std::string heard;
  accounts.tell([&](const std::string& thumbprint) { heard = thumbprint; });
  REQUIRE(bed.run(accounts.key()));
  CHECK(heard != before);
  CHECK(heard.size() == 43);
}
