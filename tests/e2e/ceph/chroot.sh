#!/bin/bash
# Makes a folder with a newer Debian suite and its Ceph, beside the machine's own.
#   usage: chroot.sh DIR SUITE      trixie has Ceph 18.2 "Reef", sid has 20.2 "Tentacle"
# The mirror is the one of the machine's own apt. Needs mmdebstrap and root.
set -euo pipefail
dir=$(realpath -m "${1:?usage: chroot.sh DIR SUITE}")
suite=${2:?usage: chroot.sh DIR SUITE}
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ ! -x "$dir/usr/bin/radosgw" ] || exit 0

# Made under another name first: one that was cut short is never taken for whole.
rm -rf "$dir" "$dir.part"
mkdir -p "$(dirname "$dir")"
mmdebstrap --quiet --variant=apt \
  --include=ceph-mon,ceph-osd,radosgw,ceph-common \
  --aptopt='Apt::Install-Recommends "false"' \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$suite" "$dir.part" "deb [signed-by=$keyring] $mirror $suite main"
mv "$dir.part" "$dir"
