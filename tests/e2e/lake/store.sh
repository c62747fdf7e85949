# The stores of the lane, in a network namespace with loopback only, and what a client is given of one.
# Sourced by run.sh; `here`, `cache`, `program`, `python`, `work` and `label` are its own.
root='' spec='' ca='' trusted='' sandbox='' lake=() given=()

# The names of the lane, and the count of the questions for any other.
start_names() {
  echo 'nameserver 127.0.0.53' > "$work/resolv.conf"
  echo '127.0.0.1 localhost' > "$work/hosts"
  mount --bind "$work/resolv.conf" /etc/resolv.conf && mount --bind "$work/hosts" /etc/hosts || return
  : > "$work/questions"
  "$python" "$here/names.py" "$work/questions" 2> "$work/names.log" &
  wait_for 20 getent hosts s3.lake.test
}
questions_elsewhere() { grep -cvE '^([^ ]*\.)?(lake\.test|localhost) ' "$work/questions"; }

# A CA that the machine trusts, inside of this mount namespace, and a certificate for the gateways.
make_certificate() {
  local files=$work/tls
  ca=$files/ca.pem
  mkdir -p "$files"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=a CA of the lane' \
    -addext basicConstraints=critical,CA:true -keyout "$files/ca.key" -out "$ca" &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=s3.lake.test -keyout "$files/key" \
      -out "$files/request" &&
    openssl x509 -req -days 2 -in "$files/request" -CA "$ca" -CAkey "$files/ca.key" -set_serial 1 \
      -extfile <(echo 'subjectAltName=DNS:s3.lake.test,DNS:*.s3.lake.test') -out "$files/certificate" &&
    cat /etc/ssl/certs/ca-certificates.crt "$ca" > "$files/store" &&
    mount --bind "$files/store" /etc/ssl/certs/ca-certificates.crt
}

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

# start_ceph VERSION: one cluster whose gateway speaks http on 7480 and https on 443
start_ceph() {
  local chroot='' gateway=$work/ceph
  case $1 in
    18) chroot=$cache/../ceph/trixie ;;
    20) chroot=$cache/../ceph/sid ;;
  esac
  mkdir -p "$gateway"
  cat "$work/tls/certificate" "$work/tls/key" > "$gateway/certificate.pem"
  ACCESS=CEPHTEST000000000001 SECRET=cephTestCephTestCephTestCephTestCeph0001 \
    OTHER_ACCESS=CEPHTEST000000000002 OTHER_SECRET=cephTestCephTestCephTestCephTestCeph0002 \
    CHROOT=$chroot CERTIFICATE=$gateway/certificate.pem PLAIN=7480 DOMAIN=s3.lake.test \
    "$here/../ceph/start.sh" "$gateway" 443 > "$work/ceph.log" 2>&1
}
stop_ceph() {
  local pid
  [ -f "$work/ceph/pids" ] || return 0
  while read -r pid; do kill "$pid" 2> /dev/null; done < "$work/ceph/pids"
  while read -r pid; do wait_for 20 gone "$pid" || kill -KILL "$pid"; done < "$work/ceph/pids"
  rm -rf "$work/ceph"
}
gone() { ! kill -0 "$1" 2> /dev/null; }

# start_sandbox [FLAG...]: the built-in service
start_sandbox() {
  : > "$work/sandbox.exports"
  "$program" --sandbox="$work/sandbox" sandbox "$@" > "$work/sandbox.exports" 2> "$work/sandbox.log" &
  sandbox=$!
  wait_for 60 grep -q serving "$work/sandbox.log" "$work/sandbox.exports"
}
stop_sandbox() {
  kill "$sandbox" 2> /dev/null
  wait "$sandbox" 2> /dev/null
  rm -rf "$work/sandbox"
}

# use_service NAME REGION ADDRESS [CA]: a pretend host with two specs, and how `datalake` is called for
# it: one has a place for tables and a catalog, the other has neither. Keys are those of the environment.
use_service() {
  local units
  spec=$work/$1 trusted=${4:-$ca}
  root=$spec/root units=$spec/root/var/lib/dagster/.config/containers/systemd
  mkdir -p "$units" "$root/etc" "$spec/plain"
  printf '%s\n' "region: $2" "endpoint: $3" "bucket: lane-$1" \
    'host: { units: [dagster-webserver, dagster-daemon] }' > "$spec/plain/datalake.yaml"
  {
    cat "$spec/plain/datalake.yaml"
    echo 'tables: {}'
    echo 'catalogs: { lane: { uri: "https://catalog.lake.test/", warehouse: lane } }'
  } > "$spec/datalake.yaml"
  cp -r "$here/../../fixtures/quadlets/base/." "$units"
  echo 'dagster-user:x:1001:1001::/var/lib/dagster:/usr/sbin/nologin' > "$root/etc/passwd"
  chown -R 1001:1001 "$root/var/lib/dagster"
  lake=(env "SSL_CERT_FILE=$trusted" "AWS_CA_BUNDLE=$trusted" "$program" --root "$root" --state "$spec/state")
}
on_lake() { (cd "$spec" && "${lake[@]}" "$@"); }
# The same with the spec that has no place for tables.
on_plain_lake() { (cd "$spec/plain" && "${lake[@]}" "$@"); }

# What a client gets: the lines of the env file. A private CA is the lane's own affair: public services
# have certificates that every client trusts. Figures of use that a client sends to its maker are, too.
read_settings() {
  local variables=()
  mapfile -t variables < <(grep -v -e '^#' -e '^$' "$root/var/lib/dagster/.config/datalake/s3.env")
  given=(env -i PATH="$PATH" HOME="$work/home" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
    DAGSTER_DISABLE_TELEMETRY=yes DO_NOT_TRACK=true RUNTIME__DLTHUB_TELEMETRY=false "${variables[@]}")
  [[ "$(setting AWS_ENDPOINT_URL_S3)" != https:* ]] ||
    given+=("AWS_CA_BUNDLE=$trusted" "SSL_CERT_FILE=$trusted" "REQUESTS_CA_BUNDLE=$trusted")
}
# setting NAME: of the env file
setting() { printf '%s\n' "${given[@]}" | sed -n "s/^$1=//p" | tail -1; }
