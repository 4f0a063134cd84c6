// A small valid configuration to change one thing of, with its files in a folder of its own.
#pragma once

#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "tests/support/folder.h"

namespace config::test {

/// Variables that a test sets.
class FakeEnvironment final : public Environment {
 public:
  std::map<std::string, std::string> variables;
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override;
};

using tests::Folder;

/// The sections of a valid file, each replaceable; an empty one is left out.
struct Sample {
  Folder folder;
  FakeEnvironment environment;
  std::string top;  ///< further sections
  std::string tls;
  std::string login;
  std::string policies = "policies:\n  staff: {allow: [{email_domain: example.com}]}\n";
  std::string routes = "routes:\n  - {host: app.example.com, to: 'http://app:80', policy: staff}\n";

  Sample();
  [[nodiscard]] std::string text() const;
  [[nodiscard]] LoadOutcome load() const { return load_text(text(), environment); }
};

/// All messages and mends, one a line with their places: for a test to search and for its failure to show.
std::string all_of(const std::vector<Diagnostic>& diagnostics);
/// The sample with this route in place of its own ("host: a.example.com, to: ..." in flow style), loaded.
LoadOutcome load_route(std::string_view route);
/// The sample with this text after everything else.
LoadOutcome load_with(std::string_view section);
/// The sample with `keys` added to its provider.
LoadOutcome load_provider(std::string_view keys);
/// The sample with this policy named staff.
LoadOutcome load_policy(std::string_view policy);

/// Whether there is exactly one error, and its message or mend contains `part`.
bool fails_with(const LoadOutcome& outcome, std::string_view part);
/// Processor time of this process, in seconds; other load on the machine does not count.
double seconds_since(std::clock_t start);
/// Whether work of four times the size costs about four times the processor time: under ten times, where work
/// that compares each with each costs sixteen times.
bool grows_in_line(const std::function<void(int size)>& work, int size);
bool warns_of(const LoadOutcome& outcome, std::string_view part);

}  // namespace config::test
