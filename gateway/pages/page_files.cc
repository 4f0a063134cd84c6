// Reading the operator's pages: at start and on reload, never while answering.
#include <filesystem>

#include "config/read_file.h"
#include "gateway/pages/pages.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxPageBytes = 256UL * 1024;
constexpr std::string_view kPageNames[] = {"sign_in",    "denied",        "pending", "sign_out",
                                           "signed_out", "session_ended", "error"};

}  // namespace

core::Result<PageFiles> read_page_files(const std::string& directory) {
  std::error_code failed;
  if (!std::filesystem::is_directory(directory, failed)) {
    return core::failure(core::ErrorKind::not_found, core::Side::configuration,
                         "pages.directory is not a directory: " + directory);
  }
  PageFiles files;
  for (const std::string_view name : kPageNames) {
    const std::string path = std::string(directory).append("/").append(name).append(".html");
    if (!std::filesystem::exists(path, failed) && !failed) continue;
    const auto text = config::read_file(path, kMaxPageBytes);
    if (!text) return core::failure(text.error());
    auto page = PageTemplate::parse(*text);
    if (!page) return core::failure(std::move(page).error().during(path));
    files.pages.emplace_back(name, std::move(*page));
  }
  return files;
}

}  // namespace gateway
