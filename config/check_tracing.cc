// tracing: what is allowed and doubtful.
#include "config/check.h"

namespace config {

void warn_tracing(const Config& config, Findings& findings) {
  if (!config.tracing) return;
  const Tracing& tracing = *config.tracing;
  if (tracing.otlp.scheme == "http" && !looks_private(tracing.otlp.authority.host)) {
    findings.warn(tracing.at, "tracing.otlp: plain http may cross a public network",
                  "use https, or an address of your own network");
  }
  if (tracing.inbound == InboundTrace::continue_it && config.listen.trusted_proxies.empty()) {
    findings.warn(
        tracing.at,
        "tracing.inbound: continue lets every client say which trace its requests belong to, and that "
        "they are sampled",
        "list the proxies that may under listen.trusted_proxies, or leave it at restart");
  }
}

}  // namespace config
