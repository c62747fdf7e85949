# Modal's clients, and the control plane on loopback; sourced by the lanes that use it. `cache` is the
# folder with the clients, `work` the lane's own.
plane='' fake=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/fake

# ends PID: it and its children are gone
ends() {
  [ -n "$1" ] || return 0
  kill -TERM "$1" 2> /dev/null
  wait "$1" 2> /dev/null
  return 0
}

install() { # install VERSION
  local python=$cache/$1
  [ -x "$python/bin/modal" ] && [ -f "$python/whole" ] && return 0
  echo "installing modal $1" >&2
  python3 -m venv --clear "$python" &&
    "$python/bin/pip" install --quiet --disable-pip-version-check "modal==$1" \
      -r "$fake/../requirements.txt" >&2 && touch "$python/whole"
}

wait_for() { # wait_for SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

start_plane() {
  mkdir -p "$work/plane"
  rm -f "$work/plane"/*
  "$cache/1.6.4/bin/python" -B "$fake/serve.py" "$work/plane" ak-lane as-lane \
    2> "$work/plane.log" &
  plane=$!
  wait_for 60 test -s "$work/plane/port" || { fail 'the control plane starts'; exit 1; }
  export MODAL_SERVER_URL=http://127.0.0.1:$(cat "$work/plane/port")
}
faults() { echo "$1" > "$work/plane/faults.json"; }
no_faults() { rm -f "$work/plane/faults.json"; }

# in_plane EXPRESSION: whether it holds of the control plane's state
in_plane() {
  "$cache/1.6.4/bin/python" -c "
import hashlib, json, sys
state = json.load(open('$work/plane/state.json'))
secrets, apps = state.get('secrets', {}), state.get('apps', {})
sha = lambda text: hashlib.sha256(text.encode()).hexdigest()
sys.exit(0 if ($1) else 1)"
}
holds() { # holds TEXT EXPRESSION
  if in_plane "$2"; then pass "$1"; else fail "$1"; fi
}
