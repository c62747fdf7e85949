#!/bin/bash
# Starts a Ceph cluster of one node with its S3 gateway on loopback, without systemd.
#   usage: start.sh WORKDIR PORT     CHROOT=DIR takes the programs of that folder;
#   CERTIFICATE=FILE (with its key, below WORKDIR) has the gateway speak https, and http on the
#   port PLAIN beside it; DOMAIN=NAME has it answer for BUCKET.NAME too
# Two users are made: `test` (ACCESS, SECRET) and `other` (OTHER_ACCESS, OTHER_SECRET).
# WORKDIR/pids has one process id a line; whoever starts it ends them.
set -euo pipefail
work=$(realpath -m "${1:?usage: start.sh WORKDIR PORT}")
port=${2:?usage: start.sh WORKDIR PORT}
[ -z "${CHROOT:-}" ] || CHROOT=$(realpath "$CHROOT")
[ -z "$(ls -A "$work/mon" 2>/dev/null)" ] || { echo "$work holds an older cluster" >&2; exit 2; }
mkdir -p "$work"/{mon,osd,log,run}
: > "$work/pids"
cd "$work"
listen=endpoint=127.0.0.1:$port
[ -z "${CERTIFICATE:-}" ] || listen="ssl_endpoint=127.0.0.1:$port ssl_certificate=$CERTIFICATE"
[ -z "${PLAIN:-}" ] || listen="endpoint=127.0.0.1:$PLAIN $listen"
fsid=$(cat /proc/sys/kernel/random/uuid)

# With `auth = none` the gateway never connects, so there is a keyring. Without `tcp_nodelay` each
# read of a small object takes 40 ms.
cat > ceph.conf <<CONF
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$((port + 1))/0
mon initial members = a
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $work/keyring
cephx sign messages = false
run dir = $work/run
log file = $work/log/\$name.log
admin socket = $work/run/\$name.asok
pid file =
erasure code dir = /usr/lib/x86_64-linux-gnu/ceph/erasure-code
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
[mon.a]
mon data = $work/mon
[osd.0]
osd data = $work/osd
osd objectstore = memstore
memstore device bytes = $((2 * 1024 * 1024 * 1024))
osd op num shards = 2
osd max object name len = 2048
[client.rgw.a]
rgw frontends = beast $listen tcp_nodelay=1
rgw thread pool size = 32
rgw enable ops log = false
${DOMAIN:+rgw dns name = $DOMAIN}
CONF
export CEPH_CONF=$work/ceph.conf

# A mount namespace of its own, with WORKDIR at the same path inside; it goes with the process.
# shellcheck disable=SC2016
inside='mkdir -p "$0$1"; mount --bind "$1" "$0$1"; mount --bind /dev "$0/dev"
mount -t proc proc "$0/proc" 2>/dev/null || mount --bind /proc "$0/proc"
dir=$0; shift; exec chroot "$dir" "$@"'
run() {
  if [ -n "${CHROOT:-}" ]; then unshare -m sh -c "$inside" "$CHROOT" "$work" "$@"; else "$@"; fi
}
daemon() { # NAME COMMAND...: in its foreground form; the process id is kept
  local name=$1
  shift
  if [ -n "${CHROOT:-}" ]; then
    setsid unshare -m sh -c "$inside" "$CHROOT" "$work" "$@" > "log/$name.out" 2>&1 < /dev/null &
  else
    setsid "$@" > "log/$name.out" 2>&1 < /dev/null &
  fi
  echo $! >> pids
}
wait_for() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { echo "gave up on: $*" >&2; exit 1; }
    sleep 0.2
  done
}
mon_answers() { run timeout 5 ceph mon stat > /dev/null 2>&1; }
osd_is_up() { run ceph osd stat 2> /dev/null | grep -q '1 up'; }
gateway_listens() { (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; }

key() { run ceph-authtool "$@" > /dev/null; }
key --create-keyring "$work/keyring" --gen-key -n mon. --cap mon 'allow *'
key "$work/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
key "$work/keyring" --gen-key -n client.rgw.a --cap mon 'allow rw' --cap osd 'allow rwx'
key "$work/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
run monmaptool --create --clobber --addv a "[v2:127.0.0.1:$((port + 1))]" --fsid "$fsid" \
  "$work/monmap" > /dev/null
as_root=(--setuser root --setgroup root)
run ceph-mon -i a --mkfs --monmap "$work/monmap" --keyring "$work/keyring" "${as_root[@]}"
daemon mon ceph-mon -i a -f "${as_root[@]}"
wait_for 60 mon_answers

uuid=$(cat /proc/sys/kernel/random/uuid)
run ceph osd new "$uuid" 0 > /dev/null
run ceph auth import -i "$work/keyring" > /dev/null 2>&1
run ceph osd crush add osd.0 1.0 root=default host=localhost > /dev/null 2>&1 || true
run ceph-osd -i 0 --mkfs --osd-uuid "$uuid" "${as_root[@]}" > log/osd-mkfs.out 2>&1
daemon osd ceph-osd -i 0 -f "${as_root[@]}"
wait_for 60 osd_is_up

daemon gateway radosgw -n client.rgw.a -f "${as_root[@]}"
wait_for 90 gateway_listens
user() { # NAME ACCESS SECRET
  run radosgw-admin user create --uid="$1" --display-name="$1" --access-key="$2" \
    --secret-key="$3" > "$work/user-$1.json"
}
# For those who want to ask the cluster itself.
{
  echo '#!/bin/bash'
  declare -p CEPH_CONF work inside
  [ -z "${CHROOT:-}" ] || declare -p CHROOT
  declare -f run
  echo 'run radosgw-admin "$@"'
} > admin
chmod +x admin
user test "$ACCESS" "$SECRET"
user other "$OTHER_ACCESS" "$OTHER_SECRET"
run radosgw --version | cut -d' ' -f3 > version
