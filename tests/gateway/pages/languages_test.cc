#include "gateway/pages/languages.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "gateway/pages/pages.h"

namespace {

constexpr std::array<std::string_view, 5> kTags = {"en", "de", "fr", "pt-br", "pt"};

std::string_view chosen(std::initializer_list<std::string_view> values) {
  core::Fields fields;
  for (const std::string_view value : values) fields.add("Accept-Language", value);
  return kTags[gateway::preferred_language(fields, kTags)];
}

struct Row {
  std::string_view field;
  std::string_view expected;
};

}  // namespace

TEST_CASE("a page is in the language that is asked for most") {
  const Row rows[] = {
      {"de", "de"},
      {"DE", "de"},
      {"de-AT", "de"},
      {"de-Latn-AT-1996", "de"},
      {"fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"},
      {"da, en-gb;q=0.8, de;q=0.7", "en"},
      {"de;q=0.5,fr;q=0.501", "fr"},
      {"de;q=0.5,fr;q=0.5", "de"},
      {"fr;q=0.5,de;q=0.5", "fr"},
      {"de ; q=0.3 ,\tfr ; Q=0.300", "de"},
      {"ja, de;q=0.1", "de"},
      {",de,,", "de"},
      {"pt-BR", "pt-br"},
      {"pt-PT", "pt"},
      {"pt", "pt"},
      {"de;q=1.000,fr;q=1", "de"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    CHECK(chosen({row.field}) == row.expected);
  }
  CHECK(chosen({"ja", "fr;q=0.2"}) == "fr");
}

TEST_CASE("a page is in the first language when none that there is was asked for") {
  for (const std::string_view field :
       {"", "ja", "*", "dex", "d", "deu", "*-DE", "ja, *;q=0.1", "de;q=0", "fr;q=0.0, de;q=0.000"}) {
    CAPTURE(field);
    CHECK(chosen({field}) == "en");
  }
  CHECK(chosen({}) == "en");
}

TEST_CASE("a language that is refused is not chosen by a wildcard and refuses no wider one") {
  const Row rows[] = {
      {"en;q=0, *", "de"},           {"en;q=0, de;q=0, *;q=0.1", "fr"}, {"*, en;q=0.1", "de"},
      {"de-AT;q=0, de;q=0.2", "de"}, {"de;q=0, de-CH;q=0.9", "en"},     {"*;q=0, fr;q=0.1", "fr"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    CHECK(chosen({row.field}) == row.expected);
  }
}

TEST_CASE("an Accept-Language that is not well-formed or too long says nothing") {
  for (const std::string_view field :
       {"de;",          "de;q",     "de;q=",    "de;q=2",       "de;q=1.001", "de;q=0.1234",
        "de;q=.5",      "de;q=0,5", "de;q=-1",  "de;q=0.5;x=1", "de;level=1", "de fr",
        "d\xC3\xA9",    "de_AT",    "de-",      "-de",          "de--AT",     "abcdefghi",
        "de-123456789", "de, 1a",   "de;q=1e0", "de, <script>", "de;q= 1"}) {
    CAPTURE(field);
    CHECK(chosen({field}) == "en");
  }
  CHECK(chosen({"de", "?"}) == "en");
  std::string many;
  for (std::size_t i = 0; i + 1 < gateway::kMaxLanguageRanges; ++i) many.append("ja,");
  CHECK(chosen({many + "de"}) == "de");
  CHECK(chosen({many + "ja,de"}) == "en");
  CHECK(chosen({many, "de"}) == "en");
  CHECK(chosen({std::string(100'000, ',')}) == "en");
}

TEST_CASE("each language has a name of its own, and its own sentences") {
  std::set<std::string_view> tags;
  for (const gateway::Words* words : gateway::languages()) {
    CHECK(std::ranges::all_of(words->tag, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; }));
    CHECK(tags.insert(words->tag).second);
    if (words == &gateway::english()) continue;
    CAPTURE(words->tag);
    CHECK(words->statuses.bad_gateway.message.text() !=
          gateway::english().statuses.bad_gateway.message.text());
    CHECK(words->failures.loop_other.message.text() != gateway::english().failures.loop_other.message.text());
  }
  CHECK(tags == std::set<std::string_view>{"de", "en", "es", "fr"});
}

TEST_CASE("a page says which language it is in, and that others may get another") {
  const gateway::Pages pages(gateway::PageLook{"Example Labs", {}, {}, {}, {}});
  core::Fields fields;
  fields.add("Accept-Language", "de-CH, en;q=0.5");
  gateway::Request request;
  request.host = "grafana.example.com";
  request.id = "7f3a91c2d04e8b56";
  request.fields = &fields;
  const gateway::Reply reply = pages.error(request, 404);
  CHECK(reply.body.contains("<html lang=\"de\">"));
  CHECK(reply.body.contains("<h1>Hier gibt es nichts</h1>"));
  CHECK(reply.body.contains("Vorgangsnummer <code>7f3a91c2d04e8b56</code>"));
  const auto field = [&reply](std::string_view name) {
    const auto found = std::ranges::find(reply.fields, name, [](const auto& pair) { return pair.first; });
    return found == reply.fields.end() ? std::string() : found->second;
  };
  CHECK(field("Content-Language") == "de");
  CHECK(field("Vary") == "Accept-Language");
}

TEST_CASE("what is filled into a sentence stands where its gap is, and is not looked at") {
  const gateway::GappedPhrase phrase("a {} c");
  CHECK(phrase.with("b") == "a b c");
  CHECK(phrase.with("{}") == "a {} c");
  CHECK(phrase.with("") == "a  c");
}
