-- The end of a claim's lease: the webhook's timeout, plus a margin for waiting and for recording the outcome.
CREATE OR REPLACE FUNCTION lease(p_ms INTEGER) RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT db_now() + make_interval(secs => p_ms / 1000.0)
$$;
