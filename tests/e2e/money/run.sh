#!/bin/bash
# What commands about money do with large buckets, kills and browsers.
#   usage: run.sh [kills] [page] [many] [assets] [million]     in the workspace root; all without an argument
#   SCREENSHOTS=DIR keeps the pictures of the page there; PROGRAM=FILE is tried instead of a release build
# Needs root, apt, npm and a network once; what it installs beside packages stays in target/e2e.
# Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/money
passed=0 failed=0 work='' serving=''
for name in $(compgen -e | grep -E '^(AWS_|DATALAKE_)'); do unset "$name"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 XDG_STATE_HOME=/nonexistent

say() { echo "$@" >&2; }
pass() { passed=$((passed + 1)); echo "ok    $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $1"; }
# check TEXT COMMAND...: that it ends with 0; what it prints last is told
check() {
  local text=$1
  shift
  if "$@" > "$work/out" 2>&1; then
    pass "$text: $(tail -1 "$work/out")"
  else
    fail "$text"
    sed 's/^/      | /' "$work/out" | tail -40
  fi
}

end_service() {
  [ -n "$serving" ] || return 0
  kill "$serving" 2> /dev/null
  wait "$serving" 2> /dev/null
  serving=''
}
stop() {
  end_service
  [ -z "$work" ] || rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install() {
  local missing=() package
  for package in chromium fonts-dejavu-core faketime strace nodejs npm python3; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' && continue
    # Node may have come another way.
    case $package in nodejs) command -v node > /dev/null && continue ;; npm) command -v npm > /dev/null && continue ;; esac
    missing+=("$package")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    say "installing ${missing[*]}"
    apt-get update -qq > "$cache/apt.log" 2>&1 &&
      DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        "${missing[@]}" >> "$cache/apt.log" 2>&1 || return 1
  fi
  [ -d "$cache/node_modules/axe-core" ] && [ -d "$cache/node_modules/puppeteer-core" ] && return 0
  say "installing axe-core and puppeteer-core"
  (cd "$cache" && npm install --silent --no-audit --no-fund axe-core@4 puppeteer-core@24 > npm.log 2>&1)
}

datalake() { "$program" --sandbox="$sandbox" "$@"; }

# A bucket in a new sandbox; what is in it is written past the service.
new_bucket() {
  sandbox=$work/$1
  datalake bucket create sandbox-dagster-assets > "$work/out" 2>&1 || cat "$work/out"
}

# The program is killed at each call with which it changes a file; the history stays whole.
kills() {
  local call=0 killed=0 known calls
  calls=openat,pwrite64,write,ftruncate,fdatasync,fsync,unlink,rename,linkat
  new_bucket kills
  datalake usage egress 1GB > /dev/null 2>&1
  while [ "$call" -lt 400 ]; do
    call=$((call + 1))
    known=$(notes)
    # In a shell of its own, which keeps to itself that it was killed.
    (strace -f -qq -o /dev/null -e trace="$calls" -P "$sandbox/state/usage.sqlite" \
      -P "$sandbox/state/usage.sqlite-journal" -P "$sandbox/state" \
      -e inject="$calls":signal=KILL:when="$call" \
      "$program" --sandbox="$sandbox" usage egress 1GB --note "kill $call" > "$work/out" 2>&1) 2> /dev/null
    case $? in
      137) killed=$((killed + 1)) ;;
      0) break ;;
      *) fail "a run that was to be killed at call $call"; cat "$work/out"; return ;;
    esac
    case $(notes) in
      "$known" | $((known + 1))) ;;
      *) fail "after a kill at call $call the history has $(notes) notes, not $known or one more"; return ;;
    esac
  done
  if [ "$killed" -ge 8 ]; then
    pass "killed at each of $killed calls that change a file: the history is whole after each"
  else
    fail "only $killed calls were found to be killed at"
  fi
}
notes() { datalake usage show --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["data"]["egress"]))'; }

# A lake of forty days with hostile names, looked at in a browser.
page() {
  local day
  new_bucket page
  datalake bucket lifecycle set --expire tmp/:7d --noncurrent 30d --abort-uploads 7d > /dev/null 2>&1
  for day in $(seq 40 -2 0); do
    python3 "$here/fill.py" lake "$sandbox" "$day" &&
      faketime -f "-${day}d" "$program" --sandbox="$sandbox" usage record > "$work/out" 2>&1 || {
      fail "a sample of $day days ago"
      cat "$work/out"
      return
    }
  done
  datalake usage egress 700GB --note 'Modal' > /dev/null 2>&1
  check "a forecast" datalake cost forecast --vat 19
  check "a page" env DATALAKE_COST__BUDGET=12EUR "$program" --sandbox="$sandbox" report \
    --html "$work/report.html" --vat 19
  check "the page in a browser" node "$here/page.mjs" "$cache" "$work/report.html" hostile \
    "${SCREENSHOTS:-}"
}

# A page of a bucket with 100,000 prefixes.
many() {
  new_bucket many
  python3 "$here/fill.py" prefixes "$sandbox" 100000
  serve || return
  check "a page of 100,000 prefixes" datalake report --html "$work/many.html"
  end_service
  check "the page of 100,000 prefixes in a browser" node "$here/page.mjs" "$cache" "$work/many.html" many
}

# A page of a bucket with 100,000 assets, and of a migration of as many.
assets() {
  new_bucket assets
  python3 "$here/fill.py" assets "$sandbox" 100000
  serve || return
  check "a page of 100,000 assets" datalake report --html "$work/assets.html"
  end_service
  check "the page of 100,000 assets in a browser" node "$here/page.mjs" "$cache" "$work/assets.html" assets \
    "${SCREENSHOTS:-}" assets
  migration 100000
}

# A migration of so many assets, none of them moved yet.
migration() {
  local home at
  new_bucket migration
  home=$work/home
  mkdir -p "$home/storage"
  printf 'storage: {}\n' > "$home/dagster.yaml"
  python3 - "$home/storage" "$1" << 'EOF'
import os, sys
folder, number = sys.argv[1], int(sys.argv[2])
for at in range(number):
    place = f"{folder}/team-{at % 40:02d}/domain_{at // 40 % 9}"
    if at < 400:
        os.makedirs(place, exist_ok=True)
    with open(f"{place}/asset_{at:06d}", "wb") as file:
        # A small pickle; each hundredth one is cut short.
        file.write(b"\x80\x04B" + (at % 900).to_bytes(4, "little") + b"x" * (at % 900) + (b"." if at % 100 else b""))
EOF
  check_code "a page of a migration of $1 assets" 3 datalake migrate report --home "$home" --html "$work/migration.html"
  check "the page of that migration in a browser" node "$here/page.mjs" "$cache" "$work/migration.html" assets \
    "${SCREENSHOTS:-}" migration
}

# The same as check, where another end is the right one.
check_code() {
  local text=$1 code=$2
  shift 2
  check "$text" sh -c '"$@"; [ $? = '"$code"' ]' sh "$program" --sandbox="$sandbox" "${@:2}"
}

# The client's memory with a million objects.
million() {
  new_bucket million
  say "writing a million objects"
  python3 "$here/fill.py" million "$sandbox" 1000000
  serve || return
  check "cost report of a million objects below 100 MiB" \
    python3 "$here/peak.py" 100 "$program" --sandbox="$sandbox" cost report --json
  check "usage record of a million objects below 100 MiB" \
    python3 "$here/peak.py" 100 "$program" --sandbox="$sandbox" usage record --json
  end_service
}

# The service in a process of its own, so that the program's memory is its own.
serve() {
  "$program" sandbox --sandbox="$sandbox" > "$work/serving" 2>&1 &
  serving=$!
  for _ in $(seq 4500); do
    grep -q http "$work/serving" && return 0
    kill -0 "$serving" 2> /dev/null || break
    sleep 0.2
  done
  fail "the service does not start: $(tail -1 "$work/serving")"
  return 1
}

mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-money.XXXXXX")
if ! install; then
  fail "what the lane needs cannot be installed: see $cache"
elif [ -z "${PROGRAM:-}" ] && ! cargo build --quiet --release --package datalake-cli; then
  fail 'the program does not build'
else
  program=${PROGRAM:-$target/release/datalake}
  [ $# -gt 0 ] || set -- kills page many assets million
  for part in "$@"; do "$part"; done
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
