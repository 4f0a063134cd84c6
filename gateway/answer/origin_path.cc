#include "gateway/answer/origin_path.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/text/request_path.h"

namespace gateway {
namespace {

constexpr std::string_view kRest = "{path}";

std::unexpected<core::Error> unusable() {
  return core::failure(core::ErrorKind::malformed, core::Side::client,
                       "a path of which the route's rewrite makes none");
}

void merge_slashes(std::string& path) {
  const auto is_second = [](char a, char b) { return a == '/' && b == '/'; };
  path.erase(std::unique(path.begin(), path.end(), is_second), path.end());
}

}  // namespace

core::Result<std::unique_ptr<const OriginPath>> OriginPath::make(const config::Route& route) {
  const config::PathChange& change = route.path_change;
  if (!change.strips_prefix && !change.rewrite) return std::unique_ptr<const OriginPath>();
  std::unique_ptr<OriginPath> made(new OriginPath());
  if (change.strips_prefix) made->prefix_ = route.path.path;
  if (change.rewrite) {
    core::Result<core::Template> parsed = core::Template::parse(change.rewrite->to.text);
    if (!parsed) return core::failure(std::move(parsed.error()).during("rewrite"));
    made->template_ = std::move(*parsed);
    made->template_text_ = change.rewrite->to.text;
    made->takes_whole_path_ = change.rewrite->regex.empty() && route.path.match == config::PathMatch::regex;
    const std::string& pattern = made->takes_whole_path_ ? route.path.path : change.rewrite->regex;
    if (!pattern.empty()) {
      core::Result<core::RegularExpression> compiled = core::RegularExpression::parse(pattern);
      if (!compiled) return core::failure(std::move(compiled.error()).during("rewrite"));
      made->expression_ = std::move(*compiled);
    }
  }
  return std::unique_ptr<const OriginPath>(std::move(made));
}

core::Result<void> OriginPath::write(std::string_view path, std::string& out) const {
  std::string_view rest = path;
  if (!prefix_.empty() && core::path_has_prefix(path, prefix_)) rest.remove_prefix(prefix_.size());
  if (rest.empty()) rest = "/";
  if (template_) return rewrite(path, rest, out);
  out.assign(rest);
  return {};
}

core::Result<void> OriginPath::rewrite(std::string_view path, std::string_view rest, std::string& out) const {
  std::array<std::string_view, core::RegularExpression::kMaxGroups> groups;
  if (expression_) {
    const std::span wanted(groups.data(), expression_->group_count());
    if (!expression_->matches(takes_whole_path_ ? path : rest, wanted)) {
      out.assign(rest);
      return {};
    }
  }
  std::string made;
  const auto put = [&](std::string_view name, std::string& text) {
    text.append(name == "path" ? rest : groups[static_cast<std::size_t>(name[0] - '1')]);
    return true;
  };
  if (!template_->expand(put, made, core::kMaxTargetBytes)) return unusable();
  merge_slashes(made);
  std::string scratch;
  const auto normal = core::normalise_target(made, core::EncodedSlashes::keep, scratch);
  if (!normal || normal->path != made) return unusable();
  out = std::move(made);
  return {};
}

std::optional<std::string> OriginPath::base() const {
  if (!template_) return std::string();
  if (expression_ || !template_text_.ends_with(kRest)) return std::nullopt;
  std::string literal(template_->literal_start());
  if (template_->names().size() != 1) return std::nullopt;
  if (literal.ends_with('/')) literal.pop_back();
  return literal;
}

}  // namespace gateway
