#include "gateway/answer/compression.h"

#include <algorithm>
#include <array>

#include "core/http/characters.h"

namespace gateway {
namespace {

using core::FieldId;

constexpr std::array<std::string_view, 22> kTypes{"application/javascript",
                                                  "application/json",
                                                  "application/json-seq",
                                                  "application/jsonl",
                                                  "application/ndjson",
                                                  "application/rtf",
                                                  "application/sql",
                                                  "application/toml",
                                                  "application/vnd.ms-fontobject",
                                                  "application/wasm",
                                                  "application/x-javascript",
                                                  "application/x-ndjson",
                                                  "application/x-sh",
                                                  "application/x-yaml",
                                                  "application/xml",
                                                  "application/yaml",
                                                  "font/otf",
                                                  "font/ttf",
                                                  "image/bmp",
                                                  "image/vnd.microsoft.icon",
                                                  "image/x-icon",
                                                  "text/"};
constexpr std::array<std::string_view, 2> kSuffixes{"+json", "+xml"};
constexpr std::array<std::string_view, 4> kDigests{"Content-Digest", "Repr-Digest", "Digest", "Content-MD5"};

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && core::equals_ignoring_case(text.substr(0, start.size()), start);
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && core::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// Whether a comma list in any field of that name holds `token`, compared without case.
bool lists(const core::Fields& fields, std::string_view name, std::string_view token) {
  for (const core::Field& field : fields) {
    if (!core::equals_ignoring_case(field.name, name)) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      if (core::equals_ignoring_case(core::http_characters::next_element(list), token)) return true;
    }
  }
  return false;
}

bool is_shrinking_type(std::string_view value) {
  const std::string_view type = core::http_characters::trimmed(value.substr(0, value.find(';')));
  // gRPC frames and compresses its messages itself, and counts on the bytes as they are.
  if (begins_with(type, "application/grpc")) return false;
  const auto has_suffix = [type](std::string_view suffix) { return ends_with(type, suffix); };
  if (std::ranges::any_of(kSuffixes, has_suffix)) return true;
  return std::ranges::any_of(kTypes, [type](std::string_view known) {
    return known.ends_with('/') ? begins_with(type, known) : core::equals_ignoring_case(type, known);
  });
}

bool is_whole(int status) {
  return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
}

bool is_strong(std::string_view etag) {
  return etag.starts_with('"');
}

core::Field* field_of(core::Fields& fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [name](const core::Field& field) { return core::equals_ignoring_case(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

bool is_digest(std::string_view name) {
  return std::ranges::any_of(
      kDigests, [name](std::string_view digest) { return core::equals_ignoring_case(name, digest); });
}

bool is_compressible(const AnswerHead& answer) {
  const core::Fields& fields = answer.fields;
  if (!is_whole(answer.status) || answer.body.kind == core::BodyLength::Kind::none) return false;
  if (answer.body.kind == core::BodyLength::Kind::known && answer.body.bytes < kLeastToCompress) return false;
  if (fields.count(FieldId::content_type) != 1 || fields.has(FieldId::content_encoding)) return false;
  if (!is_shrinking_type(*fields.find(FieldId::content_type))) return false;
  const auto forbids = [](const core::Field& field) {
    return is_digest(field.name) || core::equals_ignoring_case(field.name, "Content-Range");
  };
  return std::ranges::none_of(fields, forbids) && !lists(fields, "Cache-Control", "no-transform");
}

core::ContentCoding coding_for(const core::RequestHead& request) {
  if (request.version == core::HttpVersion::http10) return core::ContentCoding::identity;
  if (lists(request.fields, "Cache-Control", "no-transform")) return core::ContentCoding::identity;
  return core::choose_coding(request.fields);
}

void add_vary(core::Fields& fields) {
  if (lists(fields, "Vary", "*") || lists(fields, "Vary", "Accept-Encoding")) return;
  fields.add("Vary", "Accept-Encoding");
}

void mark_coded(AnswerHead& answer, core::ContentCoding coding, std::string& etag) {
  answer.body = core::BodyLength::unknown();
  answer.fields.remove_if(
      [](const core::Field& field) { return core::equals_ignoring_case(field.name, "Accept-Ranges"); });
  answer.fields.add(FieldId::content_encoding, core::name_of(coding));
  core::Field* field = field_of(answer.fields, "ETag");
  if (field == nullptr || !is_strong(field->value)) return;
  etag.assign("W/").append(field->value);
  field->value = etag;
}

void weaken_not_modified(const core::RequestHead& request, core::Fields& fields, std::string& etag) {
  core::Field* field = field_of(fields, "ETag");
  if (field == nullptr || !is_strong(field->value)) return;
  etag.assign("W/").append(field->value);
  if (!lists(request.fields, "If-None-Match", etag)) return;
  field->value = etag;
  add_vary(fields);
}

}  // namespace gateway
