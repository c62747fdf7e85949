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

# As many moves are killed, each at another point of its time; each goes on, and ends with the same
# history. One that ends before its kill counts for nothing, and tells that moves are quicker now.
killed_moves_go_on() { # FROM TO MICROSECONDS
  local points=${POINTS:-50} move took=$3 try=0 killed=0 wrong=0 wait
  while [ "$killed" -lt "$points" ] && [ "$try" -lt $((3 * points)) ]; do
    try=$((try + 1)) wait=$((took * (killed + 1) / (points + 1)))
    echo "$2/$try" > "$work/now"
    move "$1" "$2/$try" > "$work/move.out" 2>&1 &
    move=$!
    sleep "$(printf '%d.%06d' $((wait / 1000000)) $((wait % 1000000)))"
    kill_program "$2/$try/"
    wait "$move" 2> /dev/null
    if [ $? = 137 ]; then killed=$((killed + 1)); else took=$((took * 9 / 10)); fi
    if ! move "$1" "$2/$try" > "$work/move.out" 2>&1 ||
      ! mover compare "$1" "$2/$try" >> "$work/move.out" 2>&1; then
      wrong=$((wrong + 1))
      tail -3 "$work/move.out" | sed 's/^/      | /'
    fi
  done
  check "moves are killed at $points points" 0 -- test "$killed" = "$points"
  check 'each goes on, and has the same history at its end' 0 -- test "$wrong" = 0
}
kill_program() { pkill -KILL -f -- "^$program .* tables move .* $1\$"; }
