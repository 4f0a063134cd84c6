#include "gateway/run/import_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "config/read_file.h"
#include "config/yaml_text.h"
#include "core/text/count.h"
#include "gateway/import/draft_writer.h"
#include "gateway/import/import.h"

namespace gateway {
namespace {

constexpr int kUnusable = 2;
constexpr int kWithNotes = 3;

core::Error failed(std::string what) {
  return {core::ErrorKind::unavailable, core::Side::configuration, std::move(what)};
}

core::Result<std::string> read_standard_input() {
  std::string text;
  char part[16 * 1024];
  while (text.size() <= config::kMaxFileBytes) {
    const ssize_t count = ::read(STDIN_FILENO, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return core::failure(failed(fmt::format("cannot read standard input: {}", std::strerror(errno))));
    if (count == 0) return text;
    text.append(part, static_cast<std::size_t>(count));
  }
  return core::failure(failed("standard input is larger than 1 MiB"));
}

core::Result<ImportFile> read_one(const std::string& path) {
  const bool is_input = path == "-";
  auto text = is_input ? read_standard_input() : config::read_file(path, config::kMaxFileBytes);
  if (!text) return core::failure(std::move(text.error()));
  return ImportFile{is_input ? "standard input" : path, std::move(*text)};
}

/// Never over a file that is there: it may be what serves.
core::Result<void> write_new(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file < 0) {
    const bool is_there = errno == EEXIST;
    return core::failure(failed(is_there ? fmt::format("{} is there already; give another --output", path)
                                         : fmt::format("cannot write {}: {}", path, std::strerror(errno))));
  }
  std::string_view rest = text;
  int problem = 0;
  while (!rest.empty() && problem == 0) {
    const ssize_t count = ::write(file, rest.data(), rest.size());
    if (count >= 0)
      rest.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      problem = errno;
  }
  if (::close(file) != 0 && problem == 0) problem = errno;
  if (problem == 0) return {};
  return core::failure(failed(fmt::format("cannot write {}: {}", path, std::strerror(problem))));
}

}  // namespace

int import_command(const Command& command) {
  std::vector<ImportFile> files;
  for (const std::string& path : command.import.files) {
    auto file = read_one(path);
    if (!file) {
      fmt::print(stderr, "gateway: {}\n", file.error().text);
      return kUnusable;
    }
    files.push_back(std::move(*file));
  }
  const ImportOutcome outcome = import_files(files, command.import.from);
  for (const std::string& error : outcome.errors) fmt::print(stderr, "{}", error);
  if (!outcome.errors.empty()) return 1;
  if (command.import.output.empty()) {
    fmt::print("{}", outcome.text);
  } else if (const auto written = write_new(command.import.output, outcome.text); !written) {
    fmt::print(stderr, "gateway: {}\n", written.error().text);
    return kUnusable;
  }
  for (const ImportNote& note : outcome.notes) {
    fmt::print(stderr, "{}: not carried over: {}{}{}\n", one_line(note.at.text()), one_line(note.what),
               note.mend.empty() ? "" : ": ", one_line(note.mend));
  }
  if (outcome.notes.empty()) return 0;
  const std::size_t notes = outcome.notes.size();
  fmt::print(stderr, "{} not carried over; {} a comment in the file\n", core::count_of(notes, "thing"),
             notes == 1 ? "it is" : "each is");
  return kWithNotes;
}

}  // namespace gateway
