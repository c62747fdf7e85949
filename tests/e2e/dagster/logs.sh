# dagster.yaml in many forms: changed by `logs: s3`, loaded by Dagster itself, and given back. Then
# the proof that runs inside a container, where Dagster is right and where it is broken.
# shellcheck source=instance.sh
. "$here/instance.sh"

part_logs() {
  label=logs
  if ! start_sandbox lake-logs; then
    fail 'the sandbox does not start'
    return
  fi
  make_instance logs
  forms_of_yaml
  if [ "$(id -u)" = 0 ]; then the_proof_inside; else skip 'the proof inside: it needs root'; fi
  stop_store
}

forms_of_yaml() {
  local file name before=$work/before after=$work/after changed=0 same=0 wrong=''
  mkdir "$before" "$after"
  cp "$here"/../../fixtures/dagster/*.yaml "$before"
  "$python/python" "$here/generate.py" "$before" 100 "${SEED:-5}" || return
  for file in "$before"/*.yaml; do
    name=${file##*/}
    cp "$file" "$home/dagster.yaml"
    DATALAKE_LOGS=s3 on_host provision --yes > "$work/out" 2>&1 || wrong+=" $name:$?"
    cp "$home/dagster.yaml" "$after/$name"
    cmp -s "$file" "$after/$name" || changed=$((changed + 1))
    DATALAKE_LOGS=local on_host provision --yes > "$work/out" 2>&1 || wrong+=" $name:back:$?"
    if cmp -s "$file" "$home/dagster.yaml"; then same=$((same + 1)); else wrong+=" $name"; fi
  done
  info "$changed of $(find "$before" -type f | wc -l) files changed, the seed is ${SEED:-5}"
  check 'every file comes back byte for byte' 0 -- test -z "$wrong" || echo "      |$wrong"
  check 'Dagster loads each, and its keeper of logs alone differs' 0 ' 0 wrong' -- \
    env LANE_HOME="$home" "$python/python" "$here/loads.py" "$before" "$after"
}

the_proof_inside() {
  local probe
  probe=$(cat "$here/../../../crates/datalake-engine/src/deployment/probe.py")
  cp "$here/../../fixtures/dagster/01-seed-local-logs.yaml" "$home/dagster.yaml"
  sed -i "s|/opt/dagster/dagster_home|$home|" "$home/dagster.yaml"
  check 'provision with logs in the bucket' 0 -- env_logs_s3 provision --yes
  check 'inside: the bucket works and the keeper of logs loads' 0 'S3ComputeLogManager loads' -- \
    inside "$probe"
  cp "$home/dagster.yaml" "$work/dagster.yaml"
  sed -i 's|local_dir: .*|local_dir: {env: NOT_SET}|' "$home/dagster.yaml"
  check 'inside: a variable that is missing is told' 0 '"failed": "compute logs"' -- inside "$probe"
  check 'inside: which one' 0 NOT_SET -- inside "$probe"
  check 'then webserver and daemon start all the same' 0 -- start_broken
  stop_dagster
  check 'rollback stops at a file that somebody has edited' 4 dagster.yaml -- on_host rollback --yes
  cp "$work/dagster.yaml" "$home/dagster.yaml"
  check 'rollback, when the edit is undone' 0 -- on_host rollback --yes
  check 'provision with logs in files' 0 -- on_host provision --yes
  check 'inside: another keeper than the one that is meant is told' 0 'not by S3ComputeLogManager' -- \
    inside "$probe"
  mkdir -p "$work/broken/dagster_aws"
  echo 'raise ImportError("no such library in this image")' > "$work/broken/dagster_aws/__init__.py"
  check 'provision again' 0 -- env_logs_s3 provision --yes
  check 'inside: a library that cannot be loaded is told' 0 'no such library' -- \
    inside "$probe" PYTHONPATH="$work/broken"
}

env_logs_s3() { DATALAKE_LOGS=s3 on_host "$@"; }

start_broken() {
  local plain='defs = __import__("dagster").Definitions()'
  echo "$plain" > "$project/plain.py"
  printf 'load_from:\n  - python_file: %s\n' "$project/plain.py" > "$home/workspace.yaml"
  start_dagster
}

# inside PROBE [VARIABLE=VALUE...]: as `podman exec` runs it, beside a first process of its own
inside() {
  local probe=$1 given=() code
  shift
  settings
  background "$work/first.out" "${given[@]}" "$@" unshare --pid --fork --mount-proc --kill-child \
    "$python/python" -c 'import time; time.sleep(600)'
  wait_for 20 pgrep -P "$last"
  nsenter --target "$(pgrep -P "$last")" --pid --mount -- \
    env -i PATH="$PATH" ${AWS_CA_BUNDLE:+AWS_CA_BUNDLE="$AWS_CA_BUNDLE"} NO_PROXY=127.0.0.1 \
    python3 -I -c "$probe" "$DAGSTER_S3_BUCKET" assets/.probe-inside lane S3ComputeLogManager
  code=$?
  end "$last"
  return "$code"
}
