// What gRPC asks of an intermediary's own answers: a client of it reads grpc-status, and little else. Calls
// and answers that pass are HTTP/2 like any other (trailers, te: trailers); nothing here touches those.
#pragma once

#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

/// Whether the request is a call of gRPC (content-type application/grpc and its variants, gRPC-Web too).
bool is_grpc(const Request& request);

/// The grpc-status (0 to 16) that says what the HTTP status of a refusal says.
int grpc_status_of(int http_status);

/// A refusal as a Trailers-Only answer (PROTOCOL-HTTP2): 200 with grpc-status and grpc-message, no body.
/// Other fields stay, but those of the body. Requires: is_grpc().
Reply as_grpc(Reply refusal, const Request& request);

}  // namespace gateway
