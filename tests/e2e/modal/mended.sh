# What users of Modal met, and meet no more; sourced by run.sh.

# spec_alone: Modal's part of a spec, and nothing else
spec_alone() { echo 'modal: { secret: hetzner-s3, apps: [dagster-compute] }' > "$work/alone.yaml"; }
alone_lake() {
  "$program" --root "$work/host" --state "$work/state" --config "$work/alone.yaml" "$@"
}

# What users met, and meet no more.
mended() {
  lake modal secret sync --yes > /dev/null 2>&1 < /dev/null
  environments
  profiles
  variables_missing
  spec_alone
  check 'init needs no bucket in the spec' 0 'Next:' -- \
    env -u AWS_ENDPOINT_URL_S3 -u AWS_REGION "$program" --root "$work/host" --state "$work/state" \
    --config "$work/alone.yaml" modal init "$work/alone"
  check 'nor does deploy' 0 'Deployed' -- alone_lake modal deploy "$work/alone/modal_functions.py"
  check 'nor does check' 0 '✓ sound    modal-answer: ' -- alone_lake modal check -v
  rm -rf "$work/alone"
  broken_client
  stand_ins
  handed_over
  killed
  ratio
}

environments() {
  check 'an environment that is not there is its own answer' 78 \
    'Modal has no environment `dve`: did you mean `dev`?' -- lake modal --env dve secret status
  check 'and nothing is stored in it' 78 'did you mean `dev`?' -- \
    lake modal --env dve secret sync --yes
  MODAL_ENVIRONMENT=dve check 'also where the client itself names it' 78 'no environment `dve`' -- \
    lake modal secret status
  check 'one that is there has no such secret' 3 absent -- lake modal --env dev secret status
  check 'and gets one' 0 Proved -- lake modal --env dev secret sync --yes
  holds 'there' "'dev/hetzner-s3' in secrets"
  check 'and loses it' 0 '' -- lake modal --env dev secret delete --all --yes
}

profiles() {
  printf '[acme]\ntoken_id = "ak-lane"\ntoken_secret = "as-lane"\n' > "$work/two.toml"
  printf '[other]\ntoken_id = "ak-2"\ntoken_secret = "as-2"\n' >> "$work/two.toml"
  chmod 600 "$work/two.toml"
  local without=(env -u MODAL_TOKEN_ID -u MODAL_TOKEN_SECRET MODAL_CONFIG_PATH="$work/two.toml")
  local call=("$program" --root "$work/host" --state "$work/state" --config "$work/datalake.yaml")
  check 'of two profiles none is active' 3 'has the profiles acme, other, and none is' -- \
    "${without[@]}" "${call[@]}" modal check
  check 'a sync says so, too' 78 'has the profiles acme, other, and none is active' -- \
    "${without[@]}" "${call[@]}" modal secret sync --yes
  check 'one that is named counts' 0 'in step' -- \
    "${without[@]}" MODAL_PROFILE=acme "${call[@]}" modal secret status
}

# change_secret LINES: changes the secret as its dashboard would
change_secret() {
  "$cache/1.6.4/bin/python" -c "
import modal
class Gone(dict):
    def items(self): return [('AWS_REGION', None)]
secret = modal.Secret.from_name('hetzner-s3')
$1"
}

variables_missing() {
  change_secret "secret.update(Gone(AWS_REGION=''))"
  holds 'a variable is taken out' "'AWS_REGION' not in secrets['main/hetzner-s3']"
  check 'that is drift' 3 'a variable that datalake has stored there is missing' -- \
    lake modal secret status
  check 'doctor tells it' 3 'a variable that datalake has stored' -- lake doctor --only modal
  check 'sync puts it back' 0 Proved -- lake modal secret sync --yes
  holds 'it is there' "'AWS_REGION' in secrets['main/hetzner-s3']"
  change_secret "secret.update({'AWS_REGION': 'edited'})"
  check 'an edited value cannot be seen, and the words say so' 0 'an edited value cannot be seen' -- \
    lake modal secret status
  check 'sync has nothing to do' 0 'Nothing to do' -- lake modal secret sync --yes
  check 'unless it is forced' 0 Proved -- lake modal secret sync --force --yes
  holds 'the value is right again' "secrets['main/hetzner-s3']['AWS_REGION'] == sha('fsn1')"
}

# A Python whose client of this version cannot be imported.
broken_client() {
  mkdir -p "$work/broken"
  printf '#!%s\n' "$work/broken/python3" > "$work/broken/modal"
  cat > "$work/broken/python3" << SH
#!/bin/sh
exec "$cache/$version/bin/python" -I -c 'import sys
sys.modules["grpclib"] = None
exec(sys.argv[1])' "\$3"
SH
  chmod +x "$work/broken/modal" "$work/broken/python3"
  PATH=$work/broken:$plain check 'a client that cannot start is not sound' 3 \
    '✗ wrong    modal-client: ' -- lake modal check
  PATH=$work/broken:$plain check 'nor stores it anything' 78 'it cannot start' -- \
    lake modal secret sync --force --yes
}

# The stand-ins of pyenv, asdf and mise, as each of them writes them, with a tool that knows `which`.
stand_ins() {
  local tools=$work/tools shims=$work/shims
  mkdir -p "$tools" "$shims"
  for tool in pyenv asdf mise; do
    printf '#!/bin/sh\n[ "$1 $2" = "which modal" ] && echo %s/bin/modal\n' "$cache/$version" \
      > "$tools/$tool"
    chmod +x "$tools/$tool"
  done
  printf '#!/usr/bin/env bash\nset -e\nprogram="${0##*/}"\nexport PYENV_ROOT="%s"\nexec "%s/pyenv" exec "$program" "$@"\n' \
    "$work" "$tools" > "$shims/modal"
  chmod +x "$shims/modal"
  PATH=$shims:$plain check 'a stand-in of pyenv is followed' 0 'in step' -- lake modal secret status
  printf '#!/usr/bin/env bash\n# asdf-plugin: python 3.11\nexec %s/asdf exec "modal" "$@"\n' \
    "$tools" > "$shims/modal"
  PATH=$shims:$plain check 'a stand-in of asdf is followed' 0 'in step' -- lake modal secret status
  ln -sf "$tools/mise" "$shims/modal"
  PATH=$shims:$plain check 'a stand-in of mise is followed' 0 'in step' -- lake modal secret status
  rm -rf "$shims"
}

# In a container that has the secret, datalake works with nothing else.
handed_over() {
  mkdir -p "$work/nowhere"
  "$program" --root "$work/host" --state "$work/state" --config "$work/datalake.yaml" \
    bucket create lane-modal-assets > /dev/null 2>&1 < /dev/null
  check 'with the variables of the secret alone datalake works' 0 '' -- \
    env -i -C "$work/nowhere" PATH=/usr/bin:/bin HOME="$work/home" \
    AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID" AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" \
    AWS_ENDPOINT_URL_S3="$AWS_ENDPOINT_URL_S3" AWS_REGION=fsn1 AWS_DEFAULT_REGION=fsn1 \
    DAGSTER_S3_BUCKET=lane-modal-assets DATALAKE_FP_0123456789abcdef=1 \
    "$program" --root "$work/host" --state "$work/state" ls
}

# A run that is killed while Modal takes its time never overwrites what the next one has stored.
killed() {
  faults '{"hold": {"SecretUpdate": 4}}'
  DATALAKE_BUCKET=lane-killed-assets "$program" --root "$work/host" --state "$work/state" \
    --config "$work/datalake.yaml" modal secret sync --yes > "$work/killed" 2>&1 < /dev/null &
  local run=$!
  if wait_for 30 in_plane "state['calls'][-1] == 'SecretUpdate'"; then
    pass 'a run is storing the secret'
  else
    fail 'it never stores the secret'
  fi
  kill -KILL "$run"
  wait "$run" 2> /dev/null
  no_faults
  DATALAKE_BUCKET=lane-next-assets check 'the next run stores its own' 0 Proved -- \
    lake modal secret sync --yes
  sleep 5
  holds 'and that stays' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-next-assets')"
  check 'the usual values come back' 0 Proved -- lake modal secret sync --yes
  orphaned
}

# In a container nobody ends the client's Python with its run: it ends when nobody can ask any more.
orphaned() {
  local script began=$SECONDS
  script=$(cat "$here/../../../crates/datalake-modal/src/client.py")
  faults '{"hold": {"SecretUpdate": 30}}'
  {
    echo '{"do": "update", "seconds": 50, "name": "hetzner-s3", "values": {"A": "orphan"}}'
    sleep 4
  } | timeout 60 "$cache/$version/bin/python" -I -c "$script" > "$work/out" 2>&1
  no_faults
  if [ $((SECONDS - began)) -lt 25 ]; then
    pass 'a client whose run is gone does not go on'
  else
    fail "a client whose run is gone went on for $((SECONDS - began)) seconds"
  fi
  holds 'and stores nothing' "secrets['main/hetzner-s3'].get('A') != sha('orphan')"
}

# median COMMAND...: the median of five runs, in milliseconds
median() {
  local began times=()
  for _ in 1 2 3 4 5; do
    began=$(date +%s%N)
    "$@" > /dev/null 2>&1 < /dev/null
    times+=($((($(date +%s%N) - began) / 1000000)))
  done
  printf '%s\n' "${times[@]}" | sort -n | sed -n 3p
}

own_create_and_list() {
  "$cache/$version/bin/modal" secret create hetzner-ratio --force --from-json "$work/foreign.json"
  "$cache/$version/bin/modal" app list --json
}

# What a sync takes beside what the client itself takes to store a secret and list the apps: medians of
# five, one after the other. Printed; a machine that is busy says little.
ratio() {
  local own ours
  own=$(median own_create_and_list)
  ours=$(median lake modal secret sync --force --yes)
  info "secret sync takes $ours ms, secret create and app list $own ms: $((ours * 100 / own)) %"
}
