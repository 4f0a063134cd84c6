#!/usr/bin/env bash
# Measures the request path beside nginx: tests/bench/run.sh [--rounds 5] [--seconds 3] [--connections 64] [--streams 16: HTTP/2]
# Needs wrk, nginx, strace, taskset, gcc, a release build, and a machine that does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for tool in wrk h2load nginx strace taskset gcc node; do
  command -v "$tool" >/dev/null || { echo "tests/bench needs $tool (apt-get install wrk nghttp2-client nginx-light strace util-linux gcc)"; exit 2; }
done
[ -x "${GATEWAY_BINARY:-build/release/gateway}" ] || { echo "no binary: cmake --preset release && cmake --build build/release"; exit 2; }
[ -d tests/e2e/node_modules ] || (cd tests/e2e && npm ci --no-audit --no-fund)
exec node tests/bench/bench.mjs "$@"
