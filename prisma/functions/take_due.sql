-- Returns due deliveries without a lease, oldest first, and postpones them until `lease(p_grace_ms)`, so that no other sweep
-- returns them before.
CREATE OR REPLACE FUNCTION take_due(p_grace_ms INTEGER, p_limit INTEGER)
RETURNS TABLE (id UUID, attempt_count INTEGER, webhook_id UUID)
LANGUAGE sql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  WITH due AS MATERIALIZED (
    SELECT d.id FROM deliveries d
    WHERE d.wake_at <= db_now() AND (d.lease_until IS NULL OR d.lease_until < db_now())
    ORDER BY d.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  UPDATE deliveries d SET wake_at = lease(p_grace_ms), lease_until = NULL, lease_owner = NULL FROM due WHERE d.id = due.id
  RETURNING d.id, d.attempt_count, d.webhook_id
$$;
