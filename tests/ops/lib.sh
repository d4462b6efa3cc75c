# shellcheck shell=bash
# What the operations tests share. A script sources this, calls `it` for each
# case and `finish` at its end. LEADS_BIN is the program under test.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
leads=${LEADS_BIN:-$top/target/debug/leads}
work=$(mktemp -d)
children=()
passed=0 failed=0 skipped=0

clean_up() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
  wait
  rm -rf "$work"
}
trap clean_up EXIT

# it "does something" command...: passes when the command does.
it() {
  local name=$1
  shift
  if "$@" >"$work/it" 2>&1; then
    passed=$((passed + 1))
    echo "ok - $name"
  else
    failed=$((failed + 1))
    echo "not ok - $name"
    sed 's/^/    /' "$work/it"
  fi
}

skip() {
  skipped=$((skipped + 1))
  echo "skipped - $*"
}

# exits STATUS command...: passes when the command exits so.
exits() {
  local want=$1 got
  shift
  "$@"
  got=$?
  [ "$got" -eq "$want" ] || { echo "exit $got, not $want"; return 1; }
}

# A port below those that the system hands out, so that no other server gets it meanwhile.
free_port() {
  python3 -c '
import random, socket
while True:
    port = random.randint(10240, 32000)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            print(port)
            break'
}

# until_ok SECONDS command...
until_ok() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "in vain: $*"; return 1; }
    sleep 0.1
  done
}

# serve DATA PORT [flag...]: starts the program and waits until it is ready.
serve() {
  local data=$1 port=$2
  shift 2
  "$leads" serve --data "$data" --addr "127.0.0.1:$port" "$@" >"$work/serve-$port.log" 2>&1 &
  server=$!
  children+=("$server")
  until_ok 20 curl -fs "http://127.0.0.1:$port/readyz" || { cat "$work/serve-$port.log"; return 1; }
}

finish() {
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ]
}
