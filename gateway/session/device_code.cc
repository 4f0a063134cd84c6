#include "gateway/session/device_code.h"

#include <utility>

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr core::AssociatedNames kNames{"device code", ""};

std::unexpected<core::Error> unverified() {
  return core::failure(core::ErrorKind::unverified, core::Side::client, "no device code of ours");
}

}  // namespace

core::Secret DeviceCodes::make(const DeviceClaim& claim) {
  RecordWriter record(RecordKind::device_code, kVersion);
  record.text(claim.id).text(claim.client).time(claim.expires_at);
  return core::Secret(sealer_.seal(record.bytes(), kNames));
}

core::Result<DeviceClaim> DeviceCodes::read(std::string_view code) {
  if (code.size() > kMaxDeviceCode) return unverified();
  const core::Result<core::Opened> opened = sealer_.open(code, kNames);
  if (!opened) return unverified();
  RecordReader record(opened->plaintext.reveal(), RecordKind::device_code, kVersion);
  DeviceClaim claim;
  claim.id = record.text();
  claim.client = record.text();
  claim.expires_at = record.time();
  if (!record.is_complete()) return unverified();
  return claim;
}

}  // namespace gateway
