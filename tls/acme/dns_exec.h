// TXT records by a program of the operator's: COMMAND present|cleanup NAME. VALUE, without a shell.
#pragma once

#include <string>
#include <vector>

#include "tls/acme/dns01.h"

namespace tls {

inline constexpr core::Duration kDnsProgramTime = std::chrono::minutes(2);

class DnsExec final : public DnsWriter {
 public:
  /// `command`: an absolute path and its first arguments. `loop` must outlive it.
  DnsExec(core::Loop& loop, std::vector<std::string> command) : loop_(loop), command_(std::move(command)) {}

  core::Flow<> add(DnsPlace place, std::string value) override;
  core::Flow<> remove(DnsPlace place, std::string value) override;
  [[nodiscard]] bool finds_zones() const override { return true; }

 private:
  core::Flow<> run(std::string what, DnsPlace place, std::string value);

  core::Loop& loop_;
  std::vector<std::string> command_;
};

}  // namespace tls
