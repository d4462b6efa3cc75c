-- What belongs to no part of the product: kept answers of POST requests with an Idempotency-Key.
-- The answer is sealed under the installation's key, since it may hold a token, and with it the fingerprint
-- of the request's body, which may hold a password.
CREATE TABLE idempotency_keys (
    scope BLOB PRIMARY KEY,
    status INTEGER NOT NULL,
    etag INTEGER,
    answer BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
