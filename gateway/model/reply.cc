#include "gateway/model/reply.h"

namespace gateway {

Reply redirect_to(int status, std::string location) {
  Reply reply;
  reply.status = status;
  reply.fields.emplace_back("Location", std::move(location));
  reply.fields.emplace_back("Cache-Control", "no-store");
  reply.fields.emplace_back("Referrer-Policy", "no-referrer");
  return reply;
}

}  // namespace gateway
