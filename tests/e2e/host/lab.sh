#!/bin/bash
# A real systemd with a real rootless podman, in namespaces of their own; no network reaches it.
#   lab.sh make  SUITE        make the clean root tree (trixie or sid) with mmdebstrap, once
#   lab.sh start SUITE        boot a fresh copy of it; `dagster-user` (uid 900) lingers
#   lab.sh run   SUITE CMD…   run CMD as root in it
#   lab.sh user  SUITE CMD…   run CMD as dagster-user in it, with XDG_RUNTIME_DIR
#   lab.sh root  SUITE        print where its root tree lies, seen from outside
#   lab.sh files SUITE NAME PACKAGE…  unpack packages and all that they need, to make an image of; once
#   lab.sh stop  SUITE        end it: only its own PID 1 is killed, and its copy removed
# Needs root, util-linux, mmdebstrap, a mounted cgroup2. Trees stay in $CARGO_TARGET_DIR/e2e/host.
set -euo pipefail
usage() { sed -n '2,10s/^# \?//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
command=$1 suite=$2
shift 2
cache=$(realpath -m "${CARGO_TARGET_DIR:-target}/e2e/host/$suite")
clean=$cache/clean root=$cache/root
# Where the lab's S3 service answers: an address that its containers reach as well (README.md).
service_name=s3.lab.test service_address=10.99.0.1

packages=(
  systemd systemd-sysv dbus dbus-user-session libpam-systemd sudo procps iproute2
  podman crun passt uidmap catatonit fuse-overlayfs netavark aardvark-dns nftables buildah
  busybox-static python3 ca-certificates
)
# What a container has no devices, no network or no need for.
masked=(
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
  systemd-networkd.service systemd-networkd.socket systemd-resolved.service
  systemd-timesyncd.service systemd-modules-load.service systemd-sysctl.service
  systemd-firstboot.service getty.target console-getty.service
  apt-daily.timer apt-daily-upgrade.timer podman-auto-update.timer
)

mirror() { # the one that this machine's own apt uses: of its lists, or of its sources
  local uri
  uri=$(
    {
      apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2> /dev/null
      sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2> /dev/null |
        tr ' ' '\n'
      sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null
    } | sed 's#/$##' | grep -m1 '/debian$'
  ) || true
  if [ -z "$uri" ]; then
    echo "lab.sh: this machine's apt has no Debian mirror to make the lab from" >&2
    return 1
  fi
  echo "$uri"
}

make_tree() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg from
  [ ! -e "$clean/var/lib/systemd/linger/dagster-user" ] || return 0
  from=$(mirror)
  # Made under another name first: one that was cut short is never taken for whole.
  rm -rf "$clean" "$clean.part"
  mkdir -p "$cache"
  mmdebstrap --quiet --variant=minbase --include="${packages[*]}" \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$clean.part" "deb [signed-by=$keyring] $from $suite main"
  configure "$clean.part"
  mv "$clean.part" "$clean"
}

# The files of packages, none of which is set up; prints where they lie.
unpack() { # NAME PACKAGE…
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg name=$1 from
  shift
  if [ ! -d "$cache/$name" ]; then
    from=$(mirror)
    rm -rf "$cache/$name.part"
    mmdebstrap --quiet --variant=extract --include="$(IFS=,; echo "$*")" \
      --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
      --aptopt='Acquire::Check-Valid-Until "false"' \
      --aptopt='Apt::Install-Recommends "false"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/man/*' \
      "$suite" "$cache/$name.part" "deb [signed-by=$keyring] $from $suite main" >&2
    mv "$cache/$name.part" "$cache/$name"
  fi
  echo "$cache/$name"
}

configure() { # TREE
  local tree=$1 unit file
  for unit in "${masked[@]}"; do ln -sf /dev/null "$tree/etc/systemd/system/$unit"; done
  echo lab > "$tree/etc/hostname"
  printf '%s\n' '127.0.0.1 localhost lab' "$service_address $service_name" > "$tree/etc/hosts"
  : > "$tree/etc/resolv.conf"
  # A cgroup2 of a machine with the hybrid layout has no controllers.
  mkdir -p "$tree/etc/containers"
  printf '[containers]\npids_limit = 0\n' > "$tree/etc/containers/containers.conf"
  # Podman's user units wait up to 90 s for this target; nothing else asks for it here.
  mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
  ln -sf /usr/lib/systemd/system/network-online.target \
    "$tree/etc/systemd/system/multi-user.target.wants/"
  chroot "$tree" useradd -r -u 900 -U -d /var/lib/dagster -m -s /usr/sbin/nologin dagster-user
  for file in subuid subgid; do # `useradd -r` writes none
    grep -qs ^dagster-user: "$tree/etc/$file" ||
      echo dagster-user:200000:65536 >> "$tree/etc/$file"
  done
  mkdir -p "$tree/var/lib/systemd/linger"
  certify "$tree"
  touch "$tree/var/lib/systemd/linger/dagster-user"
}

# A certificate for the S3 service at $service_name, from an authority that this tree trusts.
certify() { # TREE
  mkdir -p "$1/etc/lab" "$1/usr/local/share/ca-certificates"
  chroot "$1" sh -ec '
    umask 077
    cd /etc/lab
    new="openssl req -x509 -newkey rsa:2048 -nodes -days 3650"
    $new -subj "/CN=Lab authority" -keyout authority.key -out authority.pem \
      -addext keyUsage=critical,keyCertSign,cRLSign
    $new -CA authority.pem -CAkey authority.key -subj "/CN=$1" \
      -keyout certificate.key -out certificate.pem \
      -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=DNS:$1,IP:$2"
    install -m 644 authority.pem /usr/local/share/ca-certificates/lab.crt
    update-ca-certificates
  ' _ "$service_name" "$service_address" > "$cache/certificate.log" 2>&1 ||
    { cat "$cache/certificate.log" >&2; return 1; }
}

# Boots the tree $1 as its own first process: pid, mount, net, uts, ipc and cgroup namespaces.
boot='
set -e
root=$1 pid_file=$2 cgroup=$3 service_address=$5
echo $$ > "$cgroup/cgroup.procs"
echo "$$ $(cut -d" " -f22 /proc/$$/stat)" > "$pid_file"
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child \
  --propagation private bash -ec "$4" _ "$root" "$service_address"
'
# In the new namespaces.
settle='
r=$1
mount --rbind "$r" "$r"
mount -t proc proc "$r/proc"
mount -t sysfs sysfs "$r/sys"
mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$r/run"
mount -t tmpfs -o mode=1777 tmpfs "$r/tmp"
mount -t tmpfs -o mode=755 tmpfs "$r/dev"
for n in null zero full random urandom tty; do
  touch "$r/dev/$n"
  mount --bind "/dev/$n" "$r/dev/$n"
done
mkdir "$r/dev/pts" "$r/dev/shm" "$r/dev/net"
mknod -m 666 "$r/dev/fuse" c 10 229
mknod -m 666 "$r/dev/net/tun" c 10 200
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$r/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$r/dev/shm"
ln -s pts/ptmx "$r/dev/ptmx"
ln -s /proc/self/fd "$r/dev/fd"
for i in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${i%%:*}" "$r/dev/${i#*:}"; done
touch "$r/dev/console"
mount --bind /dev/null "$r/dev/console"
hostname lab
ip link set lo up
ip address add "$2/32" dev lo
cd "$r"
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
mount --make-rshared /
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
  /lib/systemd/systemd --log-target=journal systemd.unit=multi-user.target
'

# The process that holds the namespaces, as long as it is the one that was started here.
holder() {
  local pid started
  [ -f "$cache/pid" ] && read -r pid started < "$cache/pid" || return 1
  [ "$(cut -d' ' -f22 "/proc/$pid/stat" 2> /dev/null)" = "$started" ] || return 1
  echo "$pid"
}
first_process() { # systemd, seen from outside
  local pid
  pid=$(holder) && ps -o pid= --ppid "$pid" | grep -m1 -o '[0-9]*'
}

enter() { # CMD…
  local pid
  pid=$(first_process) || { echo "the lab $suite does not run" >&2; exit 1; }
  exec nsenter -t "$pid" -m -u -i -n -p -C env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 TERM=dumb "$@"
}

stop() {
  local pid cgroup
  if pid=$(holder); then
    # The end of the first process is the end of all others in its namespace.
    kill -KILL "$(first_process)" "$pid" 2> /dev/null || true
    for _ in $(seq 100); do holder > /dev/null || break; sleep 0.1; done
  fi
  if [ -f "$cache/cgroup" ]; then
    cgroup=$(cat "$cache/cgroup")
    for _ in $(seq 50); do
      find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null || true
      [ -d "$cgroup" ] || break
      sleep 0.1
    done
  fi
  rm -f "$cache/pid" "$cache/cgroup"
  rm -rf "$root"
}

start() {
  local cgroup mounted
  [ -d "$clean" ] || { echo "no tree yet: lab.sh make $suite" >&2; exit 1; }
  mounted=$(findmnt -t cgroup2 -no TARGET | head -1)
  [ -n "$mounted" ] || { echo "no cgroup2 is mounted" >&2; exit 1; }
  stop
  cp -a --reflink=auto "$clean" "$root"
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$root/etc/machine-id"
  cgroup=$mounted/datalake-lab-$suite-$$
  mkdir -p "$cgroup"
  echo "$cgroup" > "$cache/cgroup"
  setsid bash -c "$boot" _ "$root" "$cache/pid" "$cgroup" "$settle" "$service_address" \
    > "$cache/boot.log" 2>&1 < /dev/null &
  for _ in $(seq 150); do
    sleep 0.2
    if [ "$(bash "$0" run "$suite" systemctl is-active user@900.service 2> /dev/null)" = active ]; then
      return 0
    fi
  done
  cat "$cache/boot.log" >&2
  echo "the lab $suite does not boot" >&2
  exit 1
}

case $command in
make) make_tree ;;
start) start ;;
run) enter "$@" ;;
user)
  enter env -C /var/lib/dagster HOME=/var/lib/dagster setpriv --reuid 900 --regid 900 --init-groups \
    env XDG_RUNTIME_DIR=/run/user/900 "$@"
  ;;
root) echo "$root" ;;
files)
  [ $# -ge 2 ] || usage
  unpack "$@"
  ;;
stop) stop ;;
*) usage ;;
esac
