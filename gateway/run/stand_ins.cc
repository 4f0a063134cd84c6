#include "gateway/run/stand_ins.h"

#include <fmt/format.h>

#include <algorithm>

namespace gateway {
namespace {

class NobodysResolver final : public core::Resolver {
 public:
  core::Flow<core::Addresses> resolve(std::string name) override {
    co_return core::failure(core::ErrorKind::unreachable, core::Side::us, "no address of " + name);
  }
};

/// The half of both streams that hands over what is in memory.
class MemoryStream : public core::ByteStream {
 public:
  explicit MemoryStream(core::Loop& loop) : later_(loop, [this] { tell(); }) {}

  void attach(core::StreamEvents* events) override { events_ = events; }
  void abort() override { is_over_ = true; }

 protected:
  core::ReadOutcome take(std::string& from, bool is_all, std::span<char> into) {
    using State = core::ReadOutcome::State;
    const std::size_t count = from.copy(into.data(), into.size());
    from.erase(0, count);
    if (count > 0) return {State::bytes, count};
    return {is_all || is_over_ ? State::end : State::would_block, 0};
  }
  void tell_later() { later_.arm(core::Duration::zero()); }

 private:
  void tell() {
    if (events_ != nullptr) events_->on_readable();
  }

  core::StreamEvents* events_ = nullptr;
  core::Timer later_;
  bool is_over_ = false;
};

class OriginStream final : public MemoryStream {
 public:
  OriginStream(core::Loop& loop, Counterpart& peer, std::string place)
      : MemoryStream(loop), peer_(peer), place_(std::move(place)) {}

  core::ReadOutcome read(std::span<char> into) override { return take(answer_, has_answered_, into); }
  core::Result<std::size_t> write(std::span<const std::string_view> pieces) override {
    std::size_t taken = 0;
    for (const std::string_view piece : pieces) {
      bytes_.append(piece);
      taken += piece.size();
    }
    if (!has_answered_ && bytes_.find("\r\n\r\n") != std::string::npos) {
      peer_.heard.push_back({place_, bytes_});
      answer_ = peer_.answer;
      has_answered_ = true;
      tell_later();
    }
    return taken;
  }
  core::Ending end() override { return core::Ending::sent; }

 private:
  Counterpart& peer_;
  std::string place_;
  std::string bytes_;
  std::string answer_;
  bool has_answered_ = false;
};

class ClientSide final : public MemoryStream {
 public:
  ClientSide(core::Loop& loop, StandInClient& client) : MemoryStream(loop), client_(client) {}

  core::ReadOutcome read(std::span<char> into) override {
    return take(client_.sending, client_.was_ended, into);
  }
  core::Result<std::size_t> write(std::span<const std::string_view> pieces) override {
    std::size_t taken = 0;
    for (const std::string_view piece : pieces) {
      client_.received.append(piece);
      taken += piece.size();
    }
    return taken;
  }
  /// A client that has its answer goes.
  core::Ending end() override {
    client_.was_ended = true;
    tell_later();
    return core::Ending::sent;
  }
  void abort() override {
    client_.was_ended = true;
    MemoryStream::abort();
  }

 private:
  StandInClient& client_;
};

class StandInConnector final : public core::Connector {
 public:
  StandInConnector(core::Loop& loop, Counterpart& peer) : loop_(loop), peer_(peer) {}

  core::Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort to, core::Deadline) override {
    std::string place = to.unix_path.empty() ? fmt::format("{}:{}", to.host, to.port) : to.unix_path;
    if (peer_.answer.empty())
      co_return core::failure(core::ErrorKind::unreachable, core::Side::us, "nobody is asked: " + place);
    co_return std::make_unique<OriginStream>(loop_, peer_, std::move(place));
  }

 private:
  core::Loop& loop_;
  Counterpart& peer_;
};

}  // namespace

std::unique_ptr<core::Resolver> make_resolver_of_nobody() {
  return std::make_unique<NobodysResolver>();
}

std::unique_ptr<core::Connector> make_connector_to(core::Loop& loop, Counterpart& peer) {
  return std::make_unique<StandInConnector>(loop, peer);
}

std::unique_ptr<core::ByteStream> make_client_stream(core::Loop& loop, StandInClient& client) {
  return std::make_unique<ClientSide>(loop, client);
}

}  // namespace gateway
