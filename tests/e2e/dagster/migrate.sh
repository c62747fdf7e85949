# A migration of what Dagster's local I/O manager has written, the switch, and the way back.
part_migrate() {
  on_each_store lake-migrate migrate_there_and_back
  migrate_killed
}

lane_assets() { "$python/python" "$here/migrate_assets.py" "$@"; }
on_s3() { LANE_IO=s3 lane_assets "$@"; }
migrate() { "$program" --state "$work/moving/state" migrate "$@" --home "$DAGSTER_HOME"; }

migrate_there_and_back() {
  local port run kept
  rm -rf "$work/moving"
  mkdir -p "$work/moving/home"
  export DAGSTER_HOME=$work/moving/home PYTHONDONTWRITEBYTECODE=1
  echo 'telemetry: {enabled: false}' > "$DAGSTER_HOME/dagster.yaml"
  check 'the local I/O manager writes 15 pickles of all kinds of partitions' 0 -- \
    lane_assets write v1 || return
  local pickles
  pickles=$(find "$DAGSTER_HOME/storage" -type f ! -path '*/compute_logs/*' | wc -l)
  if [ "$pickles" = 15 ]; then pass '15 files lie there'; else fail "$pickles files lie there"; fi
  check 'they load from there' 0 '15 right, 0 wrong' -- lane_assets load v1
  check 'from the empty bucket nothing loads' 1 -- on_s3 load v1

  port=$(free_port)
  background "$work/moving/webserver.out" "$python/dagster-webserver" --host 127.0.0.1 \
    --port "$port" -f "$here/migrate_assets.py"
  local web=http://127.0.0.1:$port
  wait_for 120 curl -fsS "$web/server_info" || { fail 'the webserver does not start'; return; }
  run=$(lane_assets begin-run 2> /dev/null | tail -1)
  check 'while a run writes, nothing is copied' 75 "$run of \`nightly\`" -- \
    migrate run --yes --webserver "$web"
  lane_assets end-run "$run" > /dev/null 2>&1
  check 'the plan has all of them' 3 '15 left' -- migrate plan
  check 'when nothing runs, all are moved and confirmed' 0 '15 confirmed by the store' -- \
    migrate run --yes --webserver "$web"
  check 'the bucket has what was sent, read again' 0 '15 objects right' -- migrate verify --deep
  check 'the database of the instance tells assets from partitions' 0 '9 assets' -- \
    migrate report --html "$work/moving/report.html"

  check 'a backup of the live home' 0 'databases copied by SQLite' -- \
    migrate backup --to "$work/moving/home.tar.zst"
  check 'it is what its hashes say' 0 'all as their hashes say' -- \
    "$program" migrate backup --check "$work/moving/home.tar.zst"
  check 'it is unpacked' 0 -- \
    "$program" migrate backup --restore "$work/moving/home.tar.zst" --into "$work/moving/restored"
  kept=$(lane_assets count-runs 2> /dev/null | tail -1)
  check 'Dagster finds its runs in what was unpacked' 0 "$kept" -- \
    env DAGSTER_HOME="$work/moving/restored" "$python/python" "$here/migrate_assets.py" count-runs

  check 'after the switch every downstream load is right' 0 '15 right, 0 wrong' -- on_s3 load v1
  check 'two assets and a new partition are made again on S3' 0 -- \
    on_s3 remake v2 plain raw/by_day=2026-01-02 raw/by_day=2026-01-03
  check 'a second run of the migration does not put old files over them' 0 \
    'newer in the bucket, and left there' -- migrate run --yes --webserver "$web"
  check 'on S3 they are new' 0 '16 right, 0 wrong' -- \
    on_s3 load v1 plain:v2 raw/by_day=2026-01-02:v2 raw/by_day=2026-01-03:v2
  check 'switched back as it is, Dagster would read the old ones without a word' 1 'plain None' -- \
    lane_assets load v1 plain:v2 raw/by_day=2026-01-02:v2
  check 'the way back names them' 3 'raw/by_day/2026-01-03' -- migrate back plan
  check 'and fetches them' 0 '3 objects fetched' -- \
    migrate back run --yes --webserver "$web"
  check 'on local files every load is right, none is stale' 0 '16 right, 0 wrong' -- \
    lane_assets load v1 plain:v2 raw/by_day=2026-01-02:v2 raw/by_day=2026-01-03:v2
  check 'nothing is newer in the bucket any more' 0 -- migrate back plan
  mkdir -p "$work/moving/code"
  printf 'import os, sys\nsys.path.insert(0, "%s")\nos.environ["LANE_IO"] = "s3"\nfrom migrate_assets import *\n' \
    "$here" > "$work/moving/code/defs.py"
  check 'Dagster itself reads all of them from the bucket' 0 '16 files read from' -- \
    migrate check --python "$python/python" --python-file "$work/moving/code/defs.py" \
    --working-directory "$work/moving/code"
  check 'local files go only after that, and a look at the store' 0 '16 files removed' -- \
    migrate free --deep --confirm lake-migrate
  check 'and everything loads from S3 without them' 0 '16 right, 0 wrong' -- \
    on_s3 load v1 plain:v2 raw/by_day=2026-01-02:v2 raw/by_day=2026-01-03:v2
  unset DAGSTER_HOME
}

# A hundred kills while somebody writes pickles in place.
migrate_killed() {
  local owner
  # The lane's HOME is a folder of its own, and cargo's things lie in the real one.
  owner=$(getent passwd "$(id -u)" | cut -d: -f6)
  check 'after 100 kills with a writer, the bucket is equal and has no half pickle' 0 -- \
    env -u DAGSTER_HOME HOME="$owner" DATALAKE_TEST_KILLS=100 cargo test --quiet \
    --manifest-path "$here/../../../Cargo.toml" --package datalake-tests --test it -- \
    migrate::killed
}
