-- The end of a claim's lease: the webhook's time limit, and a margin for waiting and for recording the outcome.
CREATE OR REPLACE FUNCTION lease(p_now TIMESTAMPTZ, p_timeout_ms INTEGER, p_margin_ms INTEGER) RETURNS TIMESTAMPTZ
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT p_now + make_interval(secs => (p_timeout_ms + p_margin_ms) / 1000.0) $$;
