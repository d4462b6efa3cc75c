#!/usr/bin/env bash
# install.sh below a staging root, and with a stand-in for systemctl.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

port=$(free_port)
root=$work/root
bin=$root/usr/local/bin/leads
data=$root/var/lib/leads

# pack NAME PROGRAM: a release archive; answers its options for install.sh.
pack() {
  local folder=$work/pack/$1/leads-test
  mkdir -p "$folder"
  cp "$2" "$folder/leads"
  chmod +x "$folder/leads"
  cp -r "$top/examples" "$folder/"
  tar -czf "$work/$1.tar.gz" -C "$work/pack/$1" leads-test
  echo "--archive $work/$1.tar.gz --sha256 $(sha256sum <"$work/$1.tar.gz" | cut -d' ' -f1)"
}

# A program that differs from the real one only in its bytes.
variant() {
  cp "$leads" "$work/$1"
  echo "# $1" >>"$work/$1"
}

# A new version that gets no further than its version number.
broken() {
  # shellcheck disable=SC2016 # expanded when it runs
  printf '#!/bin/sh\n[ "$1" = --version ] && { echo leads 9.9.9; exit; }\n%s\nexit 1\n' "$2" >"$work/$1"
}

# shellcheck disable=SC2086 # options are words
stage() { sh "$top/install.sh" --root "$root" $1 "${@:2}"; }
is_empty() { [ -z "$(find "$root" -mindepth 1 2>/dev/null)" ] || { find "$root"; return 1; }; }
users() { "$bin" user list --data "$data" | grep -c '@'; }

variant one
variant two
broken never 'echo cannot start >&2'
broken hangs 'sleep 60'
broken ruins "python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(\"PRAGMA user_version=999999\")' \"\$LEADS_DATA/leads.db\""
one=$(pack one "$work/one") two=$(pack two "$work/two")
never=$(pack never "$work/never") hangs=$(pack hangs "$work/hangs") ruins=$(pack ruins "$work/ruins")

it "every script passes shellcheck" shellcheck -x "$top/install.sh" "$top/test.sh" "$top/.ci/run" \
  "$top/examples/send.sh" "$top"/tests/ops/{run,lib.sh,*_test.sh}
it "explains itself" bash -c "sh '$top/install.sh' --help | grep -q -- --dry-run"
it "refuses an unknown option" exits 2 stage "" --frobnicate
it "refuses an archive without a checksum" exits 2 stage "--archive $work/one.tar.gz"
it "refuses --purge without --uninstall" exits 2 stage "$one" --purge
it "refuses a wrong checksum" exits 1 stage "--archive $work/one.tar.gz --sha256 $(printf '0%.0s' {1..64})"
it "has changed nothing so far" is_empty
it "dry run succeeds" stage "$one" --dry-run
it "dry run changes nothing" is_empty

# Cut after every line, and after every byte of the last: nothing runs.
cut_anywhere() {
  local lines size count
  lines=$(wc -l <"$top/install.sh") size=$(wc -c <"$top/install.sh")
  {
    for ((count = 1; count < lines; count += 3)); do head -n "$count" "$top/install.sh" >"$work/cut" && echo "$count lines"; done
    for ((count = size - 14; count < size - 1; count++)); do echo "$count bytes"; done
  } | while read -r count unit; do
    if [ "$unit" = lines ]; then head -n "$count" "$top/install.sh"; else head -c "$count" "$top/install.sh"; fi >"$work/cut"
    # shellcheck disable=SC2086
    (cd "$work" && sh -s -- --root "$root" $one <"$work/cut" >/dev/null 2>&1)
    is_empty || { echo "ran after $count $unit"; return 1; }
  done
}
it "runs nothing when cut short" cut_anywhere

it "installs" stage "$one"
it "puts the program in place" cmp "$work/one" "$bin"
it "makes the data directory private" test "$(stat -c %a "$data")" = 700
it "writes the settings file" grep -qx 'LEADS_DATA=/var/lib/leads' "$root/etc/leads/leads.env"
it "writes the unit" grep -qx 'ExecStart=/usr/local/bin/leads serve' "$root/etc/systemd/system/leads.service"
sed -i "s/^LEADS_ADDR=.*/LEADS_ADDR=127.0.0.1:$port/" "$root/etc/leads/leads.env"
echo "a long and unguessable phrase" |
  "$bin" user add --data "$data" --email ada@example.com --name Ada --role super_admin --password-stdin >/dev/null
it "has a user to lose" test "$(users)" = 1

it "does nothing for the same version" bash -c "sh '$top/install.sh' --root '$root' $one | grep -q 'installed already'"
dropin=$root/etc/systemd/system/leads.service.d/low-ports.conf
settings=$root/etc/leads/leads.env
it "gives the service no capability" test ! -e "$dropin"
echo LEADS_TLS_DOMAIN=leads.example.com >>"$settings"
it "takes another setting" stage "$one"
it "gives it the one that HTTPS takes" grep -qx AmbientCapabilities=CAP_NET_BIND_SERVICE "$dropin"
sed -i /LEADS_TLS_DOMAIN/d "$settings"
it "takes the setting back" stage "$one"
it "takes the capability back" test ! -e "$dropin"
it "upgrades" stage "$two"
it "runs the new program" cmp "$work/two" "$bin"
it "keeps the old program" cmp "$work/one" "$bin.prev"
it "backed up first" bash -c "ls '$data'/backups/leads-before-upgrade-*.db"
it "keeps edited settings" grep -qx "LEADS_ADDR=127.0.0.1:$port" "$root/etc/leads/leads.env"
it "keeps the data" test "$(users)" = 1
it "leaves no server behind" exits 7 curl -s "http://127.0.0.1:$port/healthz"

it "fails when the new version does not start" exits 1 stage "$never"
it "goes back to the old program" cmp "$work/two" "$bin"
LEADS_INSTALL_WAIT=2 it "fails when the new version is not ready in time" exits 1 stage "$hangs"
it "goes back to the old program then, too" cmp "$work/two" "$bin"
it "fails when the new version spoils the data" exits 1 stage "$ruins"
it "puts the data back" test "$(users)" = 1
it "keeps the spoiled data aside" bash -c "ls '$data'/leads.db.before-restore-*"

interrupt() {
  # shellcheck disable=SC2086
  sh "$top/install.sh" --root "$root" $hangs &
  local installer=$!
  until_ok 20 test -x "$work/hangs" -a "$bin" -nt "$bin.prev" && until_ok 20 grep -q 9.9.9 "$bin"
  kill -TERM "$installer"
  exits 1 wait "$installer"
}
it "goes back when it is interrupted" interrupt
it "has the old program after an interruption" cmp "$work/two" "$bin"

it "starts a server by hand" serve "$data" "$port"
it "refuses to upgrade under a server that it does not look after" exits 1 stage "$one"
it "has not touched that program" cmp "$work/two" "$bin"
kill "$server"
wait "$server" 2>/dev/null

sed -i 's/^LEADS_ADDR=.*/LEADS_ADDR=0.0.0.0:443/' "$settings"
it "gives the capability for any low port" bash -c "sh '$top/install.sh' --root '$root' $two && test -s '$dropin'"
it "uninstalls" stage "" --uninstall
it "takes the capability away" test ! -e "${dropin%/*}"
it "removes the program" test ! -e "$bin"
it "keeps the data when it uninstalls" test -s "$data/leads.db"
it "purges" stage "" --uninstall --purge
it "leaves no file behind" bash -c "test -z \"\$(find '$root' -type f)\""

# A user service, looked after by a stand-in for systemctl.
export HOME=$work/home XDG_DATA_HOME='' XDG_CONFIG_HOME='' FAKE=$work/fake
unset XDG_DATA_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$FAKE"
cat >"$FAKE/systemctl" <<'END'
#!/usr/bin/env bash
# Enough of systemctl for one user service.
unit=$HOME/.config/systemd/user/leads.service
alive() { [ -s "$FAKE/pid" ] && kill -0 "$(cat "$FAKE/pid")" 2>/dev/null; }
case $2 in
  is-active) alive ;;
  start)
    set -a
    # shellcheck disable=SC1090
    . "$(sed -n 's/^EnvironmentFile=-//p' "$unit")"
    $(sed -n 's/^ExecStart=//p' "$unit") >"$FAKE/log" 2>&1 &
    echo $! >"$FAKE/pid" ;;
  stop | disable)
    if alive; then kill "$(cat "$FAKE/pid")"; while alive; do sleep 0.1; done; fi ;;
esac
END
chmod +x "$FAKE/systemctl"
# shellcheck disable=SC2086
as_user() { PATH=$FAKE:$PATH LEADS_INSTALL_WAIT=5 sh "$top/install.sh" --user $1 "${@:2}"; }
mkdir -p "$HOME/.config/leads"
printf 'LEADS_DATA=%s/.local/share/leads\nLEADS_ADDR=127.0.0.1:%s\n' "$HOME" "$port" >"$HOME/.config/leads/leads.env"
is_up() { curl -fs -o /dev/null "http://127.0.0.1:$port/readyz"; }

it "installs and starts a user service" as_user "$one"
it "is running then" is_up
it "upgrades the user service" as_user "$two"
it "is running after the upgrade" is_up
it "goes back with a user service" exits 1 as_user "$never"
it "is running after going back" is_up
it "has the old program after going back" cmp "$work/two" "$HOME/.local/bin/leads"
it "uninstalls the user service" as_user "" --uninstall
it "has stopped it" exits 7 is_up
it "purges the user's data" as_user "" --uninstall --purge
it "leaves nothing of the user's behind" bash -c "test -z \"\$(find '$HOME' -type f)\""

finish
