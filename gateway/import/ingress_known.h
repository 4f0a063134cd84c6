// Every annotation of ingress-nginx (its documentation, nginx-configuration/annotations), and what becomes of
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

enum class AnnotationFate : std::uint8_t {
  read,     ///< ingress_rules.cc and ingress_format.cc read it
  ours,     ///< means nothing here, or the gateway does it by itself
  lost,     ///< not carried over; nobody gets in by that
  closing,  ///< not carried over, and it kept somebody out: nobody passes
};

struct KnownAnnotation {
  std::string_view name;  ///< without the prefix
  AnnotationFate fate = AnnotationFate::read;
  std::string_view mend = {};
};

/// Null: not known.
const KnownAnnotation* known_annotation(std::string_view name);

/// Whether a piece of nginx's configuration has only directives that decide about nobody.
bool is_harmless_snippet(const std::string& snippet);

}  // namespace gateway
