# What tests in shell share: sourced by tests/*/run.sh, which judge by `must` and end with `finish NAME`.
passed=0 failed=0

# must NAME COMMAND…: counts it, and shows the end of its output if it fails.
must() {
  local name=$1 words
  shift
  if words=$("$@" 2>&1); then
    passed=$((passed + 1))
    printf 'ok   %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n%s\n' "$name" "$(tail -n 40 <<<"$words" | sed 's/^/     /')"
  fi
}

# says WORDS COMMAND…: its output has the words, whatever its status.
says() {
  local words=$1 output
  shift
  output=$("$@" 2>&1)
  grep -qF -- "$words" <<<"$output" || { printf '%s\n' "$output"; return 1; }
}

finish() {
  printf '%s: %d passed, %d failed\n' "$1" "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}
