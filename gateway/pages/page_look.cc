#include "gateway/pages/page_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "config/read_file.h"
#include "core/text/base64.h"
#include "gateway/pages/languages.h"

namespace gateway {
namespace {

constexpr std::array<std::string_view, 11> kPageNames = {"sign_in",    "denied",        "pending", "sign_out",
                                                         "signed_out", "session_ended", "tokens",  "device",
                                                         "apps",       "sessions",      "error"};
constexpr std::string_view kEnding = ".html";

core::Error refusal(core::ErrorKind kind, std::string text) {
  return {kind, core::Side::configuration, std::move(text)};
}

/// By its first bytes; empty for what browsers show nowhere, or not without risk.
std::string_view media_type_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "image/webp";
  // In an <img> nothing of it runs or loads (SVG 2 section 2.2, secure static mode).
  if (bytes.starts_with("<svg") || (bytes.starts_with("<?xml") && bytes.contains("<svg")))
    return "image/svg+xml";
  return {};
}

core::Result<std::string> read_logo(const std::string& path) {
  const core::Result<std::string> bytes = config::read_file(path, kMaxLogoBytes);
  if (!bytes) return core::failure(bytes.error());
  const std::string_view type = media_type_of(*bytes);
  if (type.empty()) {
    return core::failure(refusal(core::ErrorKind::malformed, path + ": a logo is SVG, PNG, JPEG or WebP"));
  }
  return fmt::format("data:{};base64,{}", type, core::base64_encode(*bytes, core::Base64::standard));
}

/// Name and language of `file`; nothing for what is no page.
core::Result<PageFile> read_page(const std::filesystem::path& path) {
  std::string_view rest;
  const std::string file = path.filename().string();
  rest = std::string_view(file).substr(0, file.size() - kEnding.size());
  const std::string_view name = rest.substr(0, rest.find('.'));
  const std::string_view language = name.size() == rest.size() ? "" : rest.substr(name.size() + 1);
  const auto all = languages();
  const bool is_known = std::ranges::find(kPageNames, name) != kPageNames.end() &&
                        (name.size() == rest.size() ||
                         std::ranges::any_of(all, [language](const Words* w) { return w->tag == language; }));
  if (!is_known) {
    std::vector<std::string_view> tags;
    for (const Words* words : all) tags.push_back(words->tag);
    return core::failure(refusal(
        core::ErrorKind::malformed,
        fmt::format("{}: there is no such page; known are {}, each also as NAME.LANGUAGE.html with {}",
                    path.string(), fmt::join(kPageNames, ", "), fmt::join(tags, ", "))));
  }
  const core::Result<std::string> text = config::read_file(path.string(), kMaxPageBytes);
  if (!text) return core::failure(text.error());
  core::Result<PageTemplate> page = PageTemplate::parse(*text);
  if (!page) return core::failure(std::move(page.error()).during(path.string()));
  return PageFile{std::string(name), std::string(language), std::move(*page)};
}

core::Result<std::vector<PageFile>> read_pages(const std::string& directory) {
  std::error_code failed;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string file = entry->path().filename().string();
    // Hidden files are an editor's.
    if (file.ends_with(kEnding) && !file.starts_with('.')) paths.push_back(entry->path());
  }
  if (failed) {
    return core::failure(
        refusal(core::ErrorKind::not_found, fmt::format("cannot read {}: {}", directory, failed.message())));
  }
  std::ranges::sort(paths);
  std::vector<PageFile> pages;
  for (const std::filesystem::path& path : paths) {
    core::Result<PageFile> page = read_page(path);
    if (!page) return core::failure(std::move(page.error()));
    pages.push_back(std::move(*page));
  }
  return pages;
}

}  // namespace

PageLook plain_look(const config::Login& login) {
  const std::string& prefix = login.prefix;
  return {login.pages.title,
          {},
          login.pages.support,
          {},
          {prefix + "/apps", prefix + "/sessions", login.tokens ? prefix + "/tokens" : std::string(),
           prefix + "/approvals", prefix + "/sign_out"}};
}

core::Result<PageLook> read_page_look(const config::Login& login) {
  const config::PageSettings& settings = login.pages;
  PageLook look = plain_look(login);
  if (!settings.logo.empty()) {
    core::Result<std::string> logo = read_logo(settings.logo);
    if (!logo) return core::failure(std::move(logo.error()).during("login.pages.logo"));
    look.logo = std::move(*logo);
  }
  if (!settings.directory.empty()) {
    core::Result<std::vector<PageFile>> files = read_pages(settings.directory);
    if (!files) return core::failure(std::move(files.error()).during("login.pages.directory"));
    look.files = std::move(*files);
  }
  return look;
}

}  // namespace gateway
