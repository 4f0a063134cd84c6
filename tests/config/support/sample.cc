#include "tests/config/support/sample.h"

namespace config::test {

std::optional<std::string> FakeEnvironment::variable(const std::string& name) const {
  const auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

Sample::Sample() {
  environment.variables["CLIENT_SECRET"] = "s3cret";
  tls = "tls: {certificates: [{certificate: " + folder.write("tls.crt", "-") +
        ", key: " + folder.write("tls.key", "-") + "}]}\n";
  login =
      "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://id.example.com', client_id: gateway, "
      "client_secret: {env: CLIENT_SECRET}}\n";
}

std::string Sample::text() const {
  return tls + login + policies + routes + top;
}

std::string all_of(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out += std::to_string(diagnostic.at.line) + ":" + std::to_string(diagnostic.at.column) + " " +
           diagnostic.message + " | " + diagnostic.mend + "\n";
  }
  return out;
}

LoadOutcome load_route(std::string_view route) {
  Sample sample;
  sample.routes = "routes:\n  - {" + std::string(route) + "}\n";
  return sample.load();
}

LoadOutcome load_with(std::string_view section) {
  Sample sample;
  sample.top = section;
  return sample.load();
}

LoadOutcome load_provider(std::string_view keys) {
  Sample sample;
  sample.login =
      "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://id.example.com', client_id: gateway, "
      "client_secret: {env: CLIENT_SECRET}, " +
      std::string(keys) + "}\n";
  return sample.load();
}

LoadOutcome load_policy(std::string_view policy) {
  Sample sample;
  sample.policies = "policies:\n  staff: {" + std::string(policy) + "}\n";
  return sample.load();
}

bool fails_with(const LoadOutcome& outcome, std::string_view part) {
  return !outcome.config && outcome.errors.size() == 1 && all_of(outcome.errors).contains(part);
}

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

bool grows_in_line(const std::function<void(int size)>& work, int size) {
  const auto cost = [&work](int of) {
    const std::clock_t start = std::clock();
    work(of);
    return seconds_since(start);
  };
  cost(size);  // the first pays for what is set up once
  const double small = cost(size);
  return cost(4 * size) < 10 * small;
}

bool warns_of(const LoadOutcome& outcome, std::string_view part) {
  return outcome.config && all_of(outcome.warnings).contains(part);
}

}  // namespace config::test
