#include "core/storage/redis_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace core {
namespace {

constexpr std::size_t kReadBytes = 64UL * 1024;

/// Errors that no further command on this connection would escape: the server became a replica, is one
/// without its primary, or forgot who we are. The address may lead to another by now.
bool is_of_the_server(std::string_view error) {
  constexpr std::array<std::string_view, 5> kOfTheServer = {"READONLY ", "LOADING ", "MASTERDOWN ", "NOAUTH ",
                                                            "WRONGPASS "};
  // Redis before 7 hands what a script met through with its own words in front.
  return std::ranges::any_of(kOfTheServer, [error](std::string_view word) {
    return error.starts_with(word) || (error.starts_with("ERR Error running script") &&
                                       error.find("-" + std::string(word)) != std::string_view::npos);
  });
}

/// Keeps a caller reachable for as long as it waits.
class Caller {
 public:
  explicit Caller(OneShot<RespValue>& cell) : waiting_(std::make_shared<OneShot<RespValue>*>(&cell)) {}
  ~Caller() { *waiting_ = nullptr; }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  [[nodiscard]] const std::shared_ptr<OneShot<RespValue>*>& waiting() const { return waiting_; }

 private:
  std::shared_ptr<OneShot<RespValue>*> waiting_;
};

}  // namespace

RedisConnection::RedisConnection(Loop& loop, Connector& connector, RedisServer server, RedisLimits limits)
    : loop_(loop),
      connector_(connector),
      server_(std::move(server)),
      limits_(limits),
      answer_timer_(loop, [this] { fail("no answer in time"); }),
      pause_timer_(loop, [] {}) {}

RedisConnection::~RedisConnection() {
  if (stream_ != nullptr) stream_->attach(nullptr);
}

Error RedisConnection::unavailable(const std::string& why) const {
  return {ErrorKind::unavailable, Side::storage,
          fmt::format("redis at {}: {}",
                      server_.address.unix_path.empty()
                          ? fmt::format("{}:{}", server_.address.host, server_.address.port)
                          : server_.address.unix_path,
                      why),
          Retry::later};
}

Flow<RespValue> RedisConnection::call(std::vector<std::string> arguments) {
  OneShot<RespValue> cell;
  Caller caller(cell);
  co_await enqueue(arguments, caller.waiting());
  RespValue reply = co_await cell;
  if (reply.kind == RespValue::Kind::error) co_return failure(unavailable("it answered " + reply.text));
  co_return reply;
}

Result<Done> RedisConnection::enqueue(const std::vector<std::string>& arguments, const Waiting& waiting) {
  if (state_ == State::closed && pause_timer_.is_armed()) return failure(unavailable(last_failure_));
  if (waiting_.size() >= limits_.commands) return failure(unavailable("too many commands at once"));
  const std::vector<std::string_view> views(arguments.begin(), arguments.end());
  append_resp_command(views, output_);
  waiting_.push_back(waiting);
  if (state_ == State::closed) {
    open();
  } else if (state_ == State::open) {
    send();
  }
  return done();
}

void RedisConnection::open() {
  state_ = State::opening;
  const Deadline deadline = Deadline::after(loop_, limits_.connect);
  opening_.start(within(loop_, deadline, connector_.connect(server_.address, deadline)),
                 [this](Result<std::unique_ptr<ByteStream>> stream) { opened(std::move(stream)); });
}

void RedisConnection::opened(Result<std::unique_ptr<ByteStream>> stream) {
  if (!stream) return fail(stream.error().text);
  stream_ = std::move(*stream);
  stream_->attach(this);
  state_ = State::open;
  introduce();
  send();
  if (state_ == State::open) read();
}

/// In front of what waits to be sent.
void RedisConnection::introduce() {
  std::string introduction;
  if (!server_.password.empty()) {
    std::vector<std::string_view> auth{"AUTH"};
    if (!server_.user.empty()) auth.emplace_back(server_.user);
    auth.push_back(server_.password.reveal());
    append_resp_command(auth, introduction);
    ++introductions_;
  }
  if (server_.database != 0) {
    const std::string number = std::to_string(server_.database);
    const std::array<std::string_view, 2> select{"SELECT", number};
    append_resp_command(select, introduction);
    ++introductions_;
  }
  output_.insert(0, introduction);
  wipe(introduction);
}

void RedisConnection::send() {
  while (!output_.empty()) {
    const std::string_view piece = output_;
    const Result<std::size_t> taken = stream_->write({&piece, 1});
    if (!taken) return fail(taken.error().text);
    if (*taken == 0) break;
    if (*taken == output_.size()) {
      wipe(output_);  // a password may have been in it
    } else {
      output_.erase(0, *taken);
    }
  }
  if (!answer_timer_.is_armed() && !waiting_.empty()) answer_timer_.arm(limits_.answer);
}

void RedisConnection::on_writable() {
  if (state_ == State::open) send();
}

void RedisConnection::on_readable() {
  if (state_ == State::open) read();
}

void RedisConnection::read() {
  std::array<char, kReadBytes> bytes;  // NOLINT: read into
  for (;;) {
    const ReadOutcome outcome = stream_->read(bytes);
    if (outcome.state == ReadOutcome::State::would_block) return;
    if (outcome.state != ReadOutcome::State::bytes) return fail("it closed the connection");
    input_.append(bytes.data(), outcome.count);
    if (!waiting_.empty()) answer_timer_.arm(limits_.answer);
    take_replies();
    if (state_ != State::open) return;
  }
}

/// A reply resumes its caller, which may send more commands or let this connection fail.
void RedisConnection::take_replies() {
  while (state_ == State::open && !input_.empty()) {
    RespReading reading = read_resp(input_);
    if (reading.state == RespReading::State::needs_more) return;
    if (reading.state == RespReading::State::malformed)
      return fail(fmt::format("what it answered is no reply of Redis: {}", reading.why));
    input_.erase(0, reading.size);
    if (introductions_ > 0) {
      if (reading.value.kind == RespValue::Kind::error) return fail("it answered " + reading.value.text);
      --introductions_;
    } else if (waiting_.empty()) {
      return fail("it answered what was not asked");
    } else if (reading.value.kind == RespValue::Kind::error && is_of_the_server(reading.value.text)) {
      return fail("it answered " + reading.value.text);
    } else {
      give(std::move(reading.value));
    }
  }
}

void RedisConnection::give(RespValue reply) {
  const Waiting waiting = std::move(waiting_.front());
  waiting_.pop_front();
  if (waiting_.empty()) answer_timer_.disarm();
  if (*waiting != nullptr) (*waiting)->deliver(std::move(reply));
}

void RedisConnection::fail(const std::string& why) {
  if (stream_ != nullptr) {
    stream_->attach(nullptr);
    stream_->abort();
    // Its callback may be what called.
    struct Gone final : Retirable {
      explicit Gone(std::unique_ptr<ByteStream> owned) : stream(std::move(owned)) {}
      std::unique_ptr<ByteStream> stream;
    };
    loop_.retire(std::make_unique<Gone>(std::move(stream_)));
  }
  state_ = State::closed;
  last_failure_ = why;
  introductions_ = 0;
  output_.clear();
  input_.clear();
  answer_timer_.disarm();
  pause_timer_.arm(limits_.pause);
  std::deque<Waiting> waiting = std::exchange(waiting_, {});
  for (const Waiting& one : waiting) {
    if (*one != nullptr) (*one)->deliver(failure(unavailable(why)));
  }
}

}  // namespace core
