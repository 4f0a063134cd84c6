#include "core/kubernetes/service_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "core/kubernetes/line_reader.h"
#include "core/loop/wait.h"
#include "core/net/host_name.h"
#include "core/text/percent.h"

namespace core {
namespace {

constexpr int kPage = 100;
/// A page may be short, even empty, where others follow.
constexpr int kMostPages = 100;

SliceScope scope_of(const KubernetesApi& api, const KubernetesService& service) {
  std::string_view host = api.server().authority.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto fixed = fixed_addresses(host);
  const bool is_here =
      fixed && std::ranges::all_of(*fixed, [](const IpAddress& address) { return address.is_loopback(); });
  return {service.space, service.name, is_here};
}

std::string path_of(const KubernetesService& service, std::string_view more) {
  return fmt::format("/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices?labelSelector={}{}",
                     service.space, percent_encode("kubernetes.io/service-name=" + service.name), more);
}

/// All pages.
Flow<SliceList> list_slices(KubernetesApi* api, KubernetesService service) {
  const SliceScope scope = scope_of(*api, service);
  SliceList all;
  for (int pages = 0; pages < kMostPages; ++pages) {
    KubernetesApi::Call call;
    call.method = "GET";
    std::string more = fmt::format("&limit={}", kPage);
    if (!all.next.empty()) more += "&continue=" + percent_encode(all.next);
    call.path = path_of(service, more);
    const Json answer = co_await api->call(std::move(call));
    auto parsed = parse_slice_list(answer, scope);
    SliceList page = co_await std::move(parsed);
    std::ranges::move(page.slices, std::back_inserter(all.slices));
    all.version = std::move(page.version);
    all.next = std::move(page.next);
    if (all.slices.size() > ServiceWatch::kMostSlices)
      co_return failure(ErrorKind::too_large, Side::us,
                        fmt::format("kubernetes: over {} EndpointSlices", ServiceWatch::kMostSlices));
    if (all.next.empty()) co_return std::move(all);
  }
  co_return failure(ErrorKind::too_large, Side::us, "kubernetes: a list of too many pages");
}

Slices by_name(std::vector<EndpointSlice> slices) {
  Slices named;
  for (EndpointSlice& slice : slices) {
    std::string name = slice.name;
    named.insert_or_assign(std::move(name), std::move(slice));
  }
  return named;
}

}  // namespace

/// The lines of one watch.
class ServiceWatch::Stream final : public FetchSink {
 public:
  explicit Stream(ServiceWatch& watch) : watch_(watch), lines_(kMaxSliceBytes) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  Result<void> take(std::string_view bytes) override {
    Result<void> taken = lines_.take(bytes, [this](std::string_view line) { return take_line(line); });
    // What came before a line that is refused is as true as without it.
    watch_.take_up();
    if (!taken) refusal = taken.error();
    return taken;
  }

  std::optional<Error> refusal;

 private:
  Result<void> take_line(std::string_view line) {
    Result<SliceEvent> event = parse_slice_event(line, watch_.scope_);
    if (!event) return failure(std::move(event.error()));
    watch_.note_followed();
    EndpointSlice& slice = event->slice;
    if (!slice.version.empty()) watch_.version_ = slice.version;
    if (event->kind == SliceEvent::Kind::removed) watch_.slices_.erase(slice.name);
    if (event->kind != SliceEvent::Kind::put) return {};
    std::string name = slice.name;
    watch_.slices_.insert_or_assign(std::move(name), std::move(slice));
    if (watch_.slices_.size() <= kMostSlices) return {};
    return failure(ErrorKind::too_large, Side::us,
                   fmt::format("kubernetes: over {} EndpointSlices", kMostSlices));
  }

  ServiceWatch& watch_;
  LineReader lines_;
};

ServiceWatch::ServiceWatch(ServiceWatchParts parts, KubernetesService service, std::string zone,
                           std::function<void()> on_change)
    : parts_(std::move(parts)),
      service_(std::move(service)),
      scope_(scope_of(parts_.api, service_)),
      zone_(std::move(zone)),
      on_change_(std::move(on_change)) {
  known_.doubt = "the API has not said yet which endpoints it has";
}

void ServiceWatch::adopt(const ServiceWatch& before) {
  known_ = before.known_;
  is_attempted_ = before.is_attempted_;
}

void ServiceWatch::start() {
  following_.start(follow(), [](const Result<Done>&) {});
}

Flow<> ServiceWatch::follow() {
  for (;;) {
    const Result<Done> ended = co_await attempt(list_and_watch());
    note_end(ended.error());
    const Duration rest = pause();
    co_await sleep_for(parts_.loop, rest);
  }
}

/// Ends with an error, sooner or later.
Flow<> ServiceWatch::list_and_watch() {
  const Result<Done> listed = co_await attempt(list());
  if (!listed) is_watch_at_fault_ = false;
  if (!listed) co_await failure(listed.error());
  for (;;) {
    const SteadyTime begun = parts_.loop.now();
    const Result<Done> ended = co_await attempt(watch());
    const bool was_short = parts_.loop.now() - begun < kShortestWatch;
    if (!was_short) failures_ = 0;
    // A connection that broke says nothing of watches.
    is_watch_at_fault_ = was_short && !ended && ended.error().kind != ErrorKind::unavailable;
    if (!ended) co_await failure(ended.error());
    note_followed();
    const Duration rest = was_short ? kShortestWatch : Duration::zero();
    co_await sleep_for(parts_.loop, rest);
  }
}

Flow<> ServiceWatch::list() {
  SliceList all = co_await list_slices(&parts_.api, service_);
  slices_ = by_name(std::move(all.slices));
  version_ = std::move(all.version);
  if (!is_watch_at_fault_) note_followed();
  const bool is_first = !std::exchange(is_attempted_, true);
  take_up();
  if (is_first) on_change_();
  co_return done();
}

Flow<> ServiceWatch::watch() {
  KubernetesApi::Call call;
  call.method = "GET";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kWatchTime).count();
  call.path =
      path_of(service_, fmt::format("&watch=1&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={}",
                                    seconds, percent_encode(version_)));
  Stream stream(*this);
  FetchSink& sink = stream;
  const Result<Done> ended =
      co_await attempt(parts_.api.follow(std::move(call), sink, kWatchTime + kSilence));
  if (stream.refusal) co_await failure(std::move(*stream.refusal));
  if (!ended) co_await failure(ended.error());
  co_return done();
}

void ServiceWatch::take_up() {
  ServiceEndpoints now = choose_endpoints(slices_, service_, zone_);
  if (now == known_) return;
  if (!now.doubt.empty() && now.doubt != known_.doubt)
    parts_.log.warn(
        "a service cannot be used as it is",
        {{"service", service_.text()}, {"endpoints", now.endpoints.size()}, {"error", now.doubt}});
  known_ = std::move(now);
  parts_.log.debug("the endpoints of a service have changed",
                   {{"service", service_.text()}, {"endpoints", known_.endpoints.size()}});
  on_change_();
}

void ServiceWatch::note_followed() {
  if (std::exchange(is_complained_of_, false))
    parts_.log.info("the endpoints of a service are followed again", {{"service", service_.text()}});
}

void ServiceWatch::note_end(const Error& error) {
  const bool is_first = !std::exchange(is_attempted_, true);
  ++failures_;
  if (error.kind == ErrorKind::closed) {
    parts_.log.debug("the endpoints of a service are listed again",
                     {{"service", service_.text()}, {"error", error.text}});
  } else if (!std::exchange(is_complained_of_, true)) {
    parts_.log.warn(
        "the endpoints of a service cannot be followed; those known last are used",
        {{"service", service_.text()}, {"endpoints", known_.endpoints.size()}, {"error", error.text}});
  }
  if (error.kind == ErrorKind::closed && failures_ == 1) is_gone_ = true;
  if (is_first) on_change_();
}

/// None for the first 410: that is how a watch that was behind goes on.
Duration ServiceWatch::pause() {
  if (std::exchange(is_gone_, false)) return Duration::zero();
  const Duration longest = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_ - 1, 4U)));
  return std::chrono::duration_cast<Duration>(longest * (0.5 + parts_.chance() / 2));
}

Flow<ServiceEndpoints> list_endpoints(KubernetesApi& api, KubernetesService service, std::string zone) {
  SliceList all = co_await list_slices(&api, service);
  const Slices slices = by_name(std::move(all.slices));
  co_return choose_endpoints(slices, service, zone);
}

}  // namespace core
