# A table moves out of a bucket with versions while somebody reads it, and the move is killed.
# Sourced by run.sh.
mover() { "${given[@]}" "$python" "$here/mover.py" "$@"; }
move() { on_lake tables move "$1/" "$2/"; }

a_table_moves() {
  local from to began took watcher
  from=s3://$(setting DAGSTER_S3_BUCKET)/moved/table
  to=s3://$(setting DAGSTER_S3_TABLES_BUCKET)/moved
  check 'a Delta table of 200 commits in a bucket with versions' 0 -- mover make "$from" 200 || return
  echo "$to/whole" > "$work/now"
  mover watch "$from" "$work/now" > "$work/watched" 2>&1 &
  watcher=$!
  began=${EPOCHREALTIME/./}
  check 'it moves' 0 -- move "$from" "$to/whole"
  took=$((${EPOCHREALTIME/./} - began))
  check 'its history is the same' 0 -- mover compare "$from" "$to/whole"
  killed_moves_go_on "$from" "$to" "$took"
  rm "$work/now"
  wait "$watcher"
  check 'whoever reads sees whole versions, here and there' 0 -- test $? = 0
  info "$(tail -1 "$work/watched")"
}

# Each move is killed at another point of its time, goes on, and ends with the same history.
killed_moves_go_on() { # FROM TO MICROSECONDS
  local point points=${POINTS:-50} move killed=0 wrong=0
  for point in $(seq "$points"); do
    echo "$2/$point" > "$work/now"
    move "$1" "$2/$point" > "$work/move.out" 2>&1 &
    move=$!
    sleep "$(printf '%d.%06d' $(($3 * point / (points + 1) / 1000000)) \
      $(($3 * point / (points + 1) % 1000000)))"
    kill_program "$2/$point/"
    wait "$move" 2> /dev/null
    [ $? != 137 ] || killed=$((killed + 1))
    if ! move "$1" "$2/$point" > "$work/move.out" 2>&1 ||
      ! mover compare "$1" "$2/$point" >> "$work/move.out" 2>&1; then
      wrong=$((wrong + 1))
      tail -3 "$work/move.out" | sed 's/^/      | /'
    fi
  done
  check "moves are killed ($killed of $points) and go on: the same history each time" 0 -- test "$wrong" = 0
  # Too many that had ended already show nothing.
  check 'most of the kills came before the end' 0 -- test $((killed * 4)) -ge $((points * 3))
}
kill_program() { pkill -KILL -f -- "^$program .* tables move .* $1\$"; }
