#include "tests/gateway/import/support/imported.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "config/loader.h"
#include "gateway/run/explain.h"
#include "tests/support/doctest.h"

namespace imported {
namespace {

class AllVariables final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override {
    if (name == "STATE_DIRECTORY") return "/nowhere";
    return "from-environment";
  }
};

/// Files that are not on this machine.
std::string with_files(const std::string& text, const std::string& emails) {
  static const std::regex kSecret(R"re((secret|password): \{file: "[^"]*"\})re");
  static const std::regex kEmails(R"re(email: \{file: "[^"]*"\})re");
  static const std::regex kPath(R"re("/(etc|run|var|certs|config)/[^"]*")re");
  std::string changed = std::regex_replace(text, kSecret, "$1: {env: X}");
  changed = std::regex_replace(changed, kPath, "\"/etc/passwd\"");
  return std::regex_replace(changed, kEmails, "email: {file: \"" + emails + "\"}");
}

gateway::ExplainQuestion question_of(std::string_view request, std::string_view from) {
  gateway::ExplainQuestion question;
  const std::size_t blank = request.find(' ');
  if (blank != std::string_view::npos) question.method = request.substr(0, blank);
  question.url = request.substr(blank == std::string_view::npos ? 0 : blank + 1);
  question.from = from;
  return question;
}

core::Json said(const config::Config& config, const gateway::ExplainQuestion& question) {
  auto answer = gateway::explain(config, question);
  const std::string error = answer ? "" : answer.error().text;
  CAPTURE(error);
  CAPTURE(question.url);
  REQUIRE(answer);
  return std::move(*answer);
}

std::string verdict(const core::Json& said) {
  if (const core::Json* to = said.at("origin.to")) return std::string(to->as_string().value_or(""));
  // A sign-in asks the provider, which is not there; to programs it is 401.
  const core::Json* program = said.at("answers.program.status");
  const core::Json* status =
      program != nullptr && program->text() == "401" ? program : said.at("answers.browser.status");
  return status == nullptr ? "?" : status->text();
}

gateway::ExplainQuestion with(gateway::ExplainQuestion question, const Person& person) {
  question.email = person.email;
  question.groups = person.groups;
  question.claims = person.claims;
  return question;
}

}  // namespace

Imported::Imported(const std::vector<gateway::ImportFile>& files, std::string_view from)
    : outcome_(gateway::import_files(files, from)) {
  const std::string error = outcome_.errors.empty() ? "" : outcome_.errors.front();
  CAPTURE(error);
  REQUIRE(outcome_.errors.empty());
  const AllVariables variables;
  const std::filesystem::path emails =
      std::filesystem::temp_directory_path() / ("imported-emails-" + std::to_string(::getpid()));
  std::ofstream(emails) << "listed@example.org\n";
  config::LoadOutcome loaded = config::load_text(with_files(outcome_.text, emails.string()), variables);
  std::filesystem::remove(emails);
  for (const config::Diagnostic& wrong : loaded.errors)
    MESSAGE(config::render(wrong, "gateway.yaml", outcome_.text));
  REQUIRE(loaded.config);
  config_ = std::move(*loaded.config);
}

bool Imported::notes(std::string_view words) const {
  for (const gateway::ImportNote& note : outcome_.notes)
    if (note.what.find(words) != std::string::npos) return true;
  return false;
}

std::string Imported::stranger(std::string_view request, std::string_view from) const {
  return verdict(said(config_, question_of(request, from)));
}

std::string Imported::person(const Person& person, std::string_view request, std::string_view from) const {
  return verdict(said(config_, with(question_of(request, from), person)));
}

std::string Imported::field(const Person& person, std::string_view url, std::string_view name) const {
  const core::Json answer = said(config_, with(question_of(url, "192.0.2.1"), person));
  const core::Json* adds = answer.at("origin.adds");
  if (adds == nullptr) return {};
  for (const core::Json& field : adds->elements())
    if (field.string_at("name") == name) return std::string(field.string_at("value").value_or(""));
  return {};
}

std::vector<std::string> errors_of(std::string_view text, std::string_view from) {
  return gateway::import_files({{"input", std::string(text)}}, from).errors;
}

}  // namespace imported
