// A Kubernetes API server as far as Secrets and Leases of one namespace go, behind the HttpClient: the paths,
// objects, lists, statuses and conflicts of the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/http/client.h"
#include "core/text/json.h"

namespace tests {

class FakeKubernetes final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override;

  std::string token = "first";
  std::size_t page = 2;  ///< objects in one answer to a list, whatever is asked for
  bool is_down = false;
  std::string nonsense;                ///< answered with 200 to everything, unless empty
  const core::Clock* clock = nullptr;  ///< of its own, said with each answer; null: it says none
  int forbidden = 0;                   ///< answers 403 so often
  int gone = 0;                        ///< answers 410 to so many pages of lists behind the first
  bool is_endless = false;             ///< each page of a list says that another follows
  std::function<void()>
      before_write;              ///< called once, before the next write: what another replica does meanwhile
  std::vector<std::string> log;  ///< "GET /path"
  std::map<std::string, core::Json> objects;  ///< by path

 private:
  core::FetchResponse answer(const core::FetchRequest& request);
  core::FetchResponse list(const core::FetchRequest& request);
  core::FetchResponse apply(const core::FetchRequest& request);
  core::FetchResponse create(const core::FetchRequest& request);
  core::FetchResponse replace(const core::FetchRequest& request);
  core::FetchResponse store(const std::string& path, core::Json object, int status);
  std::int64_t version_ = 100;
};

}  // namespace tests
