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

namespace {

/// Two replicas' books over one storage.
struct Replicas : AcmeFixture {
  tls::AcmeClient client{loop, authority, {authority.directory_url(), {}}};
  tls::AccountBook one{*storage, log, {}};
  tls::AccountBook two{*storage, log, {}};
  core::PrivateKey key = *run(one.key());
};

/// Storage where one entry cannot be read, whatever is done.
class OddStorage final : public core::Storage {
 public:
  explicit OddStorage(core::Storage& inner) : inner_(inner) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    puts.push_back(key);
    return inner_.put(std::move(key), std::move(entry));
  }
  core::Flow<core::StorageEntry> get(std::string key) override {
    if (fails) co_return core::failure(*fails, core::Side::storage, "odd");
    core::StorageEntry entry = co_await inner_.get(std::move(key));
    co_return std::move(entry);
  }
  core::Flow<std::vector<std::string>> list(std::string prefix) override {
    return inner_.list(std::move(prefix));
  }
  core::Flow<> remove(std::string key) override { return inner_.remove(std::move(key)); }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_.lock(std::move(name), std::move(holder), lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override {
    return inner_.unlock(std::move(name), std::move(holder));
  }
  std::optional<core::ErrorKind> fails;
  std::vector<std::string> puts;

 private:
  core::Storage& inner_;
};

}  // namespace

TEST_CASE("a key that one replica replaced is the other's too, before its next order and without one") {
  Replicas bed;
  REQUIRE(bed.run(bed.two.ensure(&bed.client)));
  REQUIRE(bed.run(bed.one.replace_key(&bed.client, bed.key)));
  CHECK(bed.two.thumbprint() != bed.one.thumbprint());
  const auto signer = bed.run(bed.two.ensure(&bed.client));
  REQUIRE(signer);
  CHECK(bed.two.thumbprint() == bed.one.thumbprint());
  CHECK(bed.authority.accounts.contains(bed.one.thumbprint()));
  tls::AccountBook third(*bed.storage, bed.log, {});
  CHECK(bed.run(third.known_thumbprint()) == bed.one.thumbprint());
}

TEST_CASE("replicas that replace a key one after the other, or at once, end with one key") {
  for (const bool at_once : {false, true}) {
    Replicas bed;
    REQUIRE(bed.run(bed.two.key()));
    std::optional<core::Result<core::Done>> first;
    core::RunningFlow<core::Done> running;
    running.start(bed.one.replace_key(&bed.client, bed.key),
                  [&](core::Result<core::Done> end) { first.emplace(std::move(end)); });
    while (!at_once && !first) {
      bed.clock.advance(std::chrono::seconds(1));
      bed.loop.turn(false);
    }
    REQUIRE(bed.run(bed.two.replace_key(&bed.client, bed.key)));
    REQUIRE(first);
    CHECK(bed.one.thumbprint() == bed.two.thumbprint());
  }
}

TEST_CASE("a key whose account was ended is replaced, one that the authority wants no account for is not") {
  for (const bool is_ended : {true, false}) {
    Replicas bed;
    REQUIRE(bed.run(bed.one.ensure(&bed.client)));
    const std::string before = bed.one.thumbprint();
    REQUIRE(bed.run(bed.one.forget(&bed.client)));
    int asked = 0;
    bed.authority.instead = [&](const std::string& what,
                                const Json& payload) -> std::optional<core::FetchResponse> {
      if (what != "new-account") return std::nullopt;
      ++asked;
      const bool only_looks = payload.boolean_at("onlyReturnExisting").value_or(false);
      const bool is_refused = is_ended ? asked <= 2 : !only_looks;
      if (!is_refused) return std::nullopt;
      return problem(403, "unauthorized", "no");
    };
    const auto signer = bed.run(bed.one.ensure(&bed.client));
    CHECK(signer.has_value() == is_ended);
    CHECK((bed.one.thumbprint() != before) == is_ended);
  }
}

TEST_CASE("a busy authority does not make an account's key look ended") {
  AcmeFixture bed;
  REQUIRE(bed.order(request_for({"app.test"})));
  bed.journal.record.reset();
  const std::string before = bed.authority.accounts.begin()->first;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what == "new-order") return problem(403, "unauthorized", "not now");
    if (what == "account") return problem(429, "rateLimited", "too many requests");
    return std::nullopt;
  };
  CHECK_FALSE(bed.order(request_for({"other.test"})));
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  CHECK(bed.run(accounts.known_thumbprint()).value() == before);
}

TEST_CASE("no key takes the place of one that cannot be read, and storage that lost it gets it back") {
  Replicas bed;
  OddStorage odd(*bed.storage);
  tls::AccountBook later(odd, bed.log, {});
  for (const core::ErrorKind kind : {core::ErrorKind::malformed, core::ErrorKind::unverified,
                                     core::ErrorKind::too_large, core::ErrorKind::unavailable}) {
    odd.fails = kind;
    CHECK_FALSE(bed.run(later.key()));
    const bool is_of_storage = kind == core::ErrorKind::unavailable;
    CHECK(bed.run(later.known_thumbprint()).has_value() == !is_of_storage);
  }
  CHECK(odd.puts.empty());
  odd.fails.reset();
  REQUIRE(bed.run(later.key()));
  CHECK(later.thumbprint() == bed.one.thumbprint());
  REQUIRE(bed.run(bed.storage->remove("acme/account-key")));
  REQUIRE(bed.run(later.key()));
  CHECK(later.thumbprint() == bed.one.thumbprint());
  CHECK(odd.puts == std::vector<std::string>{"acme/account-key"});
}
