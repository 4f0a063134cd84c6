#!/usr/bin/env bash
# Measures the gateway beside nginx, HAProxy, Caddy, Apache and nghttpx in interleaved runs of the same load. What the numbers mean:
# tests/bench/README.md.
#
#   tests/bench/run.sh                    all scenarios, 5 rounds (about 40 minutes)
#   --only A,B                            scenarios: A B G C D W F R P     --rounds N     --seconds N     --quick: 2 rounds of 1 s
#   --proxies gateway,haproxy             beside nginx and its twin, which always run
#   --other PATH                          another build of the gateway beside, to see what a change did
#   --counts no                           no system calls and allocations (A and B)
#   --no-install                          do not look for packages (must stand first)
#
# Needs a release build and two cores that do nothing else. Installs the "bench" packages of tests/packages.txt that are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ "${1:-}" = --no-install ]; then shift; else tests/packages.sh bench >&2; fi
export PATH="$PATH:/usr/sbin"
[ -x "${GATEWAY_BINARY:-build/release/gateway}" ] || { echo "no binary: cmake --preset release && cmake --build build/release"; exit 2; }
[ -d tests/e2e/node_modules ] || (cd tests/e2e && npm ci --no-audit --no-fund)
# Eight thousand idle connections, on either side of a proxy.
ulimit -n "$(ulimit -Hn)"
exec node tests/bench/bench.mjs "$@"
