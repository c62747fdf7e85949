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

clients_find_the_service() { # http|https by name or address
  local name before
  : > "$work/questions"
  for name in "${EVERYWHERE[@]}"; do
    before=$(questions_elsewhere)
    check "$name" 0 -- client "$name"
    [ "$(questions_elsewhere)" = "$before" ] || fail "$name asks for other hosts: $(last_question)"
  done
  duckdb_finds_the_service
  dagster_polars_wants_an_older_polars
  check 'no client asked for another host' 0 -- test "$(questions_elsewhere)" = 0
}
last_question() { grep -vE '^([^ ]*\.)?(lake\.test|localhost) ' "$work/questions" | tail -1; }

# Variables serve DuckDB where the service has a name and speaks https; elsewhere the lines that
# `datalake lake snippet duckdb` prints.
duckdb_finds_the_service() {
  if [ -n "$(setting DUCKDB_S3_ENDPOINT)" ]; then
    check 'duckdb without a secret' 0 -- client duckdb
    check 'duckdb with a secret that has a key and no endpoint' 0 -- client duckdb-key
  else
    check 'duckdb with the lines of the snippet' 0 -- client duckdb-snippet
  fi
}

dagster_polars_wants_an_older_polars() {
  check 'dagster-polars with an older polars' 0 -- \
    timeout 180 "${given[@]}" PYTHONPATH="$cache/polars-1" "$python" "$here/clients.py" dagster-polars
}
