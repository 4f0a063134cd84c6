// What the demo writes into its folder (0700): the CA's certificate, the gateway's certificate and key,
// gateway.yaml. The CA's key never leaves memory.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tls/certificate.h"

namespace gateway {

/// Ports of the three parts.
struct DemoPorts {
  std::uint16_t gateway = 8443;
  std::uint16_t provider = 0;
  std::uint16_t app = 0;
};

struct DemoFiles {
  std::string directory;
  std::string ca_file;
  std::string config_text;
  std::string config_file;
  tls::CertificatePointer provider_certificate;
};

/// Makes the folder if it is not there (a new one below the system's temporary folder if `directory` is
/// empty).
core::Result<std::string> make_demo_directory(const std::string& directory);
core::Result<DemoFiles> write_demo_files(const std::string& directory, const DemoPorts& ports,
                                         core::WallTime now);

}  // namespace gateway
