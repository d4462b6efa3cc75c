#!/usr/bin/env python3
"""Send leads to a webhook: Python's standard library, nothing to install.

    export LEADS_WEBHOOK_URL=http://127.0.0.1:8080/webhooks/leads/YOUR-KEY
    ./send.py name="Ada Lovelace" email=ada@example.com
    ./send.py < leads.jsonl          # one JSON object a line, nesting allowed

A lost connection, 429 and 5xx are tried again with growing pauses. Every try
of a lead carries the same Idempotency-Key, so that none is made twice.
"""

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
import uuid

TRIES = 6
TIMEOUT_SECONDS = 30


def send(url, lead):
    """Post one lead; return the answer, or raise when it was refused."""
    request = urllib.request.Request(
        url,
        data=json.dumps(lead).encode(),
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    for attempt in range(1, TRIES + 1):
        pause = min(60, 2 ** (attempt - 1)) * random.uniform(0.5, 1)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            reason = f"{error.code}: {error.read(2000).decode(errors='replace')}"
            if error.code != 429 and error.code < 500:
                raise SystemExit(f"refused, {reason}") from None
            asked = error.headers.get("Retry-After", "")
            if asked.isdigit():
                pause = max(pause, int(asked))
        except OSError as error:  # refused, reset, timed out
            reason = str(error)
        if attempt < TRIES:
            print(f"try {attempt} failed ({reason}); again in {pause:.1f} s", file=sys.stderr)
            time.sleep(pause)
    raise SystemExit(f"gave up after {TRIES} tries: {reason}")


def main():
    url = os.environ.get("LEADS_WEBHOOK_URL")
    if not url:
        raise SystemExit("set LEADS_WEBHOOK_URL to the URL of your webhook")
    if len(sys.argv) > 1:
        wrong = [field for field in sys.argv[1:] if "=" not in field]
        if wrong:
            raise SystemExit(f"not field=value: {wrong[0]}")
        leads = [dict(field.split("=", 1) for field in sys.argv[1:])]
    else:
        leads = (json.loads(line) for line in sys.stdin if line.strip())
    for lead in leads:
        answer = send(url, lead)
        print(answer.get("leadId"), answer.get("name"))


if __name__ == "__main__":
    main()
