// An explanation as people read it.
#include <fmt/format.h>

#include "core/base/log.h"
#include "gateway/run/explain.h"

namespace gateway {
namespace {

/// Safe on a terminal, whatever the URL or a header said.
std::string shown(const core::Json* value) {
  if (value == nullptr) return {};
  const auto text = value->as_string();
  std::string safe;
  core::append_terminal_safe(safe, text ? std::string(*text) : value->text(), core::Quotes::kept);
  return safe;
}

std::string shown(const core::Json& object, std::string_view name) {
  return shown(object.find(name));
}

std::string joined(const core::Json* list) {
  std::string text;
  if (list == nullptr) return text;
  for (const core::Json& each : list->elements()) text.append(text.empty() ? "" : ", ").append(shown(&each));
  return text;
}

void add(std::string& out, std::string_view subject, std::string_view text) {
  out.append(fmt::format("{:<12}{}\n", subject, text));
}

void add_route(std::string& out, const core::Json& said) {
  if (const core::Json* route = said.find("route")) {
    const std::string of = route->find("except_of") == nullptr
                               ? ""
                               : fmt::format(", an except of {}", shown(*route, "except_of"));
    add(out, "route", fmt::format("{} (line {}{})", shown(*route, "name"), shown(*route, "line"), of));
    add(out, "access", shown(*route, "access"));
  } else {
    add(out, "route", "none");
  }
  const core::Json* passed = said.find("passed_over");
  if (passed == nullptr) return;
  for (const core::Json& each : passed->elements()) {
    add(out, "  not",
        fmt::format("{} (line {}): {}", shown(each, "route"), shown(each, "line"), shown(each, "why")));
  }
}

void add_identity(std::string& out, const core::Json& said) {
  const core::Json* who = said.find("identity");
  if (who == nullptr) return add(out, "identity", "nobody: no session");
  std::string text = fmt::format("{} of provider {}", shown(*who, "user"), shown(*who, "provider"));
  if (who->find("email") != nullptr) {
    const bool counts = who->boolean_at("email_counts").value_or(false);
    text.append(fmt::format(", e-mail {}{}", shown(*who, "email"), counts ? "" : ", which does not count"));
  }
  if (const core::Json* groups = who->find("groups")) text.append(", groups ").append(joined(groups));
  if (const core::Json* roles = who->find("roles")) text.append(", roles ").append(joined(roles));
  add(out, "identity", text);
}

void add_policy(std::string& out, const core::Json& said) {
  const core::Json* policy = said.find("policy");
  if (policy == nullptr) return;
  std::string by = "no rule holds; so says its otherwise";
  if (policy->find("rule") != nullptr) {
    by = fmt::format("{} rule {} (line {}): {}", shown(*policy, "by"), shown(*policy, "rule"),
                     shown(*policy, "rule_line"), shown(*policy, "says"));
  }
  if (policy->find("undecided") != nullptr) by.append("; it cannot be decided, which denies");
  add(out, "policy",
      fmt::format("{} (line {}): {}: {}", shown(*policy, "name"), shown(*policy, "line"),
                  shown(*policy, "decision"), by));
}

void add_answer(std::string& out, std::string_view who, const core::Json& answer) {
  std::string text = shown(answer, "status");
  if (answer.find("location") != nullptr) text.append(" to ").append(shown(answer, "location"));
  for (const std::string_view name : {"WWW-Authenticate", "Allow"}) {
    if (answer.find(name) != nullptr) text.append(fmt::format(", {}: {}", name, shown(answer, name)));
  }
  if (answer.find("reason") != nullptr) text.append(fmt::format(" ({})", shown(answer, "reason")));
  add(out, "answer", fmt::format("to a {}: {}", who, text));
}

void add_origin(std::string& out, const core::Json& origin) {
  add(out, "sent to", shown(origin, "to"));
  add(out, "as",
      fmt::format("{} {}, Host: {}", shown(origin, "method"), shown(origin, "target"),
                  shown(origin, "host")));
  if (const core::Json* fields = origin.find("adds")) {
    for (const core::Json& field : fields->elements())
      add(out, "  adds", fmt::format("{}: {}", shown(field, "name"), shown(field, "value")));
  }
  if (const std::string missing = joined(origin.find("lacks")); !missing.empty())
    add(out, "  lacks", missing + ": this identity has no value for it");
  if (const std::string names = joined(origin.find("strips")); !names.empty()) add(out, "  strips", names);
  add(out, "  strips", "whatever a client says of identity, of its address and of the original URL");
}

}  // namespace

std::string explanation_text(const core::Json& said) {
  std::string out;
  if (const core::Json* request = said.find("request")) {
    add(out, "request",
        fmt::format("{} https://{}{} from {}", shown(*request, "method"), shown(*request, "host"),
                    shown(*request, "target"), shown(*request, "from")));
  }
  if (said.find("refused") != nullptr) {
    add(out, "path", "refused: " + shown(said, "refused"));
  } else {
    add(out, "path", shown(said, "path"));
    add_route(out, said);
    add_identity(out, said);
    add_policy(out, said);
  }
  if (const core::Json* answers = said.find("answers")) {
    for (const std::string_view who : {"browser", "program"}) {
      if (const core::Json* answer = answers->find(who)) add_answer(out, who, *answer);
    }
  }
  if (const core::Json* origin = said.find("origin")) add_origin(out, *origin);
  if (const core::Json* notes = said.find("notes")) {
    for (const core::Json& note : notes->elements()) add(out, "note", shown(&note));
  }
  return out;
}

}  // namespace gateway
