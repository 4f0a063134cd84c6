// A text of another program, imported, loaded as gateway.yaml, and asked who may do what.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"
#include "gateway/import/import.h"

namespace imported {

struct Person {
  std::string email;
  std::vector<std::string> groups = {};
  std::vector<std::string> claims = {};  ///< path=value
};

class Imported {
 public:
  /// Requires: no error, and what was written loads (files that it names are put in place of files that are
  /// there).
  explicit Imported(const std::vector<gateway::ImportFile>& files, std::string_view from = "auto");
  explicit Imported(std::string_view text) : Imported({{"input", std::string(text)}}) {}

  [[nodiscard]] const std::string& text() const { return outcome_.text; }
  [[nodiscard]] const config::Config& config() const { return config_; }
  /// Whether some note, or some remark in the file, has these words.
  [[nodiscard]] bool notes(std::string_view words) const;
  [[nodiscard]] bool has(std::string_view words) const { return text().find(words) != std::string::npos; }
  [[nodiscard]] std::size_t note_count() const { return outcome_.notes.size(); }

  /// What somebody without a session gets for `METHOD URL` or `URL`: "401" (a sign-in), "403", …; the
  /// origin's URL if the request reaches one.
  [[nodiscard]] std::string stranger(std::string_view request, std::string_view from = "192.0.2.1") const;
  /// The same of somebody who is signed in.
  [[nodiscard]] std::string person(const Person& person, std::string_view request,
                                   std::string_view from = "192.0.2.1") const;
  /// The value of a field that the origin is sent; empty without.
  [[nodiscard]] std::string field(const Person& person, std::string_view url, std::string_view name) const;

 private:
  gateway::ImportOutcome outcome_;
  config::Config config_;
};

/// The errors of an input that is none.
std::vector<std::string> errors_of(std::string_view text, std::string_view from = "auto");

}  // namespace imported
