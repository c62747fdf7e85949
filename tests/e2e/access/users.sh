#!/bin/bash
# Makes keys as Hetzner's are: a project is a user, each of its keys a subuser that is named like it.
#   usage: users.sh ADMIN      ADMIN is the gateway's radosgw-admin, as start.sh writes it
# Beside them the system user `system`, whom no policy binds.
set -euo pipefail
admin=${1:?usage: users.sh ADMIN}
for project in p1111 p2222 p3333; do
  "$admin" user create --uid="$project" --display-name="$project" --max-buckets=5000 > /dev/null
  "$admin" key rm --uid="$project" --key-type=s3 --access-key="$(
    "$admin" user info --uid="$project" | grep -o '"access_key": "[^"]*"' | head -1 | cut -d'"' -f4
  )" > /dev/null
  for key in "AKA${project#p}0000000000000" "AKB${project#p}0000000000000"; do
    "$admin" subuser create --uid="$project" --subuser="$project:$key" --access=full > /dev/null
    "$admin" key create --uid="$project" --subuser="$project:$key" --key-type=s3 \
      --access-key="$key" --secret-key="secret-$key" > /dev/null
  done
done
"$admin" user create --uid=system --display-name=system --system \
  --access-key=system --secret-key=secret-system > /dev/null
