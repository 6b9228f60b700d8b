-- Moves deliveries that do not fit into their webhook's lane to the backlog, with the hold reason to show.
CREATE OR REPLACE FUNCTION park_deliveries(p_ids UUID[], p_attempts INTEGER[], p_reason "HoldReason") RETURNS VOID
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  UPDATE deliveries d SET wake_at = NULL, hold_reason = p_reason FROM unnest(p_ids, p_attempts) AS t(id, attempts)
    WHERE d.id = t.id AND d.attempt_count = t.attempts AND d.completed_at IS NULL AND (d.lease_until IS NULL OR d.lease_until < db_now());
END $$;
