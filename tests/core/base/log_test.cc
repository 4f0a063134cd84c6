#include "core/base/log.h"

#include <doctest/doctest.h>

#include <limits>

namespace {

class Lines final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text.append(lines); }
  std::string text;
};

const core::ManualClock kClock(core::from_unix_seconds(1795307286) + std::chrono::milliseconds(7));

std::string json_of(std::string_view text) {
  std::string out;
  core::append_json_escaped(out, text);
  return out;
}

std::string terminal_of(std::string_view text, core::Quotes quotes = core::Quotes::escaped) {
  std::string out;
  core::append_terminal_safe(out, text, quotes);
  return out;
}

}  // namespace

TEST_CASE("an event is one JSON object on one line") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::json, core::LogLevel::info, kClock);
  log.warn("cannot reach origin",
           {{"origin", "http://a:1"}, {"attempt", 2}, {"share", 0.5}, {"retried", true}});
  CHECK(lines.text ==
        "{\"time\":\"2026-11-22T00:28:06.007Z\",\"level\":\"warn\",\"message\":\"cannot reach origin\","
        "\"origin\":\"http://a:1\",\"attempt\":2,\"share\":0.5,\"retried\":true}\n");
}

TEST_CASE("an event on a terminal is one line with quoted values where needed") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::text, core::LogLevel::info, kClock);
  log.error("start failed", {{"file", "/etc/x"}, {"why", "no such file"}, {"empty", ""}});
  CHECK(lines.text ==
        "2026-11-22T00:28:06.007Z error start failed file=/etc/x why=\"no such file\" empty=\"\"\n");
}

TEST_CASE("an event under the threshold is not written") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::text, core::LogLevel::warn, kClock);
  log.info("hello");
  CHECK(lines.text.empty());
  log.warn("hello");
  CHECK_FALSE(lines.text.empty());
}

TEST_CASE("journald is told each line's priority in front of it") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::json, core::LogLevel::debug, kClock, core::LogPrefix::priority);
  log.error("a");
  log.warn("b");
  log.info("<3>c\n<3>d");
  log.debug("e");
  CHECK(lines.text.starts_with("<3>{\"time\""));
  CHECK(lines.text.find("\n<4>{") != std::string::npos);
  CHECK(lines.text.find("\n<6>{") != std::string::npos);
  CHECK(lines.text.find("\n<7>{") != std::string::npos);
  CHECK(lines.text.find("\n<3>") == std::string::npos);
}

TEST_CASE("the threshold can be another from one event to the next") {
  Lines lines;
  core::Log log(lines, core::LogFormat::text, core::LogLevel::warn, kClock);
  log.set_threshold(core::LogLevel::debug);
  log.debug("hello");
  CHECK(lines.text.find(" debug hello") != std::string::npos);
  log.set_threshold(core::LogLevel::error);
  lines.text.clear();
  log.warn("hello");
  CHECK(lines.text.empty());
}

TEST_CASE("each level has a name, and nothing else has") {
  for (const auto level :
       {core::LogLevel::error, core::LogLevel::warn, core::LogLevel::info, core::LogLevel::debug})
    CHECK(core::log_level_named(core::name_of(level)) == level);
  for (const char* text : {"", "INFO", "trace", "warning", "info "}) CHECK_FALSE(core::log_level_named(text));
}

TEST_CASE("a number that JSON cannot write becomes null") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::json, core::LogLevel::info, kClock);
  log.info("x", {{"n", std::numeric_limits<double>::infinity()}});
  CHECK(lines.text.ends_with("\"n\":null}\n"));
}

TEST_CASE("what a peer sends stays inside its JSON string") {
  struct Row {
    std::string_view input;
    std::string_view expected;
    const char* why;
  };
  const Row rows[] = {
      {"plain text", "plain text", "nothing to escape"},
      {"a\r\nb", "a\\r\\nb", "line ends"},
      {"\"\\", "\\\"\\\\", "the string's own syntax"},
      {"\x1b[2J\x7f", "\\u001b[2J\\u007f", "terminal commands"},
      {std::string_view("\0", 1), "\\u0000", "NUL"},
      {"\xC2\x9B", "\\u009b", "C1 control sequence introducer"},
      {"\xE2\x80\xA8", "\\u2028", "line separator"},
      {"\xE2\x80\xAE", "\\u202e", "bidirectional override"},
      {"\xF3\xA0\x81\x81", "\\udb40\\udc41", "tag character, as a pair of surrogates"},
      {"\xC3\xBC\xF0\x9F\x98\x80", "\xC3\xBC\xF0\x9F\x98\x80", "other text stays readable"},
      {"\xFF\xC3", "\\ufffd\\ufffd", "invalid bytes"},
      {"\xC0\xAF", "\\ufffd\\ufffd", "overlong form"},
      {"\xED\xA0\x80", "\\ufffd\\ufffd\\ufffd", "encoded surrogate"},
      {"\xF4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd", "over U+10FFFF"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(json_of(row.input) == row.expected);
  }
}

TEST_CASE("what a peer sends moves no terminal") {
  struct Row {
    std::string_view input;
    std::string_view expected;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"a\nb", "a\\x0ab"},
      {"\x1b]0;x\x07", "\\x1b]0;x\\x07"},
      {"\xC2\x85", "\\xc2\\x85"},
      {"\xE2\x80\xA9", "\\xe2\\x80\\xa9"},
      {"\xFF", "\\xff"},
      {"\"\\", "\\\"\\\\"},
      {"\xC3\xBC", "\xC3\xBC"},
  };
  for (const Row& row : rows) CHECK(terminal_of(row.input) == row.expected);
  CHECK(terminal_of("a \"b\" \\d\n", core::Quotes::kept) == "a \"b\" \\d\\x0a");
}

TEST_CASE("every byte and every pair of bytes gives one printable line") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string input{static_cast<char>(first), static_cast<char>(second)};
      for (const std::string& line : {json_of(input), terminal_of(input)}) {
        for (const char c : line) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
      }
    }
  }
}

TEST_CASE("a value of any length is cut at a whole character") {
  Lines lines;
  const core::Log log(lines, core::LogFormat::json, core::LogLevel::info, kClock);
  std::string longer = "x";
  while (longer.size() < 20000) longer.append("\xC3\xBC");
  log.info("m", {{"v", longer}});
  CHECK(lines.text.size() < 8500);
  CHECK(lines.text.ends_with("\xC3\xBC...\"}\n"));
  CHECK_FALSE(lines.text.contains("ufffd"));
}

TEST_CASE("a time has all its digits") {
  const auto written = [](std::int64_t seconds, int milliseconds) {
    std::string out = "at ";
    core::append_timestamp(out, core::from_unix_seconds(seconds) + std::chrono::milliseconds(milliseconds));
    return out;
  };
  CHECK(written(0, 0) == "at 1970-01-01T00:00:00.000Z");
  CHECK(written(951'827'696, 789) == "at 2000-02-29T12:34:56.789Z");
  CHECK(written(9'214'646'399, 999) == "at 2261-12-31T23:59:59.999Z");
  CHECK(written(1'795'307'286, 7) == "at 2026-11-22T00:28:06.007Z");
}

TEST_CASE("times before 1970 have a proper date") {
  std::string out;
  core::append_timestamp(out, core::from_unix_seconds(-1) + std::chrono::milliseconds(1));
  CHECK(out == "1969-12-31T23:59:59.001Z");
}
