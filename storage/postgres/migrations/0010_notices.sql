-- Notices: who is told what about an incident, by which channel and when (hub/notify). No addresses.
CREATE TABLE notice (
    key TEXT COLLATE "C" PRIMARY KEY,    -- made of what it is about
    incident TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    step INTEGER NOT NULL,
    person TEXT COLLATE "C" NOT NULL,    -- empty: the channel itself
    channel TEXT COLLATE "C" NOT NULL,
    urgent INTEGER NOT NULL,
    due_ms BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,   -- under which name it was first sent; empty before
    reply TEXT COLLATE "C" NOT NULL,
    made_ms BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    body BYTEA NOT NULL                  -- what the text is made of, as JSON
);

CREATE INDEX notice_due ON notice (due_ms, key) WHERE state = 'WAITING';
CREATE INDEX notice_state ON notice (state, at_ms);
CREATE INDEX notice_at ON notice (at_ms);
CREATE INDEX notice_incident ON notice (incident);
CREATE INDEX notice_reply ON notice (reply) WHERE reply <> '';
