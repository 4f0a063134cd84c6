// The budgets, and which frame takes from which. Numbers: what browsers, gRPC and curl do at their busiest,
// several times over; what is left is far below what costs a core.
#include "core/http/h2_flood_guard.h"

#include <algorithm>

namespace core {
namespace {

using Budget = H2FloodGuard::Budget;

/// In the order of H2Oddity.
constexpr std::array<Budget, kH2Oddities> kBudgets = {{
    {200, 30, "HTTP/2: too many resets"},
    {100, 10, "HTTP/2: too many requests that had to be reset"},
    {1000, 100, "HTTP/2: too many requests over the limit of streams"},
    {1000, 50, "HTTP/2: too many PING frames"},
    {100, 2, "HTTP/2: too many SETTINGS frames"},
    {1000, 50, "HTTP/2: too many priority frames"},
    {2000, 100, "HTTP/2: too many WINDOW_UPDATE frames"},
    {500, 50, "HTTP/2: too many CONTINUATION frames"},
    {100, 10, "HTTP/2: too many HEADERS on streams that are closed"},
    {100, 10, "HTTP/2: too many empty DATA frames"},
    {100, 10, "HTTP/2: too many unknown frames"},
    {50'000, 1000, "HTTP/2: too many tiny DATA frames"},
    {2400, 200, "HTTP/2: too many frames that move nothing on"},
}};

constexpr Duration kRefillEvery{100};

std::size_t index_of(H2Oddity kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

const Budget& H2FloodGuard::budget_of(H2Oddity kind) {
  return kBudgets[index_of(kind)];
}

bool H2FloodGuard::on_frame(const H2FrameHeader& frame, SteadyTime now) {
  switch (frame.type) {
    case H2FrameType::data:
      refill(now);
      if (!spend(H2Oddity::tiny_data, 1)) return false;
      return frame.length > 0 || frame.has(kH2EndStream) || take(H2Oddity::empty_data, now);
    case H2FrameType::headers:
      continuations_ = 0;
      give(H2Oddity::tiny_data, 1);  // a message may be as short as one frame of a few bytes
      return true;
    case H2FrameType::continuation:
      if (++continuations_ > kMaxContinuations) {
        reason_ = budget_of(H2Oddity::continuation).reason;
        return false;
      }
      return take(H2Oddity::continuation, now);
    case H2FrameType::reset:
      return take(H2Oddity::received_reset, now);
    case H2FrameType::settings:
      return take(H2Oddity::settings, now);
    case H2FrameType::ping:
      return take(H2Oddity::ping, now);
    case H2FrameType::priority:
    case H2FrameType::priority_update:
      return take(H2Oddity::priority, now);
    case H2FrameType::window_update:
      return take(H2Oddity::window_update, now);
    case H2FrameType::goaway:
    case H2FrameType::push_promise:
      break;
  }
  return take(H2Oddity::unknown_frame, now);
}

void H2FloodGuard::on_request() {
  constexpr double kAnswerSections = 2;  // head and trailers
  give(H2Oddity::received_reset, 1);
  give(H2Oddity::late_headers, kAnswerSections);
  give(H2Oddity::window_update, 1);
  give(H2Oddity::ping, 1);
  give(H2Oddity::anything, kAnswerSections + 3);
}

void H2FloodGuard::on_received(std::size_t bytes) {
  give(H2Oddity::tiny_data, static_cast<double>(bytes) / kBytesPerFrame);
  on_sent(bytes);
}

void H2FloodGuard::on_sent(std::size_t bytes) {
  for (const H2Oddity kind : {H2Oddity::window_update, H2Oddity::ping, H2Oddity::anything}) {
    give(kind, static_cast<double>(bytes) / kBytesPerCredit);
  }
}

/// One of `kind`, and of everything together.
bool H2FloodGuard::take(H2Oddity kind, SteadyTime now) {
  refill(now);
  const bool may_go_on = spend(kind, 1);
  return spend(H2Oddity::anything, 1) && may_go_on;
}

bool H2FloodGuard::spend(H2Oddity kind, double amount) {
  double& spent = spent_[index_of(kind)];
  spent += amount;
  if (spent <= burst_of(kind)) return true;
  if (reason_.empty()) reason_ = budget_of(kind).reason;
  return false;
}

double H2FloodGuard::burst_of(H2Oddity kind) const {
  const bool grows = kind == H2Oddity::received_reset || kind == H2Oddity::anything;
  return budget_of(kind).burst + (grows ? streams_ : 0);
}

void H2FloodGuard::give(H2Oddity kind, double amount) {
  double& spent = spent_[index_of(kind)];
  spent = std::max(0.0, spent - amount);
}

void H2FloodGuard::refill(SteadyTime now) {
  if (now - last_refill_ < kRefillEvery) return;
  const double seconds = std::chrono::duration<double>(now - last_refill_).count();
  last_refill_ = now;
  for (std::size_t i = 0; i < kH2Oddities; ++i) {
    spent_[i] = std::max(0.0, spent_[i] - kBudgets[i].per_second * seconds);
  }
}

}  // namespace core
