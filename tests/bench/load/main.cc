// The load generator: load MODE key=value… (modes.h). One thread, TLS 1.3 to 127.0.0.1 only, bounded by its
// seconds.
#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"

namespace bench {

std::string requestHead(const Options& options, const std::string& method) {
  std::string head = method + " " + options.path + " HTTP/1.1\r\nHost: " + options.host + ":" +
                     std::to_string(options.port) + "\r\n";
  if (!options.cookie.empty()) head += "Cookie: " + options.cookie + "\r\n";
  return head;
}

}  // namespace bench

int main(int count, char** words) {
  using bench::Options;
  const std::map<std::string, std::function<void(const Options&)>> modes{{"handshakes", bench::handshakes},
                                                                         {"open-loop", bench::openLoop},
                                                                         {"transfer", bench::transfer},
                                                                         {"sockets", bench::sockets},
                                                                         {"hold", bench::hold}};
  Options options;
  const std::map<std::string, std::function<void(const std::string&)>> settings{
      {"port", [&](const std::string& text) { options.port = static_cast<std::uint16_t>(std::stoi(text)); }},
      {"host", [&](const std::string& text) { options.host = text; }},
      {"path", [&](const std::string& text) { options.path = text; }},
      {"cookie", [&](const std::string& text) { options.cookie = text; }},
      {"seconds", [&](const std::string& text) { options.seconds = std::stod(text); }},
      {"connections",
       [&](const std::string& text) { options.connections = static_cast<unsigned>(std::stoul(text)); }},
      {"rate", [&](const std::string& text) { options.rate = std::stod(text); }},
      {"bytes", [&](const std::string& text) { options.bytes = std::stoull(text); }},
      {"resume", [&](const std::string& text) { options.resume = text == "yes"; }},
  };
  const auto mode = modes.find(count > 1 ? words[1] : "");
  if (mode == modes.end()) bench::fail("usage: load handshakes|open-loop|transfer|sockets|hold key=value…");
  for (int i = 2; i < count; ++i) {
    const std::string word = words[i];
    const std::size_t equals = word.find('=');
    const auto setting = settings.find(word.substr(0, equals));
    if (setting == settings.end() || equals == std::string::npos) bench::fail("unknown: " + word);
    setting->second(word.substr(equals + 1));
  }
  std::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1000UL);  // open-loop sends at a time, not when a batch of timers is due
  mode->second(options);
  return EXIT_SUCCESS;
}
