// Names of functions by address, and files that are not what they should be.
#include "core/profile/symbols.h"

#include <doctest/doctest.h>

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/profile/function_name.h"

namespace core {
namespace {

__attribute__((noinline)) int somewhere(int value) {
  return value + 1;
}

std::uintptr_t address_of(int (*function)(int)) {
  return reinterpret_cast<std::uintptr_t>(function);
}

TEST_CASE("functions of the program and of its libraries have their names") {
  CHECK(somewhere(1) == 2);
  const Symbols symbols;
  CHECK(function_name(symbols.name_of(address_of(&somewhere))) == "core::somewhere");
  CHECK(function_name(symbols.name_of(address_of(&somewhere) + 1)) == "core::somewhere");
  const auto library = reinterpret_cast<std::uintptr_t>(&std::qsort);
  CHECK(symbols.name_of(library).contains("qsort"));
}

TEST_CASE("an address without a name is one still") {
  const Symbols symbols;
  CHECK(symbols.name_of(1) == "0x1");
  CHECK(symbols.name_of(~std::uintptr_t{0}).starts_with("0x"));
}

TEST_CASE("a file that is no whole program has the functions that it has") {
  CHECK(read_functions("").empty());
  CHECK(read_functions("#!/bin/sh\n").empty());
  CHECK(MappedFile("/nonexistent").bytes().empty());
  const MappedFile program("/proc/self/exe");
  const std::string_view whole = program.bytes();
  REQUIRE(whole.size() > sizeof(Elf64_Ehdr));
  const auto functions = read_functions(whole);
  CHECK(functions.size() > 100);
  CHECK(std::ranges::is_sorted(functions, {}, &FunctionSymbol::begin));
  for (std::size_t part = 1; part < 64; ++part)
    CHECK(read_functions(whole.substr(0, whole.size() * part / 64)).size() <= functions.size());
  std::string head(whole.substr(0, 4096));
  for (std::size_t i = 0; i < sizeof(Elf64_Ehdr); ++i) {
    for (const unsigned char byte : {0x00, 0x7f, 0xff}) {
      std::string broken = head;
      broken[i] = static_cast<char>(byte);
      CHECK(read_functions(broken).empty());
    }
  }
}

}  // namespace
}  // namespace core
