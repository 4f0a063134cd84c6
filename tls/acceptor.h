// The server side of handshakes: picks the certificate by SNI, the protocol by ALPN, and binds tickets to
// both name and certificate, so that nothing is resumed under another. A name without certificate gets the
// alert unrecognized_name and never somebody else's certificate; a client without SNI gets the certificate of
// the address it came to, if one has it. A client that offers acme-tls/1 and nothing else gets the
// certificate of the pending challenge of that name (RFC 8737), which no other client ever sees. Where the
// name's host wants to know who the client is, it is asked for a certificate (client_demand.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/address.h"
#include "core/net/stream.h"
#include "tls/certificate_table.h"
#include "tls/challenge_answers.h"
#include "tls/client_demand.h"
#include "tls/profile.h"
#include "tls/record_scratch.h"
#include "tls/stream.h"
#include "tls/tickets.h"

namespace tls {

/// An accepted connection before its handshake. The table is kept alive until the handshake has ended.
struct Arrival {
  std::unique_ptr<core::ByteStream> stream;
  std::shared_ptr<const CertificateTable> certificates;
  std::shared_ptr<const ChallengeAnswers> challenges;  ///< null: there are none
  std::shared_ptr<const ClientDemands> demands;        ///< null: no client is asked for a certificate
  core::IpAddress local;
  core::Deadline deadline;
};

struct Accepted {
  std::unique_ptr<core::ByteStream> stream;  ///< bytes may be waiting already: read() once
  std::string server_name;                   ///< normal form; empty: the client sent none
  CertificatePointer certificate;  ///< the one shown; covers() tells which hosts may be asked for (421)
  ClientDemandPointer demand;      ///< that the client was asked by; null: it was not asked
  ClientCertificatePointer client_certificate;  ///< null: it showed none
  Agreement agreement;  ///< protocol kChallengeProtocol: end the stream, there is nothing to say on it
};

class Acceptor {
 public:
  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t resumed = 0;  ///< of the accepted
    std::uint64_t failed = 0;   ///< all failures, with those below
    std::uint64_t unknown_name = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t challenges = 0;  ///< of the accepted: answered to a certificate authority
  };

  /// One a thread. `loop`, `scratch` and `tickets` must outlive it and every flow and stream it made.
  static core::Result<std::unique_ptr<Acceptor>> make(core::Loop& loop, RecordScratch& scratch,
                                                      TicketKeys& tickets, const ServerOptions& options);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Ends with the finished stream, or an Error of Side::client (malformed, closed, timed_out, refused). The
  /// stream of a failed or cancelled handshake is retired.
  core::Flow<Accepted> accept(Arrival arrival);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  Acceptor(core::Loop& loop, RecordScratch& scratch, SettingsPointer native, std::string protocols);
  void count(const core::Error& error, bool unknown_name);
  core::Loop& loop_;
  RecordScratch& scratch_;
  SettingsPointer native_;
  std::string protocols_;  // on the wire
  Counts counts_;
};

}  // namespace tls
