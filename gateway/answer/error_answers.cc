#include "gateway/answer/error_answers.h"

#include <utility>

#include "gateway/pages/json_error.h"

namespace gateway {
namespace {

class PageAnswers final : public ErrorAnswers {
 public:
  explicit PageAnswers(std::shared_ptr<const Pages> pages) : pages_(std::move(pages)) {}

  [[nodiscard]] Reply answer(const Request& request, int status) const override {
    if (audience_of(request) == Audience::navigation) return pages_->error(request, status);
    return json_error(request, {status, {}, {}, {}});
  }

 private:
  std::shared_ptr<const Pages> pages_;
};

}  // namespace

std::unique_ptr<ErrorAnswers> make_error_answers(std::shared_ptr<const Pages> pages) {
  return std::make_unique<PageAnswers>(std::move(pages));
}

}  // namespace gateway
