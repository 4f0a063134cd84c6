// What every Storage must do; each implementation's test runs it.
#pragma once

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"

namespace tests {

/// An empty storage, and how time passes for it.
struct StorageBed {
  core::Storage& storage;
  const core::Clock& clock;
  std::function<void(core::Duration)> advance;
  core::Loop* loop = nullptr;           ///< null: its flows do not wait
  std::size_t largest = 1024UL * 1024;  ///< the largest value it takes
  core::Duration second{1'000};         ///< what the rules count in; longer where real time passes as well
};

/// Runs all rules.
void check_storage_conformance(const StorageBed& bed);

/// Runs a flow to its end; without `loop` it must not wait.
template <typename T>
core::Result<T> run(core::Flow<T> flow, core::Loop* loop = nullptr) {
  flow.start();
  while (!flow.has_ended()) {
    if (loop == nullptr) std::abort();
    loop->turn(true);
  }
  return std::move(flow.result());
}

inline core::StorageEntry entry(std::string value, std::optional<core::WallTime> expires = std::nullopt) {
  return core::StorageEntry{std::move(value), expires};
}

}  // namespace tests
