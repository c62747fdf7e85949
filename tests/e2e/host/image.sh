#!/bin/bash
# Images for dagster-user of a running lab, made from the lab's own programs; nothing is fetched.
#   image.sh SUITE
#   localhost/dagster:latest      shell scripts with Dagster's command names, a Python that has only
#                                 its own library, and a `dagster` module that knows its version
#   localhost/dagster:bare        the same without Python
#   localhost/dagster:dies        as bare, but its daemon ends after a second, with 1
#   localhost/dagster:dies-with-s3  the same, only where it has been given a bucket
#   docker.io/library/postgres:16 `postgres` and `pg_isready`, without a database behind them
# Each long-running script ends at once on SIGTERM.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=${1:?usage: image.sh SUITE}
lab() { bash "$here/lab.sh" "$@"; }
clean=$(realpath -m "${CARGO_TARGET_DIR:-target}/e2e/host/$suite/clean")
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-image.XXXXXX")
trap 'rm -rf "$work"' EXIT

# script FILE: an executable from standard input
script() { mkdir -p "$(dirname "$1")" && cat > "$1" && chmod 755 "$1"; }

base() { # TREE: busybox, users, the lab's certificates
  local tree=$1 applet
  mkdir -p "$tree"/{bin,dev,etc/ssl/certs,proc,root,run,sys,tmp,usr/bin,usr/local/bin,usr/sbin,var/tmp}
  chmod 1777 "$tree/tmp" "$tree/var/tmp"
  cp "$clean/usr/bin/busybox" "$tree/bin/busybox"
  for applet in $(chroot "$tree" /bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
  done
  ln -s /bin/env "$tree/usr/bin/env"
  echo root:x:0:0:root:/root:/bin/sh > "$tree/etc/passwd"
  echo root:x:0: > "$tree/etc/group"
  # Where the lab's Python and OpenSSL look, and most others.
  cp "$clean/etc/ssl/certs/ca-certificates.crt" "$tree/etc/ssl/certs/"
}

dagster() { # TREE
  script "$1/usr/local/bin/dagster-webserver" <<'END'
#!/bin/sh
mkdir -p /tmp/www
echo '{"dagster_webserver_version":"1.12.6","dagster_version":"1.12.6"}' > /tmp/www/server_info
trap 'kill $!; exit 0' TERM INT
httpd -f -p 3000 -h /tmp/www &
echo "Serving dagster-webserver in process $$"
wait
END
  script "$1/usr/local/bin/dagster-daemon" <<'END'
#!/bin/sh
trap 'kill $!; exit 0' TERM INT
echo "Instance is configured with the following daemons: ['SchedulerDaemon']"
sleep 2147483647 &
wait
END
  # A code server: `dagster api grpc …`.
  script "$1/usr/local/bin/dagster" <<'END'
#!/bin/sh
trap 'kill $!; exit 0' TERM INT
echo 'Started Dagster code server'
sleep 2147483647 &
wait
END
}

dying_daemon() { # TREE CONDITION: ends with 1 after a second where the condition holds
  script "$1/usr/local/bin/dagster-daemon" <<END
#!/bin/sh
trap 'kill \$!; exit 0' TERM INT
if $2; then
  echo 'dagster._core.errors.DagsterInvalidConfigError: Errors whilst loading configuration' >&2
  sleep 1
  exit 1
fi
sleep 2147483647 &
wait
END
}

python() { # TREE
  local tree=$1 file version
  version=$(cd "$clean/usr/lib" && echo python3.*)
  mkdir -p "$tree/usr/lib/$version" "$tree/usr/lib/python3/dist-packages/dagster"
  cp -a "$clean/usr/bin/$version" "$clean/usr/bin/python3" "$tree/usr/bin/"
  ln -s python3 "$tree/usr/bin/python"
  tar -C "$clean/usr/lib/$version" --exclude=__pycache__ --exclude=./test --exclude=./pydoc_data \
    -c . | tar -C "$tree/usr/lib/$version" -x
  echo '__version__ = "1.12.6"' > "$tree/usr/lib/python3/dist-packages/dagster/__init__.py"
  ln -s usr/lib "$tree/lib"
  ln -s usr/lib64 "$tree/lib64"
  mkdir -p "$tree/usr/lib/ssl"
  ln -s /etc/ssl/certs/ca-certificates.crt "$tree/usr/lib/ssl/cert.pem"
  {
    chroot "$clean" ldd "/usr/bin/$version"
    (cd "$clean" && find "usr/lib/$version/lib-dynload" -name '*.so' -printf '/%p\n') |
      xargs chroot "$clean" ldd
  } | sed -nE 's/^[^:]*(=> |\t)(\/[^ ]+) \(.*/\2/p' | sort -u > "$work/libraries"
  while read -r file; do
    install -D -m 755 "$clean/$(chroot "$clean" readlink -f "$file")" "$tree/usr/${file#/usr/}"
  done < <(sed -E 's#^/(lib|lib64)/#/usr/\1/#' "$work/libraries")
}

import() { # TREE NAME COMMAND
  tar -C "$1" --numeric-owner --owner=0 --group=0 -c . |
    lab user "$suite" podman import --quiet --change "CMD [\"$3\"]" - "$2" > /dev/null
}

base "$work/bare"
dagster "$work/bare"
import "$work/bare" localhost/dagster:bare dagster-webserver

cp -a "$work/bare" "$work/latest"
python "$work/latest"
import "$work/latest" localhost/dagster:latest dagster-webserver

cp -a "$work/bare" "$work/dies"
dying_daemon "$work/dies" true
import "$work/dies" localhost/dagster:dies dagster-webserver
dying_daemon "$work/dies" '[ -n "$DAGSTER_S3_BUCKET" ]'
import "$work/dies" localhost/dagster:dies-with-s3 dagster-webserver

base "$work/postgres"
script "$work/postgres/usr/local/bin/postgres" <<'END'
#!/bin/sh
trap 'kill $!; exit 0' TERM INT
echo 'database system is ready to accept connections'
sleep 2147483647 &
wait
END
script "$work/postgres/usr/local/bin/pg_isready" <<'END'
#!/bin/sh
echo '/var/run/postgresql:5432 - accepting connections'
END
import "$work/postgres" docker.io/library/postgres:16 postgres
