// C++ names as people read them.
#include "core/profile/function_name.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace core {
namespace {

struct Row {
  std::string mangled;
  std::string name;
};

TEST_CASE("a name has neither parameters nor template arguments, nor what a compiler adds") {
  const std::vector<Row> rows{
      {"_ZN4core4Loop4turnEb", "core::Loop::turn"},
      {"main", "main"},
      {"__libc_start_main", "__libc_start_main"},
      // std::vector<int, std::allocator<int> >::push_back(int const&)
      {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back"},
      // gateway::(anonymous namespace)::read(std::string_view)
      {"_ZN7gateway12_GLOBAL__N_14readESt17basic_string_viewIcSt11char_traitsIcEE", "gateway::read"},
      // std::function<void (int)>::operator()(int) const
      {"_ZNKSt8functionIFviEEclEi", "std::function::operator()"},
      // std::ostream& std::operator<< <std::char_traits<char> >(std::ostream&, char const*)
      {"_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<"},
      // a coroutine of g++: core::run(core::run(int)::_Z...Frame*) [clone .actor]
      {"_ZN4core3runEi.actor", "core::run"},
      {"_ZN4core3runEi.resume", "core::run"},
      {"gateway+0x12ab", "gateway+0x12ab"},
      {"a b;c", "a_b_c"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.mangled);
    CHECK(function_name(row.mangled) == row.name);
  }
}

TEST_CASE("a name is bounded and one word") {
  CHECK(function_name(std::string(5000, 'x')).size() == kMostNameBytes);
  for (const char odd : {'\n', '\t', ';', '\x01'})
    CHECK(function_name(std::string("a") + odd + "b") == "a_b");
}

}  // namespace
}  // namespace core
