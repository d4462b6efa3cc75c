-- Lists of messages at any size: by what carried them, by contact, and by one or two letters.

-- What carried a message is part of what a list is narrowed by (the outbox is one list of them), so it
-- stands in the same index as channel, status and origin.
UPDATE messages SET provider = 'sandbox' WHERE provider IS NULL;
DROP INDEX messages_kind;
CREATE INDEX messages_kind ON messages (workspace_id, channel, status, origin, provider);
CREATE INDEX messages_contact ON messages (contact_id) WHERE contact_id IS NOT NULL;

-- The trigrams themselves, for searches of one or two letters. The two line ends behind each text make every
-- character of it the first of a trigram, so what was indexed without them is indexed anew.
INSERT INTO message_search (message_search) VALUES ('delete-all');
INSERT INTO message_search (rowid, text)
    SELECT seq, fold(coalesce(recipient_name, '') || ' ' || address) || char(10, 10) FROM messages;
CREATE VIRTUAL TABLE message_search_trigrams USING fts5vocab (message_search, row);
