#!/bin/sh
# Install, upgrade or remove Leads. `./install.sh --help` tells all of it.
# Everything is a function and the last line calls main: a download that was cut
# short anywhere runs nothing.

usage() {
  cat <<'END'
Install, upgrade or remove Leads.

  sudo ./install.sh                 from a checkout: build, install, start
  sudo ./install.sh --archive FILE|URL --sha256 HEX
                                    from a release archive, checksum required
  ./install.sh --user               for you alone, without root

Run it again to upgrade: it stops the service, makes a verified backup, keeps
the old program as leads.prev, starts the new one and waits until it is ready.
When that takes longer than 30 seconds it goes back to the old program, puts
the backup back if the old program cannot use the data any more, and fails.

  --archive PATH|URL   a leads-*.tar.gz instead of building
  --sha256 HEX         its SHA-256; without it, or with another, nothing happens
  --user               a user service instead of a system one
  --prefix DIR         put the program in DIR/bin (default /usr/local, ~/.local)
  --no-service         no service: you start it (container, other init system)
  --root DIR           stage everything below DIR, without user and service
  --uninstall          remove program and service; data and settings stay
  --purge              with --uninstall: data, settings and the user go as well
  --dry-run            say what would happen, change nothing

             system                               --user
  program    /usr/local/bin/leads                 ~/.local/bin/leads
  data       /var/lib/leads (0700)                ~/.local/share/leads
  settings   /etc/leads/leads.env (kept)          ~/.config/leads/leads.env
  service    /etc/systemd/system/leads.service    ~/.config/systemd/user/
Exit status: 0 done, 1 failed (after going back where it could), 2 bad usage.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }
misuse() { warn "$* (see --help)"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Every change goes through here: --dry-run prints it instead.
run() {
  if [ "$dry" = yes ]; then say "would run: $*"; else "$@"; fi
}

parse() {
  archive='' sha256='' user=no prefix='' service=yes root='' uninstall=no purge=no dry=no
  while [ $# -gt 0 ]; do
    case $1 in
      --archive | --sha256 | --prefix | --root)
        if [ -z "${2:-}" ]; then misuse "$1 needs a value"; fi
        case $1 in
          --archive) archive=$2 ;;
          --sha256) sha256=$(printf %s "$2" | tr 'A-F' 'a-f') ;;
          --prefix) prefix=$2 ;;
          --root) root=${2%/} ;;
        esac
        shift ;;
      --user) user=yes ;;
      --no-service) service=no ;;
      --uninstall) uninstall=yes ;;
      --purge) purge=yes ;;
      --dry-run) dry=yes ;;
      -h | --help) usage; exit 0 ;;
      *) misuse "unknown option $1" ;;
    esac
    shift
  done
  [ -z "$archive" ] || [ -n "$sha256" ] || misuse "--archive needs --sha256"
  [ -z "$sha256" ] || [ -n "$archive" ] || misuse "--sha256 needs --archive"
  [ "$purge" = no ] || [ "$uninstall" = yes ] || misuse "--purge goes with --uninstall"
  case ${prefix:-/} in /*) ;; *) misuse "--prefix needs an absolute path" ;; esac
  case ${root:-/} in /*) ;; *) misuse "--root needs an absolute path" ;; esac
}

# Settle where everything goes, and who may do it.
locate() {
  if [ "$user" = yes ]; then
    [ -n "${HOME:-}" ] || die "HOME is not set"
    prefix=${prefix:-$HOME/.local} default_data=${XDG_DATA_HOME:-$HOME/.local/share}/leads
    config=${XDG_CONFIG_HOME:-$HOME/.config}
    etc=$root$config/leads unit_dir=$root$config/systemd/user unit_source=leads.user.service
    scope=--user account=''
  else
    [ -n "$root" ] || [ "$dry" = yes ] || [ "$(id -u)" -eq 0 ] ||
      die "installing for everyone needs root; try sudo, or --user"
    prefix=${prefix:-/usr/local} default_data=/var/lib/leads
    etc=$root/etc/leads unit_dir=$root/etc/systemd/system unit_source=leads.service
    scope=--system account=leads
  fi
  env_file=$etc/leads.env bin=$root$prefix/bin/leads unit=$unit_dir/leads.service
  dropin=$unit.d/low-ports.conf
  [ -z "$root" ] || account=''
  # Is there a service manager to talk to? Staging below --root never does.
  managed=no
  if [ "$service" = yes ] && [ -z "$root" ] && systemctl $scope show-environment >/dev/null 2>&1; then
    managed=yes
  fi
  data=$root$(load_settings; printf %s "${LEADS_DATA:-$default_data}")
  # With a name to speak HTTPS under, another address is the usual one; it also
  # answers /readyz to plain HTTP.
  addr=$(load_settings; usual=127.0.0.1:8080
    [ -z "${LEADS_TLS_DOMAIN:-}" ] || usual=127.0.0.1:443
    printf %s "${LEADS_ADDR:-$usual}")
  case $addr in
    0.0.0.0:* | '[::]:'*) ready_at=127.0.0.1:${addr##*:} ;;
    *) ready_at=$addr ;;
  esac
  page=$(load_settings; name=${LEADS_TLS_DOMAIN:-}
    if [ -n "$name" ]; then printf 'https://%s' "${name%%,*}"; else printf 'http://%s' "$ready_at"; fi)
}

# The settings file is read as data, never run as a script. (In a subshell.)
load_settings() {
  [ -r "$env_file" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    value=${line#*=}
    case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
    case $line in LEADS_[A-Z]*=*) export "${line%%=*}=$value" ;; esac
  done <"$env_file"
}

# Becomes the program as its service runs it: its account, its settings. (In a subshell.)
become() {
  load_settings
  export LEADS_DATA="$data"
  umask 077
  [ -n "$account" ] || exec "$@"
  cd / || exit 1
  if have setpriv; then exec setpriv --reuid "$account" --regid "$account" --init-groups "$@"; fi
  # shellcheck disable=SC2016 # expanded by the inner shell
  exec su -m -s /bin/sh "$account" -c 'exec "$0" "$@"' -- "$@"
}

# Leaves the new program in $new and what is installed beside it in $examples.
obtain() {
  here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
  if [ -n "$archive" ]; then
    unpack
  elif [ -f "$here/Cargo.toml" ]; then
    build
  elif [ -x "$here/leads" ]; then
    new=$here/leads examples=$here/examples
  else
    die "no checkout and no program beside $0: give --archive PATH --sha256 HEX"
  fi
  [ "$dry" = no ] || return 0
  for file in "$unit_source" leads.env low-ports.conf; do
    [ -f "$examples/$file" ] || die "$examples/$file is missing"
  done
  version=$("$new" --version 2>&1) || die "the new program does not run here: $version"
}

unpack() {
  if [ "$dry" = yes ]; then say "would check the SHA-256 of $archive and unpack it"; return; fi
  packed=$tmp/leads.tar.gz
  case $archive in
    http://* | https://*)
      if have curl; then curl -fsSL --retry 3 -o "$packed" "$archive"; else wget -q -O "$packed" "$archive"; fi ;;
    *) cp -- "$archive" "$packed" ;;
  esac || die "could not get $archive"
  got=$( (sha256sum || shasum -a 256 || openssl dgst -sha256 -r) <"$packed" 2>/dev/null | cut -d' ' -f1)
  [ "$got" = "$sha256" ] ||
    die "the SHA-256 of the archive is ${got:-unknown (no sha256sum)}, not $sha256: nothing was changed"
  mkdir "$tmp/archive" || exit 1
  tar -xzf "$packed" -C "$tmp/archive" || die "could not unpack $archive"
  for new in "$tmp"/archive/leads "$tmp"/archive/*/leads; do
    if [ -f "$new" ] && [ -x "$new" ]; then
      examples=${new%/leads}/examples
      return
    fi
  done
  die "no program in $archive"
}

build() {
  cargo=$(command -v cargo) || cargo=''
  builder=${SUDO_USER:-root}
  if [ "$(id -u)" -eq 0 ] && [ "$builder" != root ]; then
    # Under sudo the toolchain is the caller's, and so should target/ be.
    home=$(getent passwd "$builder" | cut -d: -f6)
    [ ! -x "$home/.cargo/bin/cargo" ] || cargo=$home/.cargo/bin/cargo
  fi
  [ -n "$cargo" ] || die "building needs Rust and Node: install them, or use --archive"
  say "building in $here (some minutes the first time)"
  # shellcheck disable=SC2016 # expanded by the inner shell
  in_checkout='cd "$1" && PATH="$(dirname "$2"):$PATH" exec "$2" build --release --locked'
  if [ "$(id -u)" -eq 0 ] && [ "$builder" != root ]; then
    run su -s /bin/sh "$builder" -c "$in_checkout" -- sh "$here" "$cargo"
  else
    run sh -c "$in_checkout" sh "$here" "$cargo"
  fi || die "the build failed"
  new=${CARGO_TARGET_DIR:-$here/target}/release/leads examples=$here/examples
}

# A file of examples/ with this installation's paths, put there in one step.
render() {
  if [ "$dry" = yes ]; then say "would write: $2"; return; fi
  mkdir -p "${2%/*}" || exit 1
  program=${bin#"$root"} inside=${data#"$root"}
  sed -e "s|/usr/local/bin/leads|$program|g" -e "s|%h/.local/bin/leads|$program|g" \
    -e "s|%h/.local/share/leads|$inside|g" -e "s|%h/.config/leads|${etc#"$root"}|g" \
    -e "s|^LEADS_DATA=.*|LEADS_DATA=$inside|" "$examples/$1" >"$2.new" || exit 1
  { chmod "$3" "$2.new" && mv -f "$2.new" "$2"; } || exit 1
}

make_places() {
  if [ -n "$account" ] && ! id "$account" >/dev/null 2>&1; then
    run useradd --system --user-group --no-create-home --home-dir "$default_data" \
      --shell /usr/sbin/nologin "$account" || die "could not make the user $account"
  fi
  run mkdir -p "${bin%/*}" "$etc" || exit 1
  [ -d "$data" ] || run install -d -m 0700 ${account:+-o "$account" -g "$account"} "$data" || exit 1
  if [ ! -e "$env_file" ]; then
    render leads.env "$env_file" 0640
    [ -z "$account" ] || run chown "root:$account" "$env_file" || exit 1
  fi
  [ "$service" = yes ] && [ "$managed$root" != no ] || return 0
  render "$unit_source" "$unit" 0644
  allow_ports
}

# Only where the settings ask for ports below 1024 does the service get the capability that they take.
allow_ports() {
  if ! wants_low_ports; then
    [ ! -e "$dropin" ] || run rm -f "$dropin"
  elif [ "$user" = yes ]; then
    warn "a user's service cannot open ports below 1024 (sysctl net.ipv4.ip_unprivileged_port_start)"
  else
    render low-ports.conf "$dropin" 0644
  fi
}

wants_low_ports() (
  load_settings
  https='' http=''
  [ -z "${LEADS_TLS_DOMAIN:-}" ] || https=:443 http=:80
  for address in "${LEADS_ADDR:-$https}" "${LEADS_HTTP_ADDR:-$http}"; do
    case ${address##*:} in '' | *[!0-9]*) continue ;; esac
    [ "${address##*:}" -ge 1024 ] || exit 0
  done
  exit 1
)

# The new program takes the old one's place in one rename; the old one stays.
place_program() {
  if [ "$dry" = yes ]; then say "would install: $bin"; return; fi
  if [ -e "$bin" ]; then
    { cp -p "$bin" "$bin.prev.new" && mv -f "$bin.prev.new" "$bin.prev"; } || return 1
  fi
  cp "$1" "$bin.new" && chmod 0755 "$bin.new" && mv -f "$bin.new" "$bin"
}

is_ready() {
  if have curl; then
    curl -fs --noproxy '*' -m 3 -o /dev/null "http://$ready_at/readyz"
  elif have wget; then
    wget -q -T 3 -O /dev/null "http://$ready_at/readyz"
  else
    # Type=notify: active means that the program itself said "ready".
    [ "$managed" = yes ] && systemctl $scope is-active --quiet leads
  fi
}

start() {
  if [ "$managed" = yes ]; then
    systemctl $scope daemon-reload
    systemctl $scope reset-failed leads 2>/dev/null
    systemctl $scope start --no-block leads
  else
    become "$bin" serve >"$tmp/log" 2>&1 &
    started=$!
  fi
}

stop() {
  if [ "$managed" = yes ]; then
    systemctl $scope stop leads
  elif [ -n "$started" ]; then
    kill "$started" 2>/dev/null
    wait "$started" 2>/dev/null
    started=''
  fi
}

wait_ready() {
  deadline=$(($(date +%s) + ${LEADS_INSTALL_WAIT:-30}))
  until is_ready; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    # A program that ended by itself will not become ready.
    if [ -n "$started" ] && ! kill -0 "$started" 2>/dev/null; then return 1; fi
    sleep 0.3
  done
}

show_log() {
  if [ "$managed" = yes ]; then journalctl $scope -u leads -n 20 --no-pager; else tail -n 20 "$tmp/log"; fi >&2 2>/dev/null
}

by_hand() {
  start_it="set -a; . $env_file; LEADS_DATA=$data exec $bin serve"
  say "no service looks after it. To start it by hand:"
  if [ -n "$account" ]; then say "  su -s /bin/sh $account -c '$start_it'"; else say "  ($start_it)"; fi
}

install_first() {
  make_places
  place_program "$new" || die "could not write $bin"
  if [ "$managed" = no ]; then
    if [ "$dry" = no ]; then say "installed $version"; by_hand; fi
    return
  fi
  run systemctl $scope daemon-reload
  run systemctl $scope enable leads || die "could not enable the service"
  [ "$dry" = no ] || return
  start
  wait_ready || { show_log; die "installed, but not ready: its log is above"; }
  say "installed $version, running: open $page and enter the setup code from its log:"
  say "  journalctl $scope -u leads | grep -i 'setup code'"
}

upgrade() {
  if [ "$dry" = no ] && cmp -s "$new" "$bin"; then
    could=$([ ! -e "$dropin" ] || echo yes)
    make_places
    say "$version is installed already"
    if [ "$managed" = yes ] && [ "$could" != "$([ ! -e "$dropin" ] || echo yes)" ]; then
      say "which ports the service may open has changed: restarting it"
      systemctl $scope daemon-reload && systemctl $scope try-restart leads || exit 1
    fi
    return
  fi
  if [ "$managed" = no ] && is_ready; then
    die "a server answers at $ready_at and no service manager looks after it: stop it, then run this again"
  fi
  if [ "$dry" = yes ]; then
    say "would stop the service, back up $data, keep $bin as $bin.prev, start, wait until ready"
    make_places
    place_program "$new"
    return
  fi
  was_active=no
  if [ "$managed" = yes ] && systemctl $scope is-active --quiet leads; then was_active=yes; fi
  cp -p "$bin" "$tmp/old" || exit 1
  [ ! -f "$unit" ] || cp -p "$unit" "$tmp/old.service" || exit 1
  stage=upgrading
  stop
  if [ -f "$data/leads.db" ]; then
    backup=$data/backups/leads-before-upgrade-$(date -u +%Y%m%dT%H%M%SZ)-$$.db
    say "backing up to $backup"
    (become "$bin" backup --to "$backup") || { backup=''; go_back "the backup failed"; }
  fi
  make_places
  place_program "$new" || go_back "could not write $bin"
  start
  wait_ready || go_back "$version was not ready in ${LEADS_INSTALL_WAIT:-30} seconds"
  stage=upgraded
  say "upgraded to $version; the program before is $bin.prev"
  if [ "$managed" = no ]; then stop; by_hand; fi
}

go_back() {
  trap : INT TERM HUP
  show_log
  warn "$1: going back to the version before"
  stop
  cmp -s "$tmp/old" "$bin" || { cp -p "$tmp/old" "$bin.new" && mv -f "$bin.new" "$bin"; } ||
    die "could not put $bin back: it is $bin.prev"
  [ ! -f "$tmp/old.service" ] || cp -p "$tmp/old.service" "$unit"
  # What came in meanwhile is kept unless the old version cannot use the data.
  if [ -n "$backup" ] && ! (become "$bin" migrate --check) >/dev/null 2>&1; then
    warn "the version before cannot use the data as it is now: restoring $backup"
    (become "$bin" restore "$backup" --force) >&2 || warn "that failed; the backup is $backup"
  fi
  if [ "$was_active" = yes ]; then
    start
    if wait_ready; then warn "the version before is running again"; else warn "the version before is not ready either"; fi
  fi
  exit 1
}

remove() {
  if [ "$managed" = yes ] && [ -f "$unit" ]; then
    run systemctl $scope disable --now leads
  elif [ -e "$bin" ] && is_ready; then
    die "a server answers at $ready_at: stop it first"
  fi
  run rm -f "$unit" "$dropin" "$bin" "$bin.prev" "$bin.new"
  [ ! -d "${dropin%/*}" ] || run rmdir "${dropin%/*}" 2>/dev/null
  [ "$managed" = no ] || run systemctl $scope daemon-reload
  if [ "$purge" = no ]; then
    say "removed. Data stays in $data, settings in $env_file (--purge removes both)"
    return
  fi
  if [ ! -d "$data" ] || [ -e "$data/leads.db" ] || [ -z "$(ls -A "$data")" ]; then
    run rm -rf "$data"
  else
    warn "$data does not look like a data directory: left alone"
  fi
  run rm -rf "$etc"
  if [ -n "$account" ] && id "$account" >/dev/null 2>&1; then run userdel "$account"; fi
  say "removed, data included"
}

finish() {
  [ -z "$started" ] || kill "$started" 2>/dev/null
  rm -rf "$tmp"
}

interrupted() {
  if [ "$stage" = upgrading ]; then go_back "interrupted"; fi
  die "interrupted"
}

main() {
  set -u
  umask 022
  parse "$@"
  locate
  started='' stage=starting backup='' was_active=no version='' new='' examples=''
  tmp=$(mktemp -d) || exit 1
  trap finish EXIT
  trap interrupted INT TERM HUP
  if [ "$uninstall" = yes ]; then
    remove
    return
  fi
  obtain
  if [ -e "$bin" ]; then upgrade; else install_first; fi
}

{ main "$@"; }
