#!/bin/bash
# Whether the packages of `cargo xtask dist` install, run and go away again in clean trees.
#   usage: run.sh [bookworm] [trixie] [rpm]     in the workspace root; all without an argument
# DIST=DIR tries the packages that are there instead of building them.
# Needs root, mmdebstrap, rpm and a mirror of Debian once; the trees stay in target/e2e.
# Each step prints a line; the last line counts them.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/count.sh
. "$here/../count.sh"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/packages
dist=${DIST:-$target/dist}
tree=''
stop() {
  [ -z "$tree" ] || rm -rf "$tree"
  [ -z "$work" ] || rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install() {
  local missing=() package
  for package in mmdebstrap rpm debian-archive-keyring; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' || missing+=("$package")
  done
  [ "${#missing[@]}" = 0 ] && return 0
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" > "$work/out" 2>&1
}

# Every path of the tree, without what apt and dpkg write for themselves.
list_tree() { (cd "$tree" && find . -xdev -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -path ./var/cache -prune -o -path ./tmp -prune -o -print | LC_ALL=C sort); }

in_tree() { chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

# offers SHELL LINE WORD [NEVER]: the shell, with what the package installed, offers WORD behind LINE
offers() {
  local text="$1 offers $3 behind '$2'"
  case $1 in
    zsh) in_tree zsh -f /tmp/offers.zsh "$2" ;;
    fish) in_tree fish -c 'complete -C $argv[1]' "$2" ;;
  esac > "$work/out" 2>&1
  if grep -qF -- "$3" "$work/out" && { [ -z "${4:-}" ] || ! grep -qF -- "$4" "$work/out"; }; then
    pass "$text"
  else
    fail "$text"
    sed 's/^/      | /' "$work/out"
  fi
}

try_completions() {
  local shell run lake=--sandbox=/tmp/lake
  cp "$here/offers.zsh" "$tree/tmp/"
  check "a sandbox is set up" 0 -- in_tree datalake $lake provision --yes
  run=$(in_tree datalake $lake history | grep -o '^R-[^ ]*')
  for shell in zsh fish; do
    offers "$shell" 'datalake doct' doctor
    offers "$shell" 'datalake schedule ' apply 'Note how'
    offers "$shell" 'datalake --region ' nbg1
    offers "$shell" 'datalake provision --handover p' podman-secret
    offers "$shell" 'datalake doctor --only dag' dagster-yaml
    offers "$shell" 'datalake doctor --explain host-env' host-env-file-mode
    offers "$shell" 'datalake job run --on ' modal
    offers "$shell" "datalake $lake rollback " "$run"
    offers "$shell" "datalake --state /tmp/lake/state history " "$run"
    offers "$shell" "datalake $lake bucket show " sandbox-dagster-assets
    offers "$shell" "datalake $lake --bucket " sandbox-dagster-assets
  done
  rm -rf "$tree/tmp/lake" "$tree/tmp/offers.zsh"
}

debian() {
  local suite=$1 archive deb
  label=$suite
  archive=$cache/$suite-shells.tar
  deb=$(echo "$dist"/datalake_*.deb)
  if [ ! -e "$archive" ]; then
    say "building a tree of $suite"
    mmdebstrap --variant=minbase --include=fish,zsh "$suite" "$cache/new-$suite.tar" ${MIRROR:-} > "$work/out" 2>&1 &&
      mv "$cache/new-$suite.tar" "$archive" || {
      fail "a tree of $suite cannot be built"
      tail -5 "$work/out"
      return
    }
  fi
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  tar -C "$tree" --exclude='./dev/*' -xf "$archive"
  list_tree > "$work/before"
  cp "$deb" "$tree/tmp/datalake.deb"
  check "the package installs" 0 -- in_tree dpkg --install /tmp/datalake.deb || return
  check "the program runs" 0 "datalake" -- in_tree datalake --version
  check "dpkg finds every file as it was" 0 -- in_tree dpkg --verify datalake
  check "the sample spec is read" 0 "acme-dagster-assets" -- \
    in_tree datalake --config /usr/share/doc/datalake/examples/datalake.yaml config show
  check "there are man pages" 0 "datalake.1.gz" -- in_tree ls /usr/share/man/man1
  check "bash's completions are shell" 0 -- in_tree bash -n /usr/share/bash-completion/completions/datalake
  try_completions
  check "the licences are there" 0 -- in_tree test -s /usr/share/doc/datalake/LICENSE-MIT
  check "a second installation changes nothing" 0 -- in_tree dpkg --install /tmp/datalake.deb
  check "the package goes" 0 -- in_tree dpkg --purge datalake
  rm -f "$tree/tmp/datalake.deb"
  list_tree > "$work/after"
  check "nothing of it stays" 0 -- diff "$work/before" "$work/after"
  rm -rf "$tree"
  tree=''
}

rpm_tree() {
  local rpm
  label=rpm
  rpm=$(echo "$dist"/datalake-*.rpm)
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  check "the package installs into an empty tree" 0 -- rpm --root "$tree" --nosignature --install "$rpm" || return
  check "the program runs" 0 "datalake" -- "$tree/usr/bin/datalake" --version
  check "rpm finds every file as it was" 0 -- rpm --root "$tree" --verify datalake
  check "the sample spec is there" 0 -- test -s "$tree/usr/share/doc/datalake/examples/datalake.yaml"
  check "the licences are there" 0 -- test -s "$tree/usr/share/licenses/datalake/LICENSE-MIT"
  check "the package goes" 0 -- rpm --root "$tree" --erase datalake
  check "nothing of it stays" 1 -- sh -c "find '$tree' -name '*datalake*' | grep ."
  info "Fedora itself: untried"
  rm -rf "$tree"
  tree=''
}

mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-packages.XXXXXX")
label=lane
if ! install; then
  fail "what the lane needs cannot be installed"
elif [ -z "${DIST:-}" ] && ! cargo xtask dist; then
  fail 'the packages cannot be built'
else
  check "the checksums are right" 0 -- sh -c "cd '$dist' && sha256sum --quiet -c SHA256SUMS"
  check "the bill of materials is JSON with components" 0 -- sh -c \
    "python3 -c 'import json,sys; assert len(json.load(open(sys.argv[1]))[\"components\"]) > 100' '$dist'/*.cdx.json"
  [ $# -gt 0 ] || set -- bookworm trixie rpm
  for part in "$@"; do
    case $part in rpm) rpm_tree ;; *) debian "$part" ;; esac
  done
fi
counted
