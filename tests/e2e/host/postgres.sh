# A real Postgres for dagster-user of a running lab, made from Debian's packages; to be sourced after host.sh.
# shellcheck shell=bash disable=SC2154

postgres=localhost/postgres:real

# Its image does what the one of the registry does: the first start makes the data folder, with the
# user, the database and the password that its variables name.
postgres_image() {
  local files
  files=$(lab files "$suite" postgres postgresql bash coreutils sed grep util-linux libc-bin tzdata) ||
    return 1
  printf '%s\n' root:x:0:0:root:/root:/bin/bash \
    postgres:x:999:999::/var/lib/postgresql:/bin/bash > "$files/etc/passwd"
  printf '%s\n' root:x:0: postgres:x:999: > "$files/etc/group"
  install -d -o 999 -g 999 -m 1777 "$files/var/lib/postgresql" "$files/var/lib/postgresql/data"
  install -d -m 1777 "$files/tmp" "$files/run/postgresql"
  ln -sf bash "$files/usr/bin/sh"
  install -D -m 755 /dev/stdin "$files/usr/local/bin/run-postgres" << 'IN'
#!/bin/bash
set -euo pipefail
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
data=${PGDATA:-/var/lib/postgresql/data}
if [ "$(id -u)" = 0 ]; then
  chown -R postgres: "$data"
  exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$data/PG_VERSION" ]; then
  initdb --pgdata "$data" --username "${POSTGRES_USER:-postgres}" --pwfile <(echo "$POSTGRES_PASSWORD") \
    --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
    echo "CREATE DATABASE \"$POSTGRES_DB\";" |
      postgres --single -D "$data" postgres > /dev/null
  fi
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp
IN
  tar -C "$files" --numeric-owner -c . |
    as_user podman import --quiet --change 'CMD ["run-postgres"]' - "$postgres"
}
