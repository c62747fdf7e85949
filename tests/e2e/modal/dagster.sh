# The generated asset in the real Dagster calls the deployed function; sourced by run.sh.

install_dagster() {
  [ -f "$cache/dagster/whole" ] && return 0
  echo 'installing Dagster' >&2
  python3 -m venv --clear "$cache/dagster" &&
    "$cache/dagster/bin/pip" install --quiet --disable-pip-version-check dagster dagster-aws \
      'boto3>=1.38' modal==1.6.4 >&2 && touch "$cache/dagster/whole"
}

# A host with the usual units, below the lane's folder.
host_with_units() {
  local units=$work/host/var/lib/dagster/.config/containers/systemd
  echo "dagster-user:x:$(id -u):$(id -g)::/var/lib/dagster:/usr/sbin/nologin" \
    > "$work/host/etc/passwd"
  mkdir -p "$units"
  cp "$here"/../../fixtures/quadlets/base/* "$units"
}

object() { # object KEY: what it holds
  "$cache/dagster/bin/python" -c '
import boto3, sys
print(boto3.client("s3").get_object(Bucket="lane-modal-assets", Key=sys.argv[1])["Body"].read().decode())' "$1"
}

put_rows() { # put_rows KEY: two rows of JSON
  "$cache/dagster/bin/python" -c '
import boto3, sys
boto3.client("s3").put_object(Bucket="lane-modal-assets", Key=sys.argv[1], Body=b"[{\"x\": 1}, {\"x\": 2}]")' "$1"
}

# A run that is ended takes its call in Modal with it.
cancels() {
  sed -i 's/^    return {"sums": sums}/    import time\n\n    time.sleep(300)\n    return {"sums": sums}/' \
    "$work/project/modal_functions.py"
  check 'a function that takes long is deployed' 0 Deployed -- \
    lake modal deploy "$work/project/modal_functions.py"
  say_materialize "$work/project/modal_assets.py" modal_processed
  "${dagster_call[@]}" > "$work/cancelled" 2>&1 < /dev/null &
  local run=$!
  if wait_for 120 in_plane "state['containers']['busy'] == 1"; then
    pass 'Modal is at work'
  else
    fail 'Modal gets no call'
    tail -20 "$work/cancelled"
  fi
  kill -INT "$run"
  if wait_for 60 in_plane "state['cancelled'] == 1 and state['containers']['busy'] == 0"; then
    pass 'a run that is ended takes its call with it'
  else
    fail 'the call goes on'
    tail -20 "$work/cancelled"
  fi
  ends "$run"
}

# materialize FILE ASSET [WORDS...]: with what the env file hands over, and no other variable of the
# lane's
materialize() {
  say_materialize "$@"
  "${dagster_call[@]}"
}

# Puts that command into `dagster_call`: to start it without a shell between gives its own number.
say_materialize() {
  local variables
  mapfile -t variables < <(grep -v '^#' "$env_file")
  dagster_call=(env -i --default-signal=INT PATH=/usr/bin:/bin HOME="$work/home" NO_PROXY=127.0.0.1
    DAGSTER_HOME="$work/dagster" DAGSTER_DISABLE_TELEMETRY=yes MODAL_SERVER_URL="$MODAL_SERVER_URL"
    "${variables[@]}" "$cache/dagster/bin/dagster" asset materialize -f "$1" --select "${@:2}")
}

with_dagster() {
  label='dagster'
  install_dagster || { skip 'Dagster cannot be installed'; return 0; }
  local env_file=$work/host/var/lib/dagster/.config/datalake/s3.env
  mkdir -p "$work/dagster"
  # The same as Dagster's containers have; it can tell that nothing else is in the secret.
  use 1.6.4
  label='dagster'
  host_with_units
  sed -i 's/^modal: {/modal: { token: env,/' "$work/datalake.yaml"
  check 'provision, with a token for the containers' 0 '' -- lake provision --yes
  check 'the env file hands it over' 0 'MODAL_TOKEN_SECRET=as-lane' -- cat "$env_file"
  holds 'Modal has the secret without it' \
    "'AWS_ACCESS_KEY_ID' in secrets['main/hetzner-s3'] and not [k for k in secrets['main/hetzner-s3'] if k.startswith('MODAL_')]"
  DATALAKE_BUCKET=lane-second-assets check 'other values' 0 '' -- lake provision --yes
  holds 'Modal has them' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-second-assets')"
  check 'rollback brings the old ones back' 0 'restore in Modal' -- lake rollback --yes
  holds 'from the kept copy of the env file' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-modal-assets')"
  check 'nothing is left to do' 0 'In sync' -- lake status
  check 'the secret is deleted' 0 'has no secret' -- lake modal secret delete --yes
  check 'rollback of that makes it anew' 0 'restore in Modal' -- lake rollback --yes
  check 'nothing is left to do again' 0 'In sync' -- lake status
  check 'the project of dagster init' 0 -- lake dagster init --layout single-file "$work/project"
  check 'modal init beside it' 0 -- lake modal init "$work/project"
  check 'the functions are deployed' 0 -- lake modal deploy "$work/project/modal_functions.py"
  check 'the asset with the rows' 0 'RUN_SUCCESS' -- \
    materialize "$work/project/example_s3_assets.py" modal_input
  check 'the asset that Modal computes' 0 'RUN_SUCCESS' -- \
    materialize "$work/project/modal_assets.py" modal_processed
  cp "$work/out" "$work/out.run"
  check 'its result is in the bucket' 0 '"rows": 5' -- object modal/processed.json
  check 'the page of the call is told' 0 'https://modal.com/id/fc-' -- \
    grep -rh 'modal.com/id' "$work/out.run"
  put_rows modal/days/2026-01-02.json
  check 'a partition is computed by itself' 0 'RUN_SUCCESS' -- \
    materialize "$work/project/modal_assets.py" modal_days --partition 2026-01-02
  check 'its result is in the bucket, too' 0 '"rows": 2' -- object modal/processed/2026-01-02.json
  cancels
  check 'rollback takes the token out of the host and the secret out of Modal' 0 '' -- \
    lake rollback --yes
  check 'the env file is gone' 1 '' -- test -e "$env_file"
  holds 'the secret, too' "'main/hetzner-s3' not in secrets"
}
