// The two seams between the wire protocols and everything else. A session turns the bytes of one connection
// into exchanges; HTTP/1.1 has one at a time, HTTP/2 many. Bodies are pushed with back-pressure; nothing
// holds a whole body.
//
// Sessions call handlers only after their parser has returned, and never from inside a call that the handler
// makes on its stream: what a call sets free (a body that may go on, the next pipelined request) is delivered
// later in the same turn. A handler may end its stream inside any callback; nothing is destroyed before the
// end of the turn. Views in arguments live for the call, the head of a request or final response until the
// stream ends.
#pragma once

#include <memory>
#include <string_view>

#include "core/base/result.h"
#include "core/http/limits.h"
#include "core/http/message.h"
#include "core/loop/loop.h"

namespace core {

/// Whether a sender may go on at once.
enum class Pressure {
  open,  ///< go on
  full,  ///< all bytes were taken, but stop until on_writable()
};

// ---------------------------------------------------------------------------------------------------- server
// side

/// What a server session tells about one request. The last call is on_request_end() with the response not yet
/// sent, or on_aborted().
class RequestHandler {
 public:
  virtual void on_request_body(std::string_view bytes) = 0;
  /// The body is complete. Like the body it comes only after receive_body(true), then also for a request
  /// without a body. After an upgrade: the client ended its side of the tunnel.
  virtual void on_request_end(const Fields& trailers) = 0;
  /// After Pressure::full: more of the response may be sent.
  virtual void on_response_writable() = 0;
  /// The client went away, broke the protocol, or was too slow; nothing can be sent any more and the stream
  /// is gone when this returns. (If no final head was sent yet, the session itself answers 400 or 408 where
  /// it can.)
  virtual void on_aborted(const Error& error) = 0;

 protected:
  ~RequestHandler() = default;
};

/// The transport's side of one request. Owned by its session; ends with send_end(), abort(), or
/// RequestHandler::on_aborted. A final head is sent once; if the request body is not complete when the
/// response ends, the session drains it under ServerLimits::drain_bytes or closes the connection. Requests
/// are answered exactly once (checked).
class ServerStream {
 public:
  /// Requires: status 100..599 but 101. 1xx: an interim response, any number before the final one, dropped
  /// for HTTP/1.0. The session adds framing, Date and (HTTP/1) Connection; `fields` must not hold framing or
  /// hop-by-hop fields. The response to HEAD keeps `length` as its Content-Length and takes no body.
  virtual void send_head(int status, const Fields& fields, BodyLength length) = 0;
  /// Requires: a final head was sent (or the stream is a tunnel). All bytes are taken.
  virtual Pressure send_body(std::string_view bytes) = 0;
  /// How many bytes of the response may well be given at once: what several streams share bounds each.
  [[nodiscard]] virtual std::size_t room() const { return kMostBodyAtOnce; }
  /// Completes the response. The stream may be gone when this returns; the handler is not called again. A
  /// response with a known length that is not complete yet is an abort(). Ends a tunnel as a whole: what was
  /// sent is delivered, what the client still sends is dropped.
  virtual void send_end(const Fields& trailers) = 0;
  /// Tunnels only: ends our half in order once what was sent is delivered; what the client sends still comes.
  /// (After on_request_end() it is the other half that goes on.) The stream ends by send_end() or abort() as
  /// ever. A session that never offers an upgrade need not have it.
  virtual void send_half_end() {}
  /// Answers 101 with `fields` (Upgrade among them), over HTTP/2 200 (RFC 8441), and turns the stream into a
  /// tunnel of raw bytes: on_request_body and send_body carry them. Requires: RequestHead::wants_upgrade.
  virtual void send_upgrade(const Fields& fields) = 0;
  /// False stops on_request_body (and reading from the client); true goes on. Bodies start stopped: nothing
  /// of the body is delivered, and no 100 (Continue) is sent, until the first receive_body(true).
  virtual void receive_body(bool receive) = 0;
  /// Gives up: HTTP/1 closes the connection so that the client sees an incomplete message. The stream is
  /// gone.
  virtual void abort() = 0;

 protected:
  ~ServerStream() = default;
};

/// Owner of a server session: makes the handlers and is told of the end.
class ServerSessionOwner {
 public:
  /// A complete, valid request head. Returns its handler, which may already have answered by the time this
  /// returns; null if the stream was completely answered and needs no handler. `head` may be changed freely
  /// until the stream ends.
  virtual RequestHandler* on_request(ServerStream& stream, RequestHead& head) = 0;
  /// A request that is refused before it is one (400, 408, 414, 431, 501, 505): for the access log. The
  /// session answers.
  virtual void on_refused(int status, const Error& error) = 0;
  /// The connection is over; retire the session.
  virtual void on_session_end() = 0;

 protected:
  ~ServerSessionOwner() = default;
};

class ServerSession : public Retirable {
 public:
  /// Reads what is waiting already and goes on by itself.
  virtual void start() = 0;
  /// Finish what is running, take nothing new, end (drain): HTTP/1 closes others after the response, which
  /// says Connection: close. A client that was not told so, for its connection is idle or the response had
  /// begun, is waited for: what it has sent already is answered, and one request that it sends within
  /// `patience` (RFC 9112 section 9.6: a client cannot tell whether it was taken).
  virtual void drain(Duration patience = Duration(0)) = 0;
};

// ---------------------------------------------------------------------------------------------------- client
// side

/// What a client session tells about one response. Ends with on_response_end() or on_failed().
class ResponseHandler {
 public:
  /// Interim responses (status 1xx but 101) come here too, any number before the final one. Status 101: the
  /// stream is a tunnel from now on.
  virtual void on_response_head(ResponseHead& head) = 0;
  virtual void on_response_body(std::string_view bytes) = 0;
  /// How many bytes of the response may be read at once.
  [[nodiscard]] virtual std::size_t room() const { return kMostBodyAtOnce; }
  /// The response is complete; a tunnel has ended as a whole. The stream is gone.
  virtual void on_response_end(const Fields& trailers) = 0;
  /// Tunnels only: the origin ended its half; what is sent still reaches it. on_response_end() follows once
  /// our half, ended by send_end(), is delivered. A handler that asks for no upgrade need not have it.
  virtual void on_half_end() {}
  /// After Pressure::full: more of the request may be sent.
  virtual void on_request_writable() = 0;
  /// The exchange broke. Error::retry is safe if the origin cannot have acted on it (nothing sent, or a
  /// kept-alive connection was closed before any byte of an answer); of kind `refused` besides, if it said
  /// so itself (HTTP/2: REFUSED_STREAM, GOAWAY). The stream is gone.
  virtual void on_failed(Error error) = 0;

 protected:
  ~ResponseHandler() = default;
};

/// The transport's side of one request to an origin. Owned by its session; gone after on_response_end(),
/// on_failed() or cancel().
///
/// A request whose body is none or of no bytes is complete when it starts; send_end() then does nothing. If
/// the final response ends before the request does, the rest of the request is dropped and the connection not
/// used again.
class ClientStream {
 public:
  /// All bytes are taken. Requires: no more than a known length.
  virtual Pressure send_body(std::string_view bytes) = 0;
  /// Completes the request (tunnel: ends our side). A known length that is not complete yet fails the
  /// exchange.
  virtual void send_end(const Fields& trailers) = 0;
  /// False stops on_response_body (and reading from the origin); true goes on. Starts true.
  virtual void receive_body(bool receive) = 0;
  /// Gives up without further callbacks; HTTP/1 closes the connection, HTTP/2 resets the stream. Must be
  /// called if the handler dies first.
  virtual void cancel() = 0;

 protected:
  ~ClientStream() = default;
};

/// Told when a session has room again or must be thrown away. Implemented by the pool.
class ClientSessionOwner {
 public:
  /// The last exchange is over, or (HTTP/2) the connection is open for its first: it may serve another.
  virtual void on_idle() = 0;
  /// Exchanges run, and the connection may serve another beside them. A session that serves one at a time
  /// never says so.
  virtual void on_room() {}
  /// The connection is closed or must not be used again; retire the session.
  virtual void on_session_end() = 0;

 protected:
  ~ClientSessionOwner() = default;
};

/// What to send to an origin. Views must live until start() returns. `fields` are sent in order; Host first,
/// from `host`; the session adds framing. The request is HTTP/1.1 (or HTTP/2), whatever the client spoke.
struct OutgoingRequest {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  BodyLength body;
  /// Send `fields` with Connection: Upgrade; the Upgrade field itself is among `fields`, and for a WebSocket
  /// a key. Over HTTP/2 an extended CONNECT (RFC 8441); its answer is the same 101.
  bool upgrade = false;
  const Fields* fields = nullptr;
};

class ClientSession : public Retirable {
 public:
  /// Requires: is_open(); over HTTP/2 no upgrade but to `websocket`, which fails as `unsupported` without a
  /// word to an origin that did not say that it takes them. `handler` must outlive the stream.
  virtual ClientStream& start(const OutgoingRequest& request, ResponseHandler& handler) = 0;
  /// Whether another exchange may be started now.
  [[nodiscard]] virtual bool is_open() const = 0;
  /// It had better be left: used for new exchanges only where no other connection can be had.
  [[nodiscard]] virtual bool is_worn() const { return false; }
  virtual void set_owner(ClientSessionOwner* owner) = 0;
};

}  // namespace core
