// The last step of an order: its certificate, the chain that is wanted, and whether it is what was ordered.
#include <algorithm>
#include <utility>

#include "tls/acme/certificate_request.h"
#include "tls/acme/order.h"
#include "tls/certificate.h"
#include "tls/certificate_trial.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

constexpr int kMaxDownloads = 4;
constexpr std::size_t kMaxAlternates = 4;

}  // namespace

Flow<std::string> OrderRun::fetch_chain(core::Url url, std::vector<std::string>& alternates) {
  for (int tries = 1;; ++tries) {
    Result<AcmeAnswer> answer = co_await attempt(post(url, ""));
    if (answer && !answer->problem) {
      alternates = links_of(answer->response, "alternate");
      co_return std::move(answer->response.body);
    }
    if (tries == kMaxDownloads && answer) co_return refused(*answer->problem, "the certificate");
    if (tries == kMaxDownloads) co_return core::failure(std::move(answer.error()));
    std::optional<core::Duration> said;
    if (answer) said = answer->retry_after;
    co_await pause(said);
  }
}

Result<core::Done> OrderRun::check_chain(const std::string& chain) const {
  CertificateText text;
  text.chain = chain;
  text.key = record_.key;
  text.source = "the certificate that was issued";
  const Result<CertificatePointer> certificate = Certificate::parse(text);
  Result<core::Done> usable = core::done();
  if (certificate) {
    usable = try_out(**certificate);
  } else {
    usable = core::failure(certificate.error());
  }
  if (!usable) {
    core::Error error = std::move(usable.error());
    error.side = core::Side::authority;
    error.retry = core::Retry::later;
    return core::failure(std::move(error));
  }
  return check_issued(**certificate, request_.names, tools_.client.loop().clock().wall());
}

Flow<std::string> OrderRun::download(AcmeOrder order) {
  std::vector<std::string> alternates;
  std::string chain = co_await fetch_chain(*order.certificate, alternates);
  Result<core::Done> checked = check_chain(chain);
  if (!checked) {
    // A certificate that cannot be used does not become usable: the next attempt begins another order.
    co_await tools_.journal.clear();
    co_return core::failure(std::move(checked.error()));
  }
  if (request_.preferred_issuer.empty() || top_issuer(chain) == request_.preferred_issuer) {
    co_return std::move(chain);
  }
  std::size_t left = kMaxAlternates;
  for (const std::string& link : alternates) {
    const Result<core::Url> url = tools_.client.hosts().checked(link);
    if (!url || left-- == 0) break;
    std::vector<std::string> ignored;
    Result<std::string> other = co_await attempt(fetch_chain(*url, ignored));
    if (other && check_chain(*other) && top_issuer(*other) == request_.preferred_issuer) {
      co_return std::move(*other);
    }
  }
  tools_.log.warn("the authority offers no chain from the preferred issuer; serving its own choice",
                  {{"preferred", request_.preferred_issuer}, {"issuer", top_issuer(chain)}});
  co_return std::move(chain);
}

}  // namespace tls
