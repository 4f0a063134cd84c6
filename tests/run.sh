#!/usr/bin/env bash
# Everything that shows whether the project works, from a fresh clone on Debian 12. The last line is "N passed, N failed".
#
#   tests/run.sh             packages, release build, lint, unit tests, end-to-end tests
#   tests/run.sh --all       also sanitizers, fuzzers, clang-tidy, clang-format, mutants, each header alone; of the mutants, and for
#                            clang-tidy of the files that did not change of late, a fifth: another with each commit
#   tests/run.sh --thorough  all of --all, and of those too all (10 minutes more)
#   --no-install             do not look for packages      --jobs N   processes at once (default: usable cores)
#
# Needs root or sudo only to install what tests/packages.txt names and is missing. A step that fails does not stop the
# others; its output is shown, and the run ends with status 1. Logs of all steps: build/test-logs/.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 2
all=no install=yes part=5 jobs=$(nproc)
while [ $# -gt 0 ]; do
  case "$1" in
    --all) all=yes ;;
    --thorough) all=yes part=1 ;;
    --no-install) install=no ;;
    --jobs) jobs=$2; shift ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift
done

mkdir -p build/test-logs
# Two runs in one checkout would build into each other's folders.
exec 9>build/test-logs/lock
flock -n 9 || { echo "another tests/run.sh is at work in this checkout; waiting"; flock 9; }

passed=0 failed=0 failures=() began=$SECONDS
export CCACHE_BASEDIR="$top" CCACHE_NOHASHDIR=1
command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=ccache

# step NAME COMMAND…: runs it with its output in a log. Its last "…: N passed, N failed" is added to the sums; without such
# a line, only a failure counts, as one.
step() {
  local name=$1 log began_step=$SECONDS status counts good=0 bad=0
  shift
  log="build/test-logs/${name//[^a-zA-Z0-9]/-}.log"
  printf '== %s\n' "$name"
  "$@" >"$log" 2>&1 9>&-
  status=$?
  counts=$(grep -aoE '[0-9]+( rules)? passed, [0-9]+ failed$' "$log" | tail -n 1)
  [ -n "$counts" ] && read -r good bad < <(sed -E 's/ (rules )?passed,//; s/ failed//' <<<"$counts")
  [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  passed=$((passed + good)) failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then
    failures+=("$name")
    tail -n 400 "$log"
    printf -- '-- %s FAILED after %d s (whole output: %s)\n' "$name" $((SECONDS - began_step)) "$log"
    return 1
  fi
  grep -aE '^skip ' "$log"
  printf -- '-- %s: %s in %d s\n' "$name" "${counts:-done}" $((SECONDS - began_step))
}

install_packages() {
  local kinds=()
  [ "$all" = yes ] && kinds=(all)
  tests/packages.sh "${kinds[@]}"
}

install_node_packages() {
  # npm ci starts by deleting: only when the lock file has changed since.
  [ tests/e2e/node_modules/.package-lock.json -nt tests/e2e/package-lock.json ] && { echo "unchanged"; return 0; }
  (cd tests/e2e && npm ci --no-audit --no-fund)
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" && cmake --build "build/$preset" -j "$jobs" -- "$@"
}

units() { tests/units.py "build/$1" --jobs "$jobs" --limit "$2"; }

# e2e PRESET PATIENCE [OPTION…]: a test waits a part of its time, so one file more than there are cores.
e2e() {
  local preset=$1 patience=$2
  shift 2
  GATEWAY_BINARY="$top/build/$preset/gateway" GATEWAY_E2E_PATIENCE=$patience node tests/e2e/run.mjs --jobs "$((jobs + 1))" "$@"
}

# Files in which browsers and other programs do most of the work; what the gateway does there, others have it do, too.
of_browsers=browser,demo,keyboard,manual,real_apps
# Files in which one client at a time looks at pages, a command runs by itself, or control works alone: no threads to race.
one_at_a_time=$of_browsers,acme_broken_store,acme_clock,acme_dns,acme_front,acme_hostile,acme_names,acme_peers,acme_records,acme_storage,break_glass,certification,cli,examples,explain,import,kubernetes,manifests,online,pages,profile

sanitized() {
  # halt_on_error: what a sanitizer says must fail the test in which it says it.
  # Freed memory is kept back for a while; the default of 256 MiB would hide what tests of memory look at.
  export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:abort_on_error=0:quarantine_size_mb=8 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"
  "$@"
}

clang_format() {
  git ls-files '*.cc' '*.h' | xargs -r clang-format-19 --dry-run --Werror && echo "format: 1 passed, 0 failed"
}

build_clang() { cmake --preset clang; }

[ "$install" = yes ] && step "packages" install_packages
step "node packages" install_node_packages
step "lint's own tests" python3 -B tests/lint/lint_test.py
step "lint" python3 -B tests/lint/lint.py
if step "build (release)" build release; then
  step "unit tests" units release 300
  step "end-to-end tests" e2e release 1
fi

if [ "$all" = yes ]; then
  step "format" clang_format
  step "headers alone" python3 -B tests/lint/lint.py --compile
  if step "build (address and undefined-behaviour sanitizers, fuzzers)" build debug; then
    step "unit tests, sanitized" sanitized units debug 600
    step "fuzzers" sanitized tests/fuzz/run.py build/debug --jobs "$((jobs + 1))"
    step "end-to-end tests, sanitized" sanitized e2e debug 4 --but "$of_browsers"
  fi
  if step "build (thread sanitizer)" build tsan gateway; then
    step "end-to-end tests, thread sanitizer" sanitized e2e tsan 6 --but "$one_at_a_time"
  fi
  step "clang-tidy database" build_clang && step "clang-tidy" python3 -B tests/lint/tidy.py build/clang --jobs "$jobs" --part "$part"
  [ "$(id -u)" -eq 0 ] && step "debian package" tests/package/run.sh
  [ "$(id -u)" -eq 0 ] && step "image" tests/image/run.sh
  step "mutants" python3 -B tests/mutants/run.py --jobs "$jobs" --part "$part"
fi

printf '\n%d s in all\n' $((SECONDS - began))
[ ${#failures[@]} -gt 0 ] && printf 'failed: %s\n' "${failures[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
