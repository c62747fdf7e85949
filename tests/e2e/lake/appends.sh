# Writers that append at once: none is lost in the bucket for tables. Sourced by run.sh.

# appends FORMAT WRITERS APPENDS SEEDS BUCKET: what was told and what is there, in $work/appends
appends() {
  "${given[@]}" "$python" "$here/appends.py" "$1" "$2" "$3" "$4" \
    "s3://$5/appends/$1-$2-$3" > "$work/appends" 2> "$work/appends.log" || tail -3 "$work/appends.log"
}
sum() { tail -1 "$work/appends" | grep -o "\"$1\": [0-9]*" | grep -o '[0-9]*$'; }

appends_at_once() { # STORE
  local format tables versioned seeds=${SEEDS:-20}
  tables=$(setting DAGSTER_S3_TABLES_BUCKET) versioned=$(setting DAGSTER_S3_BUCKET)
  for format in delta lance; do
    appends "$format" 2 20 "$seeds" "$tables"
    all_are_there "$format, 2 processes with 20 appends, $seeds seeds" $((40 * seeds))
  done
  appends delta 4 1 16 "$tables"
  all_are_there 'delta, a backfill of 4 processes, 16 rounds' 64
  for format in delta lance; do
    appends "$format" 2 20 "$seeds" "$versioned"
    some_are_lost "$format, 2 processes with 20 appends, $seeds seeds"
  done
  appends delta 4 1 16 "$versioned"
  some_are_lost 'delta, a backfill of 4 processes, 16 rounds'
}

all_are_there() { # TEXT APPENDS
  local told there
  told=$(sum told) there=$(sum there)
  if [ "$told" = "$2" ] && [ "$there" = "$2" ]; then
    pass "$1: $there of $2 are there"
  else
    fail "$1: told ${told:-nothing}, there ${there:-nothing}, of $2"
    head -3 "$work/appends" | sed 's/^/      | /'
  fi
}
some_are_lost() { # TEXT
  local told there
  told=$(sum told) there=$(sum there)
  if [ -n "$told" ] && [ "$there" -lt "$told" ]; then
    pass "$1, in a bucket with versions: told $told, there $there"
  else
    fail "$1, in a bucket with versions: told ${told:-nothing}, there ${there:-nothing}"
  fi
}
