-- Notices: who is told what about an incident, by which channel and when (hub/notify). No addresses.
CREATE TABLE notice (
    key TEXT PRIMARY KEY,         -- made of what it is about
    incident TEXT NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    step INTEGER NOT NULL,
    person TEXT NOT NULL,         -- empty: the channel itself
    channel TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,        -- under which name it was first sent; empty before
    reply TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL            -- what the text is made of, as JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_due ON notice (due_ms, key) WHERE state = 'WAITING';
CREATE INDEX notice_state ON notice (state, at_ms);
CREATE INDEX notice_at ON notice (at_ms);
CREATE INDEX notice_incident ON notice (incident);
CREATE INDEX notice_reply ON notice (reply) WHERE reply <> '';
