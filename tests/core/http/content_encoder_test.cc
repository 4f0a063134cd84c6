// Encoders: what comes out decodes to what went in, in pieces as they were flushed; lent and used again.
// gzip is read back by zlib; brotli and zstd by the tools of their own in tests/e2e, and here by their shape.
#include "core/http/content_encoder.h"

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>

#include "core/http/content_encoders.h"

namespace core {
namespace {

using Upto = ContentEncoder::Upto;

constexpr std::array kCodings{ContentCoding::zstd, ContentCoding::brotli, ContentCoding::gzip};

std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 31) == Z_OK);
  std::string out(1024UL * 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  CHECK((result == Z_OK || result == Z_STREAM_END));
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string unzstd(std::string_view bytes) {
  ZSTD_DCtx* state = ZSTD_createDCtx();
  std::string out(1024UL * 1024, '\0');
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (input.pos < input.size) {
    const std::size_t left = ZSTD_decompressStream(state, &output, &input);
    REQUIRE(ZSTD_isError(left) == 0);
  }
  out.resize(output.pos);
  ZSTD_freeDCtx(state);
  return out;
}

std::string decoded(ContentCoding coding, std::string_view bytes) {
  return coding == ContentCoding::gzip ? gunzip(bytes) : unzstd(bytes);
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text.append("line ").append(std::to_string(i * 7919)).append("\n");
  return text;
}

}  // namespace

TEST_CASE("what was flushed can be decoded, before there is more") {
  for (const ContentCoding coding : {ContentCoding::zstd, ContentCoding::gzip}) {
    CAPTURE(name_of(coding));
    const auto encoder = make_content_encoder(coding);
    REQUIRE(encoder != nullptr);
    std::string out;
    REQUIRE(encoder->encode("first ", Upto::here, out));
    REQUIRE(encoder->encode("second", Upto::flush, out));
    CHECK(decoded(coding, out) == "first second");
    REQUIRE(encoder->encode(" third", Upto::flush, out));
    CHECK(decoded(coding, out) == "first second third");
    REQUIRE(encoder->encode("", Upto::flush, out));
    REQUIRE(encoder->encode("", Upto::end, out));
    CHECK(decoded(coding, out) == "first second third");
  }
}

TEST_CASE("every coding makes text smaller, in whatever pieces it comes") {
  const std::string text = lines(20'000);
  for (const ContentCoding coding : kCodings) {
    for (const std::size_t piece : {1000UL, 16'384UL, 70'000UL, 1'000'000UL}) {
      CAPTURE(name_of(coding));
      CAPTURE(piece);
      const auto encoder = make_content_encoder(coding);
      std::string out;
      for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view part = std::string_view(text).substr(at, piece);
        REQUIRE(encoder->encode(part, at % 3 == 0 ? Upto::flush : Upto::here, out));
      }
      REQUIRE(encoder->encode("", Upto::end, out));
      CHECK(out.size() < text.size() / 2);
      if (coding != ContentCoding::brotli) CHECK(decoded(coding, out) == text);
    }
  }
}

TEST_CASE("a piece that does not shrink costs little more than itself") {
  std::string noise;
  std::uint64_t state = 1;
  for (int i = 0; i < 64 * 1024; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    noise.push_back(static_cast<char>(state >> 56));
  }
  for (const ContentCoding coding : kCodings) {
    CAPTURE(name_of(coding));
    const auto encoder = make_content_encoder(coding);
    for (int i = 0; i < 4; ++i) {
      std::string out;
      REQUIRE(encoder->encode(noise, Upto::flush, out));
      CHECK(out.size() < noise.size() + 1024);
    }
  }
}

TEST_CASE("a body of no bytes is a whole body") {
  for (const ContentCoding coding : kCodings) {
    const auto encoder = make_content_encoder(coding);
    std::string out;
    REQUIRE(encoder->encode("", Upto::end, out));
    CHECK_FALSE(out.empty());
    if (coding != ContentCoding::brotli) CHECK(decoded(coding, out).empty());
  }
}

TEST_CASE("an encoder that is used again keeps nothing of the body before, broken off or not") {
  for (const ContentCoding coding : kCodings) {
    CAPTURE(name_of(coding));
    ContentEncoders encoders;
    std::string fresh;
    for (const bool is_whole : {true, false, true}) {
      auto encoder = encoders.take(coding);
      REQUIRE(encoder != nullptr);
      std::string out;
      REQUIRE(encoder->encode("hello hello hello", Upto::end, out));
      if (fresh.empty()) fresh = out;
      CHECK(out == fresh);
      REQUIRE(encoder->reset());
      REQUIRE(encoder->encode("a secret of somebody else", is_whole ? Upto::end : Upto::here, out));
      encoders.give(coding, std::move(encoder));
    }
  }
}

TEST_CASE("only so many encoders are lent, and given back they are lent again") {
  ContentEncoders encoders;
  std::vector<std::unique_ptr<ContentEncoder>> lent;
  for (std::size_t i = 0; i < ContentEncoders::kMost; ++i) lent.push_back(encoders.take(ContentCoding::gzip));
  CHECK(lent.back() != nullptr);
  CHECK(encoders.take(ContentCoding::gzip) == nullptr);
  CHECK(encoders.take(ContentCoding::zstd) == nullptr);
  encoders.give(ContentCoding::gzip, std::move(lent.back()));
  lent.pop_back();
  lent.push_back(encoders.take(ContentCoding::zstd));
  CHECK(lent.back() != nullptr);
  CHECK(encoders.in_use() == ContentEncoders::kMost);
}

}  // namespace core
