#include "core/base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/utf8.h"

namespace core {
namespace {

/// The three escapes that the format knows; what is no UTF-8 would make the whole answer unreadable.
void append_label(std::string& out, std::string_view value) {
  const bool is_text = is_valid_utf8(value);
  for (const char c : value) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '"') {
      out.append("\\\"");
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(is_text || static_cast<unsigned char>(c) < 0x80 ? c : '?');
    }
  }
}

}  // namespace

void Histogram::note(double seconds) {
  const auto place = std::ranges::lower_bound(bounds_, seconds) - bounds_.begin();
  counts_[static_cast<std::size_t>(place)].add();
  sum_.store(sum_.load(std::memory_order_relaxed) + seconds, std::memory_order_relaxed);
}

void Histogram::add_to(HistogramSum& sum) const {
  for (std::size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i].value();
  sum.sum += sum_.load(std::memory_order_relaxed);
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::begin_sample(std::string_view suffix, Labels labels, std::string_view bound) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    text_.push_back(std::exchange(before, ','));
    text_.append(name).append("=\"");
    append_label(text_, value);
    text_.push_back('"');
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!bound.empty()) add("le", bound);
  text_.append(before == '{' ? " " : "} ");
}

void MetricsText::sample(Labels labels, std::uint64_t value) {
  begin_sample("", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricsText::sample(Labels labels, double value) {
  begin_sample("", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricsText::histogram(Labels labels, std::span<const double> bounds, const HistogramSum& sum) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    count += sum.counts[i];
    begin_sample("_bucket", labels, fmt::format("{}", bounds[i]));
    fmt::format_to(std::back_inserter(text_), "{}\n", count);
  }
  count += sum.counts[bounds.size()];
  begin_sample("_bucket", labels, "+Inf");
  fmt::format_to(std::back_inserter(text_), "{}\n", count);
  begin_sample("_sum", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", sum.sum);
  begin_sample("_count", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", count);
}

}  // namespace core
