// One connection of a client, a site with one route, and an origin behind it, all in memory: the test is the
// client's and the origin's wire and says what arrives on either. Include before doctest.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/loop/wait.h"
#include "gateway/answer/proxy.h"
#include "gateway/run/balancers.h"
#include "gateway/run/connection.h"
#include "tests/core/http/support/fake_stream.h"

namespace test_support {

/// The origin: each connect makes a wire, or waits until the test lets it go on.
class OriginTown final : public core::Connector {
 public:
  core::Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort to, core::Deadline deadline) override;

  std::list<core::Wire> wires;         ///< one a connection, oldest first
  bool holds = false;                  ///< connects wait for let_in() or refuse()
  std::vector<std::string> reached;    ///< the host of each connection tried, in order
  std::vector<std::string> greetings;  ///< what connections begin with, of those that begin with something
  std::set<std::string> refusing;      ///< hosts that refuse connections
  void let_in();
  void refuse();
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  std::unique_ptr<core::ByteStream> make_stream();
  std::list<core::OneShot<>*> waiting_;
};

/// Admits everybody, or nobody where it is told to, at once or when the test says so.
class SlowGuard final : public gateway::Guard {
 public:
  std::optional<gateway::Verdict> admit_now(const gateway::Request& request) override;
  core::Flow<gateway::Verdict> admit(const gateway::Request& request) override;
  /// Whom nobody signed in was let in by a rule for everybody.
  bool still_admits(const gateway::Request&, const std::shared_ptr<const gateway::Identity>& identity,
                    core::WallTime) override {
    return identity == nullptr || keeps_admitting;
  }

  bool keeps_admitting = true;
  bool holds = false;
  bool refuses = false;  ///< answers 403
  std::shared_ptr<const gateway::Identity> identity;
  std::vector<std::string> cookies;  ///< that renew the session
  core::IpAddress client;            ///< of the last request it was asked about
  std::string judged;                ///< path and query of the last request it was asked about
  void decide();
  void fail();

 private:
  gateway::Verdict verdict() const;
  std::optional<core::OneShot<>> decided_;  ///< kept here: the flow that waits for it may be cancelled
};

struct Lines final : core::LogSink {
  void write(std::string_view lines) override { text.append(lines); }
  std::string text;
};

/// What the test may change before the first connection.
struct HouseRules {
  gateway::HeaderEdits request_headers;
  gateway::HeaderEdits response_headers;
  std::vector<std::string> methods;
  std::string path = "/";  ///< of the one route, a prefix
  config::PathChange path_change;
  std::optional<config::CrossOrigin> cross_origin;
  std::string strict_transport;
  bool is_public = true;
  std::string health_path;
  bool keeps_encoded_slashes = false;
  bool has_endpoints = false;  ///< below /oauth2, which only keeps other paths out: nothing answers there
  std::optional<std::uint64_t> body_limit;
  std::optional<config::RateLimit> rate;
  std::shared_ptr<core::ContentEncoders> encoders;  ///< null: nothing is compressed
  std::string protocol;                             ///< that TLS agreed on; "h2" makes the connection HTTP/2
  std::vector<std::string> certificate;             ///< names of it: the connection is TLS; empty: plain HTTP
  gateway::Entry entry = gateway::Entry::open;
  core::IpAddress peer = core::IpAddress::v4({192, 0, 2, 7});  ///< who connects
  config::ProxyProtocol proxy_protocol;
  gateway::ClientRule clients;
  /// Where requests go and how they are spread; no origins: one, at origin.test.
  config::Upstream upstream;
  std::size_t allowance = gateway::ConnectionAllowance::kUnbounded;
  std::string origin_cookie;
  const core::Published<gateway::UpstreamState>* state = nullptr;
  core::Duration total{0};            ///< timeouts.total; zero: none
  core::Duration socket_lifetime{0};  ///< websocket.lifetime; zero: none
};

/// `app.test` and `other.test` are the hosts; one route takes every path but those of place().
class House final : public gateway::ConnectionHost {
 public:
  explicit House(HouseRules rules = {});
  ~House();

  /// Another route of the host, to the same origin, below `path`. `judge` outlives the house.
  enum class Slashes { refused, kept };
  void place(const std::string& path, gateway::Guard& judge, Slashes slashes = Slashes::refused);

  /// Another client, with a connection of its own.
  class Guest {
   public:
    explicit Guest(House& house);
    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    void sends(std::string_view bytes);
    void breaks();
    /// What it was sent since the last call.
    std::string got() { return std::exchange(wire_.written, {}); }

   private:
    House& house_;
    core::Wire wire_;
    gateway::Connection* connection_;
  };

  /// A client connects.
  void connect();
  /// Bytes of the client arrive; a turn is run.
  void client_sends(std::string_view bytes);
  void client_ends();
  void client_breaks();
  /// What the client was sent since the last call.
  std::string client_got();
  /// Bytes of the newest origin connection arrive; a turn is run.
  void origin_sends(std::string_view bytes);
  void origin_ends();
  /// What the newest origin connection was sent since the last call.
  std::string origin_got();
  [[nodiscard]] std::size_t connections() const { return allowance_.used(); }
  void turn() { loop_.turn(false); }
  /// As after a change of revocations or policies.
  void look_at_standing() {
    site_->standing.look();
    turn();
  }
  /// As when the process ends. How many were told.
  std::size_t say_goodbye() {
    const std::size_t told = site_->standing.say_goodbye();
    turn();
    return told;
  }
  void pass(core::Duration time);

  // What arrives in one turn together: noted on the wires, told by turn_with_edges().
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Wire client;
  OriginTown town;
  SlowGuard guard;
  Lines events;
  Lines access;
  bool is_ready_to_serve = true;
  [[nodiscard]] bool is_over() const { return connection_ == nullptr; }
  gateway::Connection& connection() { return *connection_; }

 private:
  core::Loop& loop() override { return loop_; }
  std::shared_ptr<gateway::Site> site() override { return site_; }
  [[nodiscard]] const core::ServerLimits& limits() const override { return limits_; }
  std::shared_ptr<gateway::Balancers> balancers() override { return {std::shared_ptr<void>(), &balancers_}; }
  core::Flow<tls::Accepted> handshake(gateway::Arrived& arrived) override;
  [[nodiscard]] bool is_ready() const override { return is_ready_to_serve; }
  void on_connection_end(gateway::Connection& connection) override;

  core::Loop loop_{clock};
  core::Random random_;
  core::Log log_{events, core::LogFormat::text, core::LogLevel::debug, clock};
  core::ServerLimits limits_;
  config::ProxyProtocol proxy_protocol_;
  gateway::Balancers balancers_{loop_, log_, proxy_protocol_, limits_.header_time};
  gateway::Entry entry_;
  std::string protocol_;
  core::IpAddress peer_;
  gateway::AccessLog access_log_{&access, gateway::AccessFormat::json};
  config::SessionSettings session_settings_;
  gateway::CookieNames names_{session_settings_};
  gateway::ConnectionAllowance allowance_;
  core::Secret label_key_{"a key of labels"};
  std::unique_ptr<gateway::Upstream> upstream_;
  core::DeadlineList response_deadline_{loop_, std::chrono::seconds(60)};
  std::unique_ptr<core::DeadlineList> total_deadline_;
  std::unique_ptr<core::DeadlineList> socket_deadline_;
  core::DeadlineList waiting_deadline_{loop_, std::chrono::seconds(5)};
  core::DeadlineList idle_deadline_{loop_, std::chrono::minutes(5)};
  gateway::RateTable rates_;
  gateway::Route route_;
  std::list<gateway::Route> places_;
  tls::CertificatePointer certificate_;
  std::shared_ptr<gateway::Site> site_;
  std::unique_ptr<gateway::Connection> connection_;
  std::vector<std::unique_ptr<gateway::Connection>> guests_;
};

/// The request line and Host of a request, and `fields` (whole lines).
std::string get(std::string_view path, std::string_view fields = "", std::string_view host = "app.test");

}  // namespace test_support
