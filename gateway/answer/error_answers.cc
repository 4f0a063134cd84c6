#include "gateway/answer/error_answers.h"

#include <utility>

#include "gateway/pages/json_error.h"
#include "gateway/pages/pages.h"

namespace gateway {
namespace {

class PageAnswers final : public ErrorAnswers {
 public:
  explicit PageAnswers(std::string title) : pages_(std::move(title)) {}

  [[nodiscard]] Reply answer(const Request& request, int status) const override {
    if (audience_of(request) == Audience::navigation) return pages_.error(request, status);
    return json_error(request, {status, {}, {}, {}});
  }

 private:
  Pages pages_;
};

}  // namespace

std::unique_ptr<ErrorAnswers> make_error_answers(std::string title) {
  return std::make_unique<PageAnswers>(std::move(title));
}

}  // namespace gateway
