#!/usr/bin/env bash
# Every ```sh block of the README, pasted one after the other into one shell.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

port=$(free_port)
export LEADS_DATA=$work/data LEADS_ADDR=127.0.0.1:$port

# What differs from a reader's machine: the port, the build (this one is made
# already) and where files go.
adapt() {
  sed -e "s|/tmp/|$work/|g" -e "s|127.0.0.1:8080|127.0.0.1:$port|g" -e "s|\./target/release/leads|$leads|g" \
    -e "s|^cargo run --release -- serve$|$leads serve >$work/serve.log 2>\&1 \&|"
}

# Block N becomes $work/N; they share one shell by running in one script.
awk -v work="$work" '
  /^```sh$/ { n++; inside = 1; next }
  /^```/ { inside = 0 }
  inside { print > (work "/block" n) }' "$top/README.md"
blocks=$(find "$work" -name 'block*' | wc -l)

{
  echo 'shopt -s expand_aliases; set -eo pipefail'
  for ((n = 1; n <= blocks; n++)); do
    echo "echo '== block $n'"
    adapt <"$work/block$n"
    [ "$n" -gt 1 ] || echo "server=\$!; trap 'kill \$server' EXIT; curl -fs --retry 50 --retry-connrefused --retry-delay 1 -o /dev/null http://127.0.0.1:$port/readyz"
    echo "echo; echo 'done $n' >>'$work/done'"
  done
} >"$work/script"

cd "$top" || exit 1
bash "$work/script" >"$work/out" 2>&1
for ((n = 1; n <= blocks; n++)); do
  shown() { grep -qx "done $1" "$work/done" || { cat "$work/out"; return 1; }; }
  it "block $n: $(grep -v '^#' "$work/block$n" | head -n 1)" shown "$n"
done
it "the lead that the README sends is found" grep -q '"name":"Grace Hopper"' "$work/out"
it "its custom fields are named as it says" grep -q '"jobTitle"' "$work/out"
it "the backup is verified" grep -q 'is verified' "$work/out"

# What the README says there is.
variables() {
  grep -o 'LEADS_[A-Z_]*' "$top/README.md" | grep -vxE 'LEADS_(WEBHOOK_URL|UI)' | sort -u |
    while read -r name; do
      "$leads" serve --help | grep -q "$name" || { echo "$name"; return 1; }
    done
}
it "its variables exist" variables
links() {
  local path
  grep -o '](\([^)#]*\))' "$top/README.md" | sed 's/^](//; s/)$//' | grep -v '^http' |
    while read -r path; do
      [ -e "$top/$path" ] || { echo "$path"; return 1; }
    done
}
it "its links lead somewhere" links
ends_with() { grep -q "^| $1 | $2" "$top/README.md"; }
it "its exit codes are the program's" ends_with 5 "another process"

finish
