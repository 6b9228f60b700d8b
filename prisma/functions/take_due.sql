-- Takes deliveries that are due and not leased, oldest first, for the caller until `p_until`.
CREATE OR REPLACE FUNCTION take_due(p_now TIMESTAMPTZ, p_until TIMESTAMPTZ, p_limit INTEGER)
RETURNS TABLE (id UUID, attempt_count INTEGER, webhook_id UUID)
LANGUAGE sql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  WITH due AS MATERIALIZED (
    SELECT d.id FROM deliveries d
    WHERE d.wake_at <= p_now AND (d.lease_until IS NULL OR d.lease_until < p_now)
    ORDER BY d.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  UPDATE deliveries d SET wake_at = p_until, lease_until = NULL FROM due WHERE d.id = due.id
  RETURNING d.id, d.attempt_count, d.webhook_id
$$;
