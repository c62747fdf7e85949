# Counts the steps of a lane; for run.sh to source. Each step prints a line with its label, the last
# line counts them. `work` is a folder for what a step prints.
passed=0 failed=0 skipped=0 label='' work=''

say() { echo "$@" >&2; }

# pass|fail|skip|info TEXT
pass() { passed=$((passed + 1)); echo "ok    $label: $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $label: $1"; }
skip() { skipped=$((skipped + 1)); echo "skip  $label: $1"; }
info() { echo "info  $label: $1"; }

# check TEXT EXIT [WORDS] -- COMMAND...: the exit code, and words in what the command prints
check() {
  local text=$1 expected=$2 words='' code
  shift 2
  if [ "$1" != -- ]; then words=$1; shift; fi
  shift
  "$@" > "$work/out" 2>&1 < /dev/null
  code=$?
  if [ "$code" -eq "$expected" ] && { [ -z "$words" ] || grep -qF -- "$words" "$work/out"; }; then
    pass "$text"
  else
    fail "$text (exit $code, expected $expected${words:+ with \"$words\"})"
    sed 's/^/      | /' "$work/out" | tail -40
    return 1
  fi
}

# Builds the tests of the program and tells where they are.
tests_of_the_program() {
  cargo test --quiet --package datalake-tests --test it --no-run --message-format json |
    grep -o '"executable":"[^"]*/it-[^"]*"' | cut -d'"' -f4
}

# The last line; whether nothing failed and something was done.
counted() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}
