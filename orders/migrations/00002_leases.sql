-- +goose Up
-- Work that one node may do at a time. A term only grows; a write that carries an
-- earlier one is refused.
CREATE TABLE leases (
    name        text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    holder      text NOT NULL CHECK (length(holder) BETWEEN 1 AND 200),
    term        bigint NOT NULL CHECK (term > 0),
    acquired_at timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);

-- +goose Down
DROP TABLE leases;
