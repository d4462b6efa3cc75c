#!/usr/bin/env bash
# Everything in examples/, used as its reader would use it, against the real program.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
examples=$top/examples
port=$(free_port)
data=$work/data
here=http://127.0.0.1:$port

echo "a long and unguessable phrase" | "$leads" user add --data "$data" --email ada@example.com \
  --role super_admin --password-stdin >/dev/null
token=$("$leads" token create --data "$data" --name test \
  --permission leads:view --permission leads:manage --permission settings:manage)
serve "$data" "$port" --allow-private-host 127.0.0.1 || { echo "0 passed, 1 failed"; exit 1; }

# api METHOD PATH [BODY]
api() {
  curl -fsS -X "$1" "$here/v1/identity$2" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' ${3:+-d "$3"}
}
# field NAME: a field of the JSON on standard input, as in data.0.name
field() {
  python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if isinstance(value, list) else name]
print(value)' "$1"
}
count() { api GET "/leads?search=$1" | field total; }

hook=$(api POST /lead-webhooks '{"name": "Landing page", "redirectHosts": ["www.example.com"]}')
id=$(field id <<<"$hook")
key=$(field apiKey <<<"$hook")
LEADS_WEBHOOK_URL=$here/webhooks/leads/$key
export LEADS_WEBHOOK_URL

# The form, submitted as a browser submits it: every field that it has.
submit() {
  python3 - "$examples/landing_form.html" "$LEADS_WEBHOOK_URL" "$@" <<'END'
import html.parser, sys, urllib.error, urllib.parse, urllib.request
page, url, *filled = sys.argv[1:]
filled = dict(pair.split("=", 1) for pair in filled)
class Form(html.parser.HTMLParser):
    fields, action, method, select = {}, None, None, None
    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form": self.action, self.method = a["action"], a["method"]
        if tag in ("input", "textarea"): self.fields[a["name"]] = a.get("value", "")
        if tag == "select": self.select = a["name"]
    def handle_data(self, data):
        if self.select and data.strip(): self.fields.setdefault(self.select, data.strip())
    def handle_endtag(self, tag):
        if tag == "select": self.select = None
form = Form()
form.feed(open(page).read())
assert form.method == "post" and form.action.endswith("/webhooks/leads/YOUR-KEY"), form.action
unknown = set(filled) - set(form.fields)
assert not unknown, unknown
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
body = urllib.parse.urlencode(form.fields | filled).encode()
try:
    answer = urllib.request.build_opener(Stay).open(urllib.request.Request(url, body))
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.headers.get("Location", ""))
END
}
says() {
  local want=$1 got
  shift
  got=$("$@") || return 1
  [ "$got" = "$want" ] || { echo "says: $got, not: $want"; return 1; }
}
it "the form sends its visitor on" says "303 https://www.example.com/thanks" \
  submit name=Formida email=formida@example.com company=Acme message='Ünïcode & "quotes"'
it "the form makes a lead" says 1 count formida
stored() { api GET '/leads?search=formida' | field "data.0.$1"; }
it "the form's own fields become custom fields" says 'Ünïcode & "quotes"' stored customFields.message
it "the form's select arrives" says "under 1,000" stored customFields.budget
it "the honeypot is thanked" says "303 https://www.example.com/thanks" \
  submit name=Botox email=botox@example.com _gotcha=spam
it "the honeypot makes no lead" says 0 count botox

it "send.sh sends" "$examples/send.sh" name='Curlina & Söhne' email=curlina@example.com note=a=b@c
it "send.sh sends once for one key" env IDEMPOTENCY_KEY=one bash -c \
  "'$examples/send.sh' name=Oncely && '$examples/send.sh' name=Oncely"
it "both arrived once" says "1 1" bash -c "echo $(count curlina) $(count oncely)"
it "send.sh fails when it is refused" exits 22 env "LEADS_WEBHOOK_URL=$here/webhooks/leads/nonsense" "$examples/send.sh" name=x
it "send.sh explains itself" exits 2 "$examples/send.sh"

it "send.py sends arguments" "$examples/send.py" name=Pythia email=pythia@example.com
it "send.py sends lines of JSON" bash -c \
  "printf '%s\n' '{\"name\": \"Linea One\", \"deep\": {\"er\": [1, 2]}}' '{\"name\": \"Linea Two\"}' | '$examples/send.py'"
it "all of them arrived" says "1 2" bash -c "echo $(count pythia) $(count linea)"
it "send.py fails when it is refused" exits 1 env "LEADS_WEBHOOK_URL=$here/webhooks/leads/nonsense" "$examples/send.py" name=x
# The sender starts before its server does.
late() {
  local late sender
  late=$(free_port)
  "$leads" backup --data "$data" --to "$work/late.db" && "$leads" restore "$work/late.db" --data "$work/late" || return 1
  LEADS_WEBHOOK_URL=http://127.0.0.1:$late/webhooks/leads/$key "$examples/send.py" name=Latecomer &
  sender=$!
  sleep 1
  serve "$work/late" "$late" && wait "$sender"
}
it "send.py tries again while the server is away" late

# The receiver, as an outbound webhook of the same machine.
listen=$(free_port)
told=$(api POST /outbound-webhooks \
  "{\"name\": \"Receiver\", \"url\": \"http://127.0.0.1:$listen/\", \"events\": [\"lead.created\"]}")
log=/outbound-webhooks/$(field id <<<"$told")/deliveries
LEADS_WEBHOOK_SECRET=$(field secret <<<"$told") LISTEN=127.0.0.1:$listen \
  "$examples/receive.py" >"$work/heard" 2>"$work/receive.log" &
children+=($!)
it "receive.py listens" until_ok 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$listen"
hears() { api POST /leads '{"name": "Heard"}' && until_ok 10 grep -q '^lead.created [0-9a-f-]* Heard$' "$work/heard"; }
it "receive.py hears of a lead" hears
repeated() { [ "$(api GET "$log" | field data.0.status)" = delivered ] && [ "$(api GET "$log" | field data.0.replayedAt)" != None ]; }
again() {
  api POST "$log/$(api GET "$log" | field data.0.id)/replay" && until_ok 10 repeated &&
    [ "$(grep -c Heard "$work/heard")" = 1 ]
}
it "receive.py takes a repeat, and acts on it once" again
unsigned() {
  curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$listen/" -H 'webhook-id: msg_1' \
    -H "webhook-timestamp: $(date +%s)" -H 'webhook-signature: v1,AAAA' -d '{"type": "lead.created", "data": {}}'
}
it "receive.py refuses what is not signed" says 401 unsigned
it "receive.py asks for its secret" exits 1 "$examples/receive.py"

# A proxy in front: the site as it stands, on ports and with a certificate of this test.
if command -v nginx >/dev/null && command -v openssl >/dev/null; then
  tls=$(free_port) plain=$(free_port)
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=leads.example.com \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
  sed -e "s|127.0.0.1:8080|127.0.0.1:$port|" -e "/\[::\]/d" -e "s|listen 443|listen 127.0.0.1:$tls|" \
    -e "s|listen 80|listen 127.0.0.1:$plain|" -e "s|/etc/letsencrypt/.*fullchain.pem|$work/cert.pem|" \
    -e "s|/etc/letsencrypt/.*privkey.pem|$work/key.pem|" -e "s|/var/log/nginx|$work|" \
    "$examples/nginx.conf" >"$work/site.conf"
  cat >"$work/nginx.conf" <<END
pid $work/nginx.pid;
daemon off;
error_log $work/error.log;
events {}
http {
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
  uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  include $work/site.conf;
}
END
  it "nginx takes the site" nginx -t -c "$work/nginx.conf" -e "$work/error.log"
  nginx -c "$work/nginx.conf" -e "$work/error.log" &
  children+=($!)
  proxied() { curl -fsS --cacert "$work/cert.pem" --resolve "leads.example.com:$tls:127.0.0.1" "https://leads.example.com:$tls$1" "${@:2}"; }
  it "nginx passes to Leads" until_ok 10 proxied /readyz
  it "nginx sends plain HTTP to HTTPS" says "301 https://leads.example.com/board" curl -s -o /dev/null \
    -w '%{http_code} %{redirect_url}' -H 'Host: leads.example.com' "http://127.0.0.1:$plain/board"
  it "a lead comes in through nginx" proxied "/webhooks/leads/$key" -d name=Proxima
  live() {
    curl -sN --cacert "$work/cert.pem" --resolve "leads.example.com:$tls:127.0.0.1" -m 15 \
      -H "Authorization: Bearer $token" "https://leads.example.com:$tls/v1/identity/events" >"$work/events" &
    children+=($!)
    sleep 1
    proxied "/webhooks/leads/$key" -d name=Livia && until_ok 2 grep -q Livia "$work/events"
  }
  it "live updates come through nginx at once" live
  it "the log of nginx holds requests" grep -q '/webhooks/leads/\.\.\.' "$work/leads.log"
  it "the log of nginx holds no key" exits 1 grep -q "$key" "$work/leads.log"
else
  skip "nginx is not installed"
fi

if command -v caddy >/dev/null; then
  it "Caddy takes the Caddyfile" env HOME="$work" caddy adapt --config "$examples/Caddyfile" --adapter caddyfile
  proxy=$(free_port)
  sed -e "s|^leads.example.com|http://127.0.0.1:$proxy|" -e "s|127.0.0.1:8080|127.0.0.1:$port|" "$examples/Caddyfile" >"$work/Caddyfile"
  sed -i '1i {\n\tadmin off\n}' "$work/Caddyfile"
  HOME=$work caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/caddy.log" 2>&1 &
  children+=($!)
  it "Caddy passes to Leads" until_ok 10 curl -fs "http://127.0.0.1:$proxy/readyz"
  it "a lead comes in through Caddy" curl -fsS "http://127.0.0.1:$proxy/webhooks/leads/$key" -d name=Caddie
else
  skip "caddy is not installed"
fi

if command -v systemd-analyze >/dev/null; then
  mkdir -p "$work/units"
  sed "s|/usr/local/bin/leads|$leads|" "$examples/leads.service" >"$work/units/leads.service"
  sed "s|%h/.local/bin/leads|$leads|" "$examples/leads.user.service" >"$work/units/leads.user.service"
  quiet() { "$@" 2>&1 | tee "$work/quiet" && [ ! -s "$work/quiet" ]; }
  it "the unit is valid" quiet systemd-analyze verify --man=no "$work/units/leads.service"
  mkdir "$work/units/leads.service.d"
  cp "$examples/low-ports.conf" "$work/units/leads.service.d/"
  it "the unit is valid with low ports" quiet systemd-analyze verify --man=no "$work/units/leads.service"
  rm -r "$work/units/leads.service.d"
  it "the user unit is valid" quiet systemd-analyze verify --man=no "$work/units/leads.user.service"
  exposure() { systemd-analyze security --offline=true "$work/units/leads.service" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p'; }
  it "the unit's exposure is at most 1.3" awk -v level="$(exposure)" 'BEGIN { exit !(level > 0 && level <= 1.3) }'
else
  skip "systemd-analyze is not installed"
fi

starts_with_env() {
  local env=$work/leads.env probe
  probe=$(free_port)
  sed -e "s|^LEADS_ADDR=.*|LEADS_ADDR=127.0.0.1:$probe|" -e "s|^LEADS_DATA=.*|LEADS_DATA=$work/from-env|" \
    -e 's|^#LEADS_PUBLIC_URL|LEADS_PUBLIC_URL|' -e 's|^#LEADS_LOG|LEADS_LOG|' "$examples/leads.env" >"$env"
  # shellcheck disable=SC2016 # expanded by the inner shell
  sh -c 'set -a && . "$1" && exec "$2" serve' sh "$env" "$leads" >"$work/env.log" 2>&1 &
  children+=($!)
  until_ok 20 curl -fs "http://127.0.0.1:$probe/readyz" && test -s "$work/from-env/leads.db"
}
it "the settings file starts it" starts_with_env
it "every variable in the settings file is known" bash -c \
  "for name in \$(grep -o 'LEADS_[A-Z_]*' '$examples/leads.env' | sort -u); do '$leads' serve --help | grep -q \"\$name\" || { echo \"\$name\"; exit 1; }; done"

it "deleting the webhook turns senders away" bash -c "curl -fsS -X DELETE '$here/v1/identity/lead-webhooks/$id' -H 'Authorization: Bearer $token'"
it "they are told so" exits 22 "$examples/send.sh" name=Nobody

finish
