# Moving files against the gateway, and what it does by itself to what was moved: limits of rate,
# lifecycle, locks. Sourced by run.sh.

# The key of the tests in tests/it; it is their own user, so that they can be let at every bucket.
IT_ACCESS=TESTKEY0000000000001 IT_SECRET=q7/Zk2+Vx9mTt4RbL8wNcY3hJ6sFpD1gQe5uAoXz
admin() { "$work/gateway/admin" "$@"; }

# The tests of the program that need no simulator, one by one. Those that bend the service find none
# to bend; they are counted as skipped, with their number.
the_tests_of_the_program_pass() {
  local outcome name why
  admin user create --uid=it --display-name=it --access-key="$IT_ACCESS" \
    --secret-key="$IT_SECRET" > /dev/null || { fail "no user for the tests"; return; }
  env DATALAKE_TEST_ENDPOINT="$address" DATALAKE_TEST_REGION=default "$tests" \
    --test-threads=1 transfer:: buckets:: objects:: --skip migrate:: > "$work/tests" 2>&1 < /dev/null
  while read -r outcome name why; do
    case $outcome in
      ok) pass "$name" ;;
      skip) skip "$name: it bends the service" ;;
      *) fail "$name: $why" ;;
    esac
  done < <(awk '
    /^test .* \.\.\. ok$/ { print "ok", $2 }
    /^---- .* stdout ----$/ { name = $2; why[name] = "?" }
    name && /panicked at/ {
      line = ""
      while (line == "" && (getline line) > 0) continue
      if (why[name] == "?") why[name] = line
    }
    /^failures:$/ { name = "" }
    END { for (name in why) print (why[name] ~ /no simulator at/ ? "skip" : "fail"), name, why[name] }
  ' "$work/tests")
  grep -q '^test result:' "$work/tests" || fail "the tests do not end: $(tail -1 "$work/tests")"
}

some_files() { # FOLDER COUNT
  mkdir -p "$1"
  for number in $(seq "$2"); do echo "$number" > "$1/$number"; done
}
# field NAME FILE: a number of the last document in FILE
field() { tail -1 "$2" | grep -o "\"$1\":[0-9.]*" | head -1 | cut -d: -f2; }
is_between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }

# 600 writes a minute are permitted until the run has been told to slow down for a while; then all.
the_rate_is_kept() {
  local sync slowed=0 limited full
  root=$work/host bucket=lane-rate
  if ! admin ratelimit get --ratelimit-scope=user --uid=test > /dev/null 2>&1; then
    skip '503 SlowDown: this version limits no rates'
    return
  fi
  some_files "$work/many" 1500
  at 0 -- bucket create
  check 'the gateway limits writes' 0 -- rate_limit enable
  cli sync --json "$work/many" s3://lane-rate/many > "$work/sync.json" 2> "$work/sync.err" &
  sync=$!
  for _ in $(seq 600); do
    slowed=$(grep -c 'asks to slow down' "$work/sync.json")
    [ "$slowed" -lt 100 ] || break
    kill -0 "$sync" 2> /dev/null || break
    sleep 0.1
  done
  limited=$(grep -c '"mark":"+"' "$work/sync.json")
  full=$SECONDS
  check 'the gateway limits nothing any more' 0 -- rate_limit disable
  wait "$sync"
  check 'the limited run ends well' 0 -- test $? = 0
  check "it was told to slow down ($slowed times)" 0 -- is_between 100 "$slowed" 1000
  check "$limited files came at the limit, the rest in $((SECONDS - full)) s" 0 -- \
    is_between 0 $((SECONDS - full)) 45
  check "all 1,500 came, $(field retries "$work/sync.json") calls were repeated" 0 \
    '"equal":{"items":1500' -- cli sync --json "$work/many" s3://lane-rate/many
  at 0 -- sync s3://lane-rate/many "$work/many-back"
  check 'they are equal' 0 -- diff -r "$work/many" "$work/many-back"
  at 0 Deleted -- bucket delete --empty --confirm lane-rate
}
rate_limit() { # enable|disable
  admin ratelimit set --ratelimit-scope=user --uid=test --max-write-ops=600 > /dev/null &&
    admin ratelimit "$1" --ratelimit-scope=user --uid=test > /dev/null
}

# A large file whose run is killed when two of its parts are there.
a_killed_upload_goes_on() {
  local sync moved
  root=$work/host bucket=lane-killed
  mkdir "$work/large"
  head -c $((40 << 20)) /dev/urandom > "$work/large/file"
  at 0 -- bucket create
  cli sync --part-size 5M --bwlimit 8M "$work/large" s3://lane-killed/x > "$work/sync.out" 2>&1 &
  sync=$!
  for _ in $(seq 300); do
    cli du --json > "$work/du.json"
    is_between $((10 << 20)) "$(field_of_uploads "$work/du.json")" $((40 << 20)) && break
    sleep 0.1
  done
  kill -KILL "$(pgrep -P "$sync" || echo "$sync")" 2> /dev/null
  wait "$sync" 2> /dev/null
  check 'du is what the gateway says of a killed upload' 0 -- sums_agree
  at 0 '1 unfinished upload' -- bucket uploads list
  check 'the next run ends it' 0 -- cli_into "$work/sync.json" sync --json --part-size 5M \
    "$work/large" s3://lane-killed/x
  moved=$(field bytes_moved "$work/sync.json")
  check "it sends no part again ($moved of $((40 << 20)) bytes)" 0 -- \
    is_between 1 "$moved" $((30 << 20))
  at 0 '0 unfinished uploads' -- bucket uploads list
  at 0 -- verify --deep "$work/large" s3://lane-killed/x
  at 0 -- sync s3://lane-killed/x "$work/large-back"
  check 'it comes back equal' 0 -- diff -r "$work/large" "$work/large-back"
  check 'du is what the gateway says after that' 0 -- sums_agree
  at 0 Deleted -- bucket delete --empty --confirm lane-killed
}
field_of_uploads() { # FILE
  tail -1 "$1" | grep -o '"unfinished_uploads":{[^}]*' | grep -o '"bytes":[0-9]*' | cut -d: -f2
}
cli_into() { # FILE ARGUMENT...
  local file=$1
  shift
  cli "$@" > "$file"
}

# A day of the gateway's is five seconds here. It looks through its rules when it is told to.
days_pass() { # SECONDS
  sleep "$1"
  admin lc process --rgw-lc-debug-interval=5 > "$work/lc.log" 2>&1
}
kinds() { cli ls --versions "$1" | awk '{ print $(NF - 2), $NF }' | LC_ALL=C sort | tr '\n' ' '; }
lies_there() { # PREFIX EXPECTED
  local found
  found=$(kinds "$1")
  [ "$found" = "$2" ] || { echo "found: $found"; return 1; }
}
lifecycle_is_carried_out() {
  root=$work/host bucket=lane-cycle
  some_files "$work/three" 3
  at 0 -- bucket create
  at 0 -- bucket versioning enable
  for place in tmp keep; do at 0 -- sync "$work/three" "s3://lane-cycle/$place"; done
  at 0 -- put "$work/three/2" s3://lane-cycle/keep/1
  check 'boto3 begins an upload' 0 -- objects begin keep/unfinished
  at 0 "+ datalake-expire-tmp/" -- bucket lifecycle set --expire tmp/:2d --noncurrent 2d \
    --abort-uploads 2d --expired-markers
  check 'before its days are over nothing goes' 0 -- lies_there tmp/ \
    'current tmp/1 current tmp/2 current tmp/3 '
  check 'two days pass' 0 -- days_pass 11
  check 'what was to expire is hidden' 0 -- lies_there tmp/ \
    'deleted tmp/1 deleted tmp/2 deleted tmp/3 old tmp/1 old tmp/2 old tmp/3 '
  check 'an old version is gone, all else stays' 0 -- lies_there keep/ \
    'current keep/1 current keep/2 current keep/3 '
  at 0 '0 unfinished uploads' -- bucket uploads list
  check 'two more days pass' 0 -- days_pass 11
  check 'and another one' 0 -- days_pass 6
  check 'hidden versions are gone, and then their markers' 0 -- lies_there tmp/ ''
  check 'what is outside of the rule stays' 0 -- lies_there keep/ \
    'current keep/1 current keep/2 current keep/3 '
  at 0 Deleted -- bucket delete --empty --confirm lane-cycle
}

a_lock_is_enforced() {
  root=$work/host bucket=lane-enforced
  some_files "$work/three" 3
  at 0 -- bucket create --lock
  at 0 'locked for 1 days' -- bucket lock set --mode compliance --days 1 --yes
  at 0 -- sync "$work/three" s3://lane-enforced/x
  at 0 -- verify --deep "$work/three" s3://lane-enforced/x
  at 5 -- rm --yes --versions -r x/
  check 'all versions are still there' 0 -- lies_there x/ 'current x/1 current x/2 current x/3 '
  at 5 -- bucket delete --empty --confirm lane-enforced
  check 'and still' 0 -- lies_there x/ 'current x/1 current x/2 current x/3 '
  at 0 -- rm --yes -r x/
  check 'a marker may hide them' 0 -- lies_there x/ \
    'deleted x/1 deleted x/2 deleted x/3 old x/1 old x/2 old x/3 '
}
