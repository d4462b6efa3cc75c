#!/usr/bin/env bash
# Every test of the project, from a clean clone on a Debian with Rust, Node and
# npm. What else it needs (Chromium, nginx, ...) it installs when run as root.
#   ./test.sh              everything
#   ./test.sh rust         one part: rust, page, browser, judges or ops
# The last line sums up what really ran: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
export CARGO_TERM_COLOR=never NO_COLOR=1
parts=("${@:-all}")
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0

wanted() {
  local part
  for part in "${parts[@]}"; do
    case $part in all | "$1") return 0 ;; esac
  done
  return 1
}

# Installs Debian packages for the commands that are missing.
need() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "test.sh: please install: ${missing[*]}" >&2
    return 0
  fi
  echo "== installing ${missing[*]}"
  # RUNLEVEL=1: a web server that comes with them is not started.
  if ! {
    apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}"
  } >"$logs/apt" 2>&1; then
    tail -n 20 "$logs/apt"
    return 1
  fi
}

# Adds up the closing lines of cargo test, Vitest, node's runner and our scripts.
count() {
  sed -e 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    function add(number, word) {
      if (word ~ /^(passed|pass)$/) p += number
      else if (word ~ /^(failed|fail|cancelled)$/) f += number
      else if (word ~ /^(skipped|ignored|todo)$/) s += number
    }
    /^test result: / { gsub(/[.;]/, " "); for (i = 4; i < NF; i++) if ($i ~ /^[0-9]+$/) add($i, $(i + 1)) }
    /^ *Tests  / { gsub(/\|/, " "); for (i = 2; i < NF; i++) if ($i ~ /^[0-9]+$/) add($i, $(i + 1)) }
    /^(ℹ|#) (pass|fail|cancelled|skipped|todo) [0-9]+$/ { add($3, $2) }
    /^[0-9]+ passed, [0-9]+ failed/ { gsub(/,/, " "); for (i = 1; i < NF; i += 2) add($i, $(i + 1)) }
    END { print p + 0, f + 0, s + 0 }'
}

# Every test of the server but those that CRASHES names; those run beside them, since what they do most
# is wait. By what stands in the folder, so that a new one is run without being named.
CRASHES=(automations campaigns crash powercut sending)
of_the_server() {
  local file name
  printf '%s\n' --lib --bins
  for file in tests/*.rs tests/*/main.rs; do
    name=${file#tests/} name=${name%/main.rs} name=${name%.rs}
    case " ${CRASHES[*]} " in *" $name "*) ;; *) printf '%s\n' --test "$name" ;; esac
  done
}
crashes() { cargo test --locked --no-fail-fast "${CRASHES[@]/#/--test=}"; }
# Runs something beside the other parts; `awaited` says what it said, once it has ended.
beside() {
  { "$@" >"$logs/beside" 2>&1; echo $? >"$logs/beside.status"; } &
}
awaited() {
  cat "$logs/beside"
  return "$(cat "$logs/beside.status")"
}

# Runs one part and adds what it counted. Ending badly without a counted
# failure is a failure, and so is running no test at all.
part() {
  local name=$1 start=$SECONDS status p f s
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$logs/part"
  status=${PIPESTATUS[0]}
  read -r p f s < <(count "$logs/part")
  if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; }; then
    echo "== $name: exit $status, $p tests"
    f=1
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  echo "== $name: $p passed, $f failed, $s skipped in $((SECONDS - start)) s"
}

packages_of_the_page() {
  (cd assets && { npm ls --depth=0 >/dev/null 2>&1 || npm ci --no-audit --no-fund; })
}

need curl=curl python3=python3 || exit 1
if wanted page || wanted browser; then
  packages_of_the_page || { echo "0 passed, 1 failed"; exit 1; }
fi
# One debug build serves all parts.
if wanted rust || wanted browser || wanted judges || wanted ops; then
  cargo build --locked --all-targets || { echo "0 passed, 1 failed"; exit 1; }
fi
LEADS_BIN=${CARGO_TARGET_DIR:-$PWD/target}/debug/leads
export LEADS_BIN

if wanted rust; then
  beside crashes
  mapfile -t server < <(of_the_server)
  part "server, command line" cargo test --locked --no-fail-fast "${server[@]}"
fi
wanted page && part "page, units" npm --prefix assets test
if wanted rust; then
  wait
  part "server, crashes" awaited
fi
if wanted browser; then
  need chromium=chromium
  part "page, in a browser" npm --prefix assets run test:e2e
  part "page, size budget" npm --prefix assets run test:budget
  part "page, shapes of the API" npm --prefix assets run test:types
fi
if wanted judges; then
  need openssl=openssl
  part "providers, judged by their own libraries" tests/judges/run
fi
if wanted ops; then
  need shellcheck=shellcheck nginx=nginx caddy=caddy openssl=openssl
  part "install, examples, README" tests/ops/run
fi

if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
