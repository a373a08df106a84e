-- +goose Up
CREATE TABLE stock (
    product_id text PRIMARY KEY CHECK (length(product_id) BETWEEN 1 AND 512),
    on_hand    bigint NOT NULL CHECK (on_hand >= 0),
    reserved   bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <= on_hand),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id           uuid PRIMARY KEY, -- UUIDv7
    customer     text NOT NULL CHECK (length(customer) BETWEEN 1 AND 255),
    status       text NOT NULL CHECK (status IN ('placed', 'cancelled')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz CHECK ((cancelled_at IS NOT NULL) = (status = 'cancelled'))
);

-- History is read newest first by customer, from this index alone.
CREATE INDEX orders_history ON orders (customer, created_at DESC, id DESC)
    INCLUDE (status, cancelled_at);

CREATE TABLE order_lines (
    order_id    uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line_no     integer NOT NULL CHECK (line_no > 0),
    product_id  text NOT NULL CHECK (length(product_id) BETWEEN 1 AND 512),
    quantity    integer NOT NULL CHECK (quantity > 0),
    -- Pieces that this line holds reserved in stock; cancelling gives them back.
    held        integer NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND quantity),
    unit_amount bigint CHECK (unit_amount >= 0), -- minor units
    currency    text CHECK (currency ~ '^[A-Z]{3}$'),
    status      text NOT NULL CHECK (status IN ('placed', 'cancelled')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line_no),
    CHECK ((unit_amount IS NULL) = (currency IS NULL))
);

-- The snapshot of the follower begins at a time.
CREATE INDEX order_lines_created ON order_lines (created_at);

CREATE TABLE idempotency_keys (
    scope        text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    response     bytea NOT NULL,
    order_id     uuid NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);

-- Old keys are removed by age.
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE order_lines;
DROP TABLE orders;
DROP TABLE stock;
