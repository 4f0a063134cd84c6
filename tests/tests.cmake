# One doctest executable a folder of tests, each beside the layer it tests; `ninja all_tests` builds them all.
enable_testing()
find_package(doctest REQUIRED)
add_custom_target(all_tests)
# Links in a tenth of the time, of which a hundred executables take minutes otherwise; nothing here ships.
set(test_link_options -fuse-ld=gold $<$<NOT:$<CONFIG:Debug>>:-Wl,--strip-debug>)
add_custom_target(fuzzers)

# The code under test is optimised as it ships; the tests themselves need not be, and compile in half the time.
set(test_compile_options -O0 -g1 -U_FORTIFY_SOURCE)
if(GATEWAY_PRECOMPILE)
  add_library(precompiled_tests STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(precompiled_tests PRIVATE build_rules fmt::fmt)
  target_compile_options(precompiled_tests PRIVATE ${test_compile_options})
  target_precompile_headers(precompiled_tests PRIVATE ${common_headers})
endif()

function(add_unit_tests folder layer)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/${folder}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  file(GLOB support CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/${folder}/support/*.cc)
  string(REPLACE "/" "_" name ${folder})
  add_executable(${name}_test ${sources} ${support} ${CMAKE_CURRENT_SOURCE_DIR}/tests/support/doctest_main.cc)
  target_link_libraries(${name}_test PRIVATE ${layer} fmt::fmt)
  target_compile_options(${name}_test PRIVATE ${test_compile_options})
  use_precompiled(${name}_test precompiled_tests)
  target_link_options(${name}_test PRIVATE ${test_link_options})
  add_test(NAME ${name}_test COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  add_dependencies(all_tests ${name}_test)
endfunction()

# What tests of several gateway folders share: a browser with a cookie jar, providers of our own.
file(GLOB gateway_support CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/gateway/support/*.cc)
add_library(gateway_test_support STATIC EXCLUDE_FROM_ALL ${gateway_support})
target_link_libraries(gateway_test_support PUBLIC gateway_answer_layer PRIVATE fmt::fmt)

foreach(folder core/base core/text core/crypto core/loop core/net core/http core/kubernetes core/storage core/profile config tls tls/acme tls/issue
        gateway/model gateway/pages gateway/session gateway/oidc gateway/guard gateway/upstream gateway/answer
        gateway/demo gateway/import gateway/run)
  string(REPLACE "/" "_" name ${folder})
  add_unit_tests(${folder} ${name}_layer)
  if(TARGET ${name}_test AND folder MATCHES "^gateway/(session|oidc|guard|answer|run)$")
    target_link_libraries(${name}_test PRIVATE gateway_test_support)
  endif()
endforeach()

# What was imported is asked, as `gateway explain` asks it, who may do what.
if(TARGET gateway_import_test)
  target_link_libraries(gateway_import_test PRIVATE gateway_run_layer)
endif()

if(TARGET tls_acme_test)
  target_link_libraries(tls_acme_test PRIVATE PkgConfig::openssl)
endif()

# Keepers order at the authority that the protocol's tests have.
if(TARGET tls_issue_test)
  target_sources(tls_issue_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/tests/tls/acme/support/fake_authority.cc)
  target_link_libraries(tls_issue_test PRIVATE PkgConfig::openssl)
endif()

# Its HTTP/2 clients write the frames that those of core/http write.
if(TARGET gateway_run_test)
  target_sources(gateway_run_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/tests/core/http/support/h2_frames.cc)
  target_link_libraries(gateway_run_test PRIVATE PkgConfig::nghttp2)
endif()

# A fuzz target is tests/fuzz/NAME_fuzz.cc with its corpus in tests/fuzz/corpus/NAME/. Without GATEWAY_FUZZ the same
# source is linked with a small driver that replays the corpus, so every build keeps what fuzzing once found.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/*_fuzz.cc)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" corpus ${name})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE gateway_run_layer fmt::fmt)
  target_link_options(${name} PRIVATE ${test_link_options})
  if(GATEWAY_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name}_replay COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/${corpus})
  endif()
  add_dependencies(all_tests ${name})
  add_dependencies(fuzzers ${name})
endforeach()
