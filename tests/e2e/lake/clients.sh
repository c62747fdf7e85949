# Each client of tables as it comes from its maker, on the store in use. Sourced by run.sh.

# Those that the env file alone serves, wherever the service is.
EVERYWHERE=(
  boto3 s3fs fsspec pandas pyarrow polars polars-sink polars-delta deltalake obstore lance daft dlt
  pyiceberg pyiceberg-fsspec dagster-deltalake
)

# client NAME: with what the env file says and nothing else
client() { timeout 180 "${given[@]}" "$python" "$here/clients.py" "$1"; }
# The same, without one of the variables.
client_without() { # VARIABLE NAME
  timeout 180 "${given[@]}" env -u "$1" "$python" "$here/clients.py" "$2"
}

clients_find_the_service() {
  local name before
  : > "$work/questions"
  for name in "${EVERYWHERE[@]}"; do
    before=$(questions_elsewhere)
    check "$name" 0 -- client "$name"
    [ "$(questions_elsewhere)" = "$before" ] || fail "$name asks for another host: $(last_question)"
  done
  check 'dagster-polars with polars 1' 0 -- older_polars dagster-polars
  duckdb_finds_the_service
  snippets_work
  check 'all of them, where datalake looks' 0 -- on_lake lake check --python "$python"
  check 'no client asked for another host' 0 -- test "$(questions_elsewhere)" = 0
  what_no_variable_cures
}
last_question() { grep -vE '^([^ ]*\.)?(lake\.test|localhost) ' "$work/questions" | tail -1; }
older_polars() {
  timeout 180 "${given[@]}" PYTHONPATH="$cache/polars-1" "$python" "$here/clients.py" "$1"
}

# A variable serves DuckDB where the service has a name and speaks https.
duckdb_finds_the_service() {
  if [ -n "$(setting DUCKDB_S3_ENDPOINT)" ]; then
    check 'duckdb without a secret' 0 -- client duckdb
    check 'duckdb with a secret that has a key and no endpoint' 0 -- client duckdb-key
    check 'duckdb in path style' 0 -- client duckdb-path
  fi
  check 'duckdb with a secret that has an endpoint' 0 -- client duckdb-chain-at
}

# The lines that `datalake lake snippet` prints, as they are. Those for a catalog need one that answers,
# so pyiceberg's are those of the spec that names none.
snippets_work() {
  local name
  for name in polars delta pandas pyarrow dlt; do
    check "snippet $name" 0 -- snippet on_lake "$name" "$python"
  done
  check 'snippet pyiceberg' 0 -- snippet on_plain_lake pyiceberg "$python"
  check 'snippet duckdb' 0 -- snippet on_lake duckdb "$python" "$here/ducks.py"
}
snippet() { # SPEC NAME PROGRAM...
  local home=$spec/snippets/$2
  mkdir -p "$home"
  "$1" lake snippet "$2" > "$home/lines" || return
  (cd "$home" && timeout 180 "${given[@]}" HOME="$home" "${@:3}" lines)
}

# Told in docs/lake.md: what goes wrong by itself, whatever the environment says.
what_no_variable_cures() {
  check 'dagster-polars fails with polars 2' 1 rechunk -- client dagster-polars
  check 'duckdb asks AWS with a secret that has no endpoint' 1 amazonaws.com -- client duckdb-chain
  check 'pyarrow asks AWS without from_uri' 1 amazonaws.com -- client pyarrow-bare
  case $label in
    'Ceph 16'*http)
      check 'pyarrow fails with checksums of its own choice' 1 411 -- \
        client_without AWS_REQUEST_CHECKSUM_CALCULATION pyarrow
      ;;&
    'Ceph 20'*) check 'obstore updates by a tag' 0 -- client obstore-update ;;
    *) check 'obstore cannot update by a tag' 1 -- client obstore-update ;;
  esac
}
