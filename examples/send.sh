#!/bin/sh
# Send one lead to a webhook with curl.
#
#   export LEADS_WEBHOOK_URL=http://127.0.0.1:8080/webhooks/leads/YOUR-KEY
#   ./send.sh name='Ada Lovelace' email=ada@example.com utm_source=newsletter
#
# Each argument is a field=value. The same Idempotency-Key goes with every try,
# so that a retry after a lost answer does not make a second lead.
set -eu

: "${LEADS_WEBHOOK_URL:?set it to the URL of your webhook}"
if [ $# -eq 0 ]; then
  echo "usage: $0 field=value ..." >&2
  exit 2
fi

key=${IDEMPOTENCY_KEY:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}

# Turn each field=value into --data-urlencode field=value: any character is safe.
for field in "$@"; do
  case $field in
    ?*=*) set -- "$@" --data-urlencode "$field" ;;
    *) echo "$0: not field=value: $field" >&2; exit 2 ;;
  esac
  shift
done

exec curl --silent --show-error --fail-with-body \
  --retry 5 --retry-connrefused --retry-max-time 120 --max-time 30 \
  --header "Idempotency-Key: $key" "$@" "$LEADS_WEBHOOK_URL"
