# Writers that append at once: none is lost in the bucket for tables, and what is lost in one with
# versions is found. Sourced by run.sh.
declare -A lost=()

# appends FORMAT WRITERS APPENDS SEEDS BUCKET: what was told and what is there, in $work/appends
appends() {
  "${given[@]}" "$python" "$here/appends.py" "$1" "$2" "$3" "$4" \
    "s3://$5/appends/$1-$2-$3" > "$work/appends" 2> "$work/appends.log" || tail -3 "$work/appends.log"
}
sum() { tail -1 "$work/appends" | grep -o "\"$1\": [0-9]*" | grep -o '[0-9]*$'; }

# each_race COMMAND: of Delta and Lance two processes with 20 appends; of Delta a backfill
each_race() { # BUCKET COMMAND
  local format seeds=${SEEDS:-20}
  for format in delta lance; do
    appends "$format" 2 20 "$seeds" "$1"
    "$2" "$format" "2 processes with 20 appends, $seeds seeds" $((40 * seeds))
  done
  appends delta 4 1 16 "$1"
  "$2" delta 'a backfill of 4 processes, 16 rounds' 64
}

appends_at_once() {
  each_race "$(setting DAGSTER_S3_TABLES_BUCKET)" all_are_there
  check 'doctor finds nothing wrong with tables' 0 -- on_lake doctor --only tables
  lost=()
  each_race "$(setting DAGSTER_S3_BUCKET)" some_are_lost
  what_is_lost_is_found
}

# The sandbox in its other ways: as Ceph 20, and as services that hold to what they are asked.
races_lose() {
  label="sandbox, conditional writes $1"
  check 'provision' 0 -- on_lake provision --yes || return
  read_settings
  appends delta 4 1 16 "$(setting DAGSTER_S3_BUCKET)"
  some_are_lost delta 'a backfill of 4 processes, 16 rounds'
}
races_hold() {
  label='sandbox, conditional writes obeyed'
  check 'provision' 0 -- on_lake provision --yes || return
  read_settings
  each_race "$(setting DAGSTER_S3_BUCKET)" all_are_there
  check 'doctor finds nothing wrong with tables' 0 -- on_lake doctor --only tables
}

what_is_lost_is_found() {
  local format found
  check 'doctor tells of tables where commits do not hold' 3 tables-versioned -- \
    on_lake doctor --only tables
  check 'doctor tells of lost commits' 3 tables-lost-commits -- on_lake doctor --only tables
  check 'lake check tells of lost appends' 3 -- \
    on_plain_lake lake check --client deltalake --python "$python"
  check 'tables recover finds lost commits' 3 -- recover
  for format in delta lance; do
    found=$("$python" "$here/recovered.py" "$format" "$work/recovered" 2>&1)
    check "$format: ${lost[$format]} commits are lost, ${found##*$'\n'} are named" 0 -- \
      test "$found" = "${lost[$format]}"
  done
}
recover() { on_lake tables recover --json > "$work/recovered"; }

all_are_there() { # FORMAT TEXT APPENDS
  local told there
  told=$(sum told) there=$(sum there)
  if [ "$told" = "$3" ] && [ "$there" = "$3" ]; then
    pass "$1, $2: $there of $3 are there"
  else
    fail "$1, $2: told ${told:-nothing}, there ${there:-nothing}, of $3"
    head -3 "$work/appends" | sed 's/^/      | /'
  fi
}
some_are_lost() { # FORMAT TEXT
  local told there
  told=$(sum told) there=$(sum there)
  if [ -n "$told" ] && [ "$there" -lt "$told" ]; then
    pass "$1, $2, in a bucket with versions: told $told, there $there"
    lost[$1]=$((${lost[$1]:-0} + told - there))
  else
    fail "$1, $2, in a bucket with versions: told ${told:-nothing}, there ${there:-nothing}"
  fi
}
