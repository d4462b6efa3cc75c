#!/usr/bin/env python3
"""Hear of what happens to leads: a receiver for outbound webhooks, nothing to install.

    export LEADS_WEBHOOK_SECRET=whsec_...    # shown when the webhook is made
    ./receive.py                             # listens on http://127.0.0.1:9000
    LISTEN=127.0.0.1:9001 ./receive.py

Prints a line for each event. Put a web server with a certificate in front, or
have a Leads on the same machine started with --allow-private-host 127.0.0.1.
The signature is that of Standard Webhooks, for which there are libraries too.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGEST = 4 * 1024 * 1024
TOLERANCE_SECONDS = 5 * 60


def is_ours(key, headers, body):
    """Whether somebody who knows the secret signed this, and just now."""
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    content = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    mine = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    # Two for a day after the secret was rotated.
    signatures = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one.encode(), f"v1,{mine}".encode()) for one in signatures)


def handle(event):
    """What you do with an event stands here. What raises is sent again later."""
    lead = event["data"].get("lead") or {}
    print(event["type"], lead.get("id"), lead.get("name"), flush=True)


class Receiver(BaseHTTPRequestHandler):
    key = b""
    # An event may come twice, under the same id; keep ids in a database to know them after a restart.
    seen = {}

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_ours(self.key, self.headers, body):
            return self.answer(401)
        message_id = self.headers["webhook-id"]
        if message_id not in self.seen:
            handle(json.loads(body))
            self.seen[message_id] = True
            if len(self.seen) > 10_000:
                self.seen.pop(next(iter(self.seen)))
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def main():
    secret = os.environ.get("LEADS_WEBHOOK_SECRET", "")
    if not secret.startswith("whsec_"):
        raise SystemExit("set LEADS_WEBHOOK_SECRET to the secret of your outbound webhook, whsec_...")
    Receiver.key = base64.b64decode(secret.removeprefix("whsec_"))
    host, _, port = os.environ.get("LISTEN", "127.0.0.1:9000").rpartition(":")
    print(f"listening on http://{host}:{port}", file=sys.stderr)
    ThreadingHTTPServer((host, int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    main()
