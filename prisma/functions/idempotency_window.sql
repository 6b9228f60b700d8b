-- How long an idempotency key is stored.
CREATE OR REPLACE FUNCTION idempotency_window() RETURNS INTERVAL LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '24 hours' $$;
