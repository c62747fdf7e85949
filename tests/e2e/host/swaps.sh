# dagster-user exchanges its ~/.config for a link while the program runs as root, to be sourced after
# host.sh, with `check`, `pass` and `fail`.
# shellcheck shell=bash disable=SC2154

outside=/var/lib/lab/outside
marker=OUTSIDE-MARKER

# A folder of root with all the names that ~/.config may have, readable by root alone.
make_outside() {
  as_root rm -rf "$outside"
  as_root sh -ec "
    umask 077
    mkdir -p $outside/datalake $outside/containers/systemd/dagster-webserver.container.d
    cd $outside
    for unit in dagster-webserver dagster-daemon; do
      printf '[Container]\nImage=x\nEnvironment=AWS_ACCESS_KEY_ID=$marker\n' \
        > containers/systemd/\$unit.container
    done
    echo A=$marker > datalake/s3.env
    chmod 755 $outside"
}

outside_is_as_it_was() {
  as_root sh -ec "cd $outside; find . -printf '%p %y %m %U:%G %s %T@\n' | sort; find . -type f | sort | xargs sha256sum"
}

swaps_lead_nowhere() {
  local runs=0 done_well=0 lane=$label
  label="$label swaps"
  check 'a base host' 0 -- install_host base
  check 'a folder outside' 0 -- make_outside
  outside_is_as_it_was > "$work/outside"
  manifest > "$work/start"
  install -m 644 "$here/swaps.py" "$(tree)/usr/local/lib/swaps.py"
  as_user python3 /usr/local/lib/swaps.py 20000 > "$work/swaps" 2>&1 &
  local swapper=$!
  : > "$work/printed"
  while kill -0 "$swapper" 2> /dev/null; do
    for words in 'provision --yes --no-restart' 'rollback --yes --no-restart' status; do
      # shellcheck disable=SC2086 # several words
      datalake $words >> "$work/printed" 2>&1 && done_well=$((done_well + 1))
      runs=$((runs + 1))
    done
  done
  wait "$swapper"
  check "20,000 swaps during $runs runs, $done_well of which succeeded" 0 20000 -- cat "$work/swaps"
  check 'no write, chmod or removal outside' 0 -- diff "$work/outside" <(outside_is_as_it_was)
  check 'nothing that was read outside is shown' 1 -- grep -q "$marker" "$work/printed"
  check 'nothing that was read outside is kept' 1 -- \
    as_root grep -rq "$marker" /var/lib/datalake "$config"
  check 'a provision afterwards' 0 -- datalake provision --yes --no-restart
  until datalake rollback --yes --no-restart 2> /dev/null | grep -q 'Nothing to undo'; do
    runs=$((runs + 1))
    [ "$runs" -lt 5000 ] || break
  done
  check 'every byte, mode and owner is back' 0 -- diff "$work/start" <(manifest)
  label=$lane
}
