# Timers in a lab, to be sourced: due, missed, failed, slow, disk full, and back.
# shellcheck shell=bash disable=SC2154
units=/etc/systemd/system

# The operator's call where all stands in files, as a timer finds it.
filed() { as_root datalake --no-input "$@"; }
filed_as_user() { as_user datalake --no-input "$@"; }

# Names, kinds, modes, owners, link targets and contents of a folder of units.
unit_manifest() { # FOLDER
  as_root sh -c 'cd "$1" 2> /dev/null || exit 0
    find . -printf "%p %y %m %U:%G %l\n" | LC_ALL=C sort
    find . -type f -exec sha256sum {} + | LC_ALL=C sort' _ "$1"
}

# spec_with FOLDER OWNER: spec, key pair, addresses and metrics of root or a user
write_spec() {
  local folder=$1 owner=$2 metrics=$3
  as_root install -d -o "$owner" -g "$owner" -m 755 "$metrics" "$folder"
  as_root sh -c 'cat > "$1/datalake.yaml"; chown "$2:$2" "$1/datalake.yaml"' _ "$folder" "$owner" << END
endpoint: $endpoint
region: fsn1
bucket: $bucket
credentials: { file: keys.env }
cost: { budget: 100EUR }
host: { user: dagster-user, units: [dagster-daemon, dagster-webserver] }
schedule:
  jobs:
    usage: "*:*:0/10"
    cost-check: { at: daily, with: [--high] }
    doctor: { at: hourly, with: [--only, network] }
    key-age: "*:*:0/10"
    verify: weekly
  on-failure: [/usr/local/bin/tell-me, "it failed; 100% \$HOME"]
  ping: pings
  metrics: $metrics
END
  as_root sh -c 'umask 077
    printf "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n" "$3" "$4" > "$1/keys.env"
    printf "usage=http://127.0.0.1:8099/u\ndoctor=http://127.0.0.1:8099/d\nverify=http://127.0.0.1:8099/v\n" \
      > "$1/pings"
    chown "$2:$2" "$1/keys.env" "$1/pings"' _ "$folder" "$owner" "$access" "$secret"
}

# A service that notes what it is told, and a program of the operator's that does.
start_listeners() {
  as_root sh -c 'cat > /usr/local/bin/tell-me; chmod 755 /usr/local/bin/tell-me' << 'END'
#!/bin/sh
printf '%s %s\n' "$JOB" "$1" >> /tmp/told
END
  as_root sh -c 'cat > /usr/local/lib/pinged.py' << 'END'
import http.server, sys
class Pinged(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with open("/run/pinged", "a") as log:
            print(self.path, text.replace("\n", "|"), file=log)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", 8099), Pinged).serve_forever()
END
  as_root systemd-run --quiet --unit lab-pinged python3 /usr/local/lib/pinged.py
  as_root rm -f /tmp/told /run/pinged
}

# drop_in UNIT: its text on standard input
drop_in() {
  as_root sh -c 'mkdir -p "/run/systemd/system/$1.d" && cat > "/run/systemd/system/$1.d/lab.conf"' _ "$1"
}

promtool_of_debian() {
  local folder=$cache/promtool
  [ -x "$folder/usr/bin/promtool" ] || {
    mkdir -p "$folder" && (cd "$folder" && apt-get download -qq prometheus > /dev/null 2>&1 &&
      dpkg -x prometheus_*.deb . && rm -f prometheus_*.deb)
  }
  "$folder/usr/bin/promtool" "$@"
}

# stands JOB WORDS: `status`, which ends with 3 where a timer is troubled, says so of the job
stands() {
  filed status > "$work/status" 2>&1
  grep -F "timer     $1: $2" "$work/status"
}
ran_well() { stands "$1" 'ok at'; }

schedule_timers() {
  local metrics=/var/lib/metrics began
  check 'timers: a base host' 0 -- install_host base || return 1
  start_listeners
  write_spec /etc/datalake root "$metrics"
  filed bucket create > "$work/created" 2>&1
  unit_manifest "$units" > "$work/before"

  check 'values of the environment are refused' 78 "a timer reads the spec's file alone" -- \
    datalake schedule plan
  check 'a plan changes nothing' 3 'set timers' -- filed schedule plan
  check 'the units are as before' 0 -- diff "$work/before" <(unit_manifest "$units")
  # So that nobody has to wait: the units stay as they are.
  for timer in usage key-age; do
    printf '[Timer]\nRandomizedDelaySec=0\nAccuracySec=1us\n' | drop_in "datalake-$timer.timer"
  done
  printf '[Unit]\nConditionPathExists=/nowhere\n' | drop_in datalake-key-age.service
  check 'apply' 0 'rollback' -- filed schedule apply --yes || return 1
  check 'a second one has nothing to do' 0 'Nothing to do' -- filed schedule apply --yes
  check 'systemd finds nothing wrong with the units' 0 -- as_root sh -c \
    'out=$(systemd-analyze verify /etc/systemd/system/datalake-usage.timer \
      /etc/systemd/system/datalake-doctor.timer /etc/systemd/system/datalake-verify.timer 2>&1)
     echo "$out"; ! echo "$out" | grep -i datalake'
  check 'no secret is in a unit' 1 -- as_root grep -rF -e "$secret" -e 127.0.0.1:8099 "$units"
  check 'the timers start with the machine' 0 -- as_root sh -c \
    'systemctl show -p Wants timers.target | grep -q datalake-doctor.timer'

  due_and_well "$metrics"
  failed_and_told
  slow_one
  full_disk "$metrics"
  switched_off
  # Its timers begin anew with that.
  began=$SECONDS
  missed_while_off
  until [ $((SECONDS - began)) -gt 375 ]; do sleep 5; done
  check 'what was due and did not run is missed' 0 MISSED -- stands key-age 'MISSED: due at'
  check 'status ends with 3' 3 -- filed status

  check 'rollback of the last run stops what that has started' 0 -- filed rollback --yes
  check 'rollback of the first one' 0 -- filed rollback --yes
  check 'every unit, mode and owner is back' 0 -- diff "$work/before" <(unit_manifest "$units")
  check 'no timer is left' 1 -- as_root sh -c 'systemctl list-timers --all | grep datalake'
  # Other parts give the spec in the environment.
  as_root rm -rf /etc/datalake
  as_root rm -rf /run/systemd/system/datalake-*.d
  as_root systemctl daemon-reload
  timers_of_a_user
}

due_and_well() { # METRICS
  check 'what is due runs, and ends well' 0 -- until_true 60 ran_well usage || {
    as_root journalctl --no-pager -n 30 -u datalake-usage.service | sed 's/^/      | /'
    return 1
  }
  check 'its address is told when it begins' 0 '/u/start' -- as_root cat /run/pinged
  check 'and when it has ended' 0 '/u usage: ok' -- as_root cat /run/pinged
  check 'the metrics are for all to read' 0 '644 root' -- \
    as_root stat -c '%a %U' "$1/datalake-usage.prom"
  as_root cat "$1/datalake-usage.prom" > "$work/usage.prom"
  if promtool_of_debian --version > /dev/null 2>&1; then
    check 'promtool has nothing to say of them' 0 -- \
      sh -c '"$0" check metrics < "$1"' "$cache/promtool/usr/bin/promtool" "$work/usage.prom"
  else
    skip 'promtool: Debian does not give it here'
  fi
}

failed_and_told() {
  as_root sh -c 'echo 10.99.0.9 s3.gone.test >> /etc/hosts
    sed -i.kept s/s3.lab.test/s3.gone.test/ /etc/datalake/datalake.yaml'
  as_root systemctl start datalake-doctor.service > /dev/null 2>&1
  as_root mv /etc/datalake/datalake.yaml.kept /etc/datalake/datalake.yaml
  check 'a finding is a failure with its code' 0 'exit 3: it found something' -- \
    stands doctor 'FAILED at'
  check "the operator's program is run, with the job" 0 'doctor it failed; 100% $HOME' -- \
    until_true_then 10 as_root cat /tmp/told
  check 'the address is told' 0 '/d/fail doctor: exit 3' -- as_root cat /run/pinged
}

until_true_then() { local limit=$1; shift; until_true "$limit" "$@"; "$@"; }

slow_one() {
  printf '[Service]\nExecStart=\nExecStart=/bin/sleep 600\nTimeoutStartSec=15s\n' |
    drop_in datalake-verify.service
  as_root systemctl daemon-reload
  as_root systemctl start --no-block datalake-verify.service
  check 'what is at work is told' 0 -- until_true 12 stands verify 'running since'
  check 'one that takes too long is stopped, and told' 0 -- \
    until_true 40 stands verify 'FAILED at'
  check 'with the reason' 0 'took too long and was stopped' -- stands verify 'FAILED at'
  check 'its address, too' 0 '/v/fail verify: took too long' -- as_root cat /run/pinged
}

full_disk() { # METRICS
  as_root mount -t tmpfs -o size=64k tmpfs "$1"
  as_root sh -c 'head -c 1M /dev/zero > "$1/filler" 2> /dev/null; rm -f /tmp/told' _ "$1"
  as_root systemctl start datalake-usage.service > /dev/null 2>&1
  check 'a full disk: the run counts as failed' 0 -- as_root systemctl is-failed datalake-usage.service
  check 'a full disk: the log says what' 0 'disk is full' -- \
    as_root journalctl --no-pager -u datalake-usage.service
  check "a full disk: the operator's program is run" 0 usage -- until_true_then 10 as_root cat /tmp/told
  check 'a full disk: the address is told' 0 '/u/fail usage: ok|metrics' -- as_root cat /run/pinged
  check 'a full disk: no half file is there' 0 -- as_root sh -c '[ "$(ls -A "$1")" = filler ]' _ "$1"
  as_root umount "$1"
}

switched_off() {
  as_root systemctl stop datalake-cost-check.timer
  check 'a timer that is stopped is told' 0 STOPPED -- stands cost-check STOPPED
  check 'apply starts it again' 0 -- filed schedule apply --yes
  check 'it waits' 0 'has not been due yet' -- stands cost-check 'has not been due yet'
}

# What was due while the machine was off is caught up with: systemd knows the last time by a stamp.
missed_while_off() {
  local before
  as_root systemctl stop datalake-cost-check.timer
  printf '[Timer]\nRandomizedDelaySec=0\n' | drop_in datalake-cost-check.timer
  as_root touch -d '3 days ago' /var/lib/systemd/timers/stamp-datalake-cost-check.timer
  as_root systemctl daemon-reload
  before=$(date +%s)
  as_root systemctl start datalake-cost-check.timer
  check 'what was missed while the machine was off is caught up with' 0 -- \
    until_true 30 ran_well cost-check
  [ $(($(date +%s) - before)) -le 30 ] && pass 'at once' || fail 'not at once'
}

# The same by systemd's part for one user.
timers_of_a_user() {
  local folder=$config/systemd
  as_root mkdir -p "$(dirname "$home/metrics")"
  write_spec "$config/datalake" dagster-user "$home/metrics"
  unit_manifest "$folder" > "$work/before"
  check 'a user: apply' 0 -- filed_as_user schedule apply --yes || return 1
  check 'a user: the timers are there' 0 datalake-usage.timer -- manager list-timers --all
  check 'a user: a job runs' 0 -- manager start datalake-usage.service
  check 'a user: and is told' 0 -- sh -c 'grep -E "timer     usage: (ok at|due since)" "$0"' \
    <(filed_as_user status 2>&1)
  check 'a user: rollback' 0 -- filed_as_user rollback --yes
  check 'a user: every unit is back' 0 -- diff "$work/before" <(unit_manifest "$folder")
}
