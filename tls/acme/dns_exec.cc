#include "tls/acme/dns_exec.h"

#include <utility>

#include "core/loop/program.h"

namespace tls {

using core::Flow;

Flow<> DnsExec::run(std::string what, DnsPlace place, std::string value) {
  std::vector<std::string> arguments = command_;
  arguments.push_back(std::move(what));
  arguments.push_back(place.name + ".");
  arguments.push_back(std::move(value));
  const core::Deadline deadline = core::Deadline::after(loop_, kDnsProgramTime);
  std::vector<std::string> environment;
  co_await core::run_program(&loop_, std::move(arguments), std::move(environment), deadline);
  co_return core::done();
}

Flow<> DnsExec::add(DnsPlace place, std::string value) {
  co_await run("present", std::move(place), std::move(value));
  co_return core::done();
}

Flow<> DnsExec::remove(DnsPlace place, std::string value) {
  co_await run("cleanup", std::move(place), std::move(value));
  co_return core::done();
}

}  // namespace tls
