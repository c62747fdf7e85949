# A pretend host with a Dagster home, and the real webserver and daemon on it.
# Sourced by the parts; `root`, `home` and `project` are those of the host in use.
root='' home='' project='' address='' webserver='' daemon=''

# make_instance NAME: units that tell the home, and a dagster.yaml with logs in files
make_instance() {
  local quadlets
  root=$work/$1/host
  home=$root/var/lib/dagster/dagster_home
  project=$root/var/lib/dagster/code
  quadlets=$root/var/lib/dagster/.config/containers/systemd
  mkdir -p "$quadlets" "$root/etc" "$home" "$project"
  cp -r "$here/../../fixtures/quadlets/base/." "$quadlets"
  # No container here: what would be inside is what is outside.
  sed -i "s|:/opt/dagster/dagster_home|:$home|; s|DAGSTER_HOME=.*|DAGSTER_HOME=$home|" \
    "$quadlets"/dagster-*.container
  echo "dagster-user:x:$(id -u):$(id -g)::/var/lib/dagster:/usr/sbin/nologin" > "$root/etc/passwd"
  cat > "$home/dagster.yaml" << YAML
# The lane's instance.
telemetry:
  enabled: false

# What steps print.
compute_logs:
  module: dagster.core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: $home/logs   # on the shared volume

run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {max_concurrent_runs: 2}
YAML
}

# on_host ARGUMENT...: the command line, for that host and the bucket of the store in use
on_host() {
  "$program" --root "$root" --state "$root.state" --unit dagster-webserver --unit dagster-daemon "$@"
}

env_file() { grep -v -e '^#' -e '^$' "$root/var/lib/dagster/.config/datalake/s3.env"; }

# The words before a command that gets what the containers would be given, and no more: `given`.
settings() {
  local variables=()
  [ ! -f "$root/var/lib/dagster/.config/datalake/s3.env" ] || mapfile -t variables < <(env_file)
  [ -z "${AWS_CA_BUNDLE:-}" ] || variables+=("AWS_CA_BUNDLE=$AWS_CA_BUNDLE")
  given=(
    env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
    DAGSTER_HOME="$home" AWS_EC2_METADATA_DISABLED=true PYTHONDONTWRITEBYTECODE=1
    "${variables[@]}"
  )
}
with_settings() {
  local given=()
  settings
  "${given[@]}" "$@"
}

# start_dagster: webserver and daemon on $home/workspace.yaml; each tells its name to its code
start_dagster() {
  local port given=()
  port=$(free_port)
  settings
  address=http://127.0.0.1:$port
  cd "$home" || return 1
  background "$home/webserver.out" "${given[@]}" LANE_ROLE=webserver \
    dagster-webserver --host 127.0.0.1 --port "$port" --workspace "$home/workspace.yaml"
  webserver=$last
  # Both make the databases of a new home, and two at one time make them twice.
  wait_for 240 ask ready || { cd "$work" || true; return 1; }
  background "$home/daemon.out" "${given[@]}" LANE_ROLE=daemon \
    dagster-daemon run --workspace "$home/workspace.yaml"
  daemon=$last
  cd "$work" || return 1
}

stop_dagster() {
  [ -z "$daemon" ] || end "$daemon"
  [ -z "$webserver" ] || end "$webserver"
  webserver='' daemon=''
}

ask() { "$python/python" "$here/webserver.py" "$address" "$@"; }
objects() { with_settings "$python/python" "$here/objects.py" "$@"; }

# materialize TEXT ASSETS [PARTITION]: the run's id stays in `run`
materialize() {
  local text=$1
  shift
  check "$text" 0 -- ask launch "$@" || return 1
  run=$(tail -1 "$work/out")
}
