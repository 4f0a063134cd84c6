#include "gateway/answer/error_answers.h"

#include <fmt/format.h>

#include <utility>

#include "core/http/message.h"

namespace gateway {
namespace {

class PageAnswers final : public ErrorAnswers {
 public:
  explicit PageAnswers(std::string title) : title_(std::move(title)) {}

  [[nodiscard]] Reply answer(const Request& request, int status) const override {
    Reply reply;
    reply.status = status;
    reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
    reply.body = fmt::format("{{\"error\":\"{}\",\"request_id\":\"{}\"}}\n", core::reason_phrase(status), request.id);
    return reply;
  }

 private:
  std::string title_;
};

}  // namespace

std::unique_ptr<ErrorAnswers> make_error_answers(std::string title) {
  return std::make_unique<PageAnswers>(std::move(title));
}

}  // namespace gateway
