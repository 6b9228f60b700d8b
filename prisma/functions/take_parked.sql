-- Takes the next deliveries of a webhook's backlog, oldest first, for the caller until `p_until`. The hold reason stays until the
-- claim. Takes none while the webhook must not be sent to: they would only return to the backlog.
CREATE OR REPLACE FUNCTION take_parked(p_webhook UUID, p_now TIMESTAMPTZ, p_until TIMESTAMPTZ, p_limit INTEGER)
RETURNS TABLE (id UUID, attempt_count INTEGER, webhook_id UUID)
LANGUAGE sql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  WITH parked AS MATERIALIZED (
    SELECT d.id FROM deliveries d
    WHERE d.webhook_id = p_webhook AND d.status IN ('PENDING', 'FAILED') AND d.wake_at IS NULL AND d.next_attempt_at <= p_now
      AND (d.lease_until IS NULL OR d.lease_until < p_now)
      AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = p_webhook AND w.state = 'ENABLED' AND w.circuit = 'CLOSED')
    ORDER BY d.next_attempt_at LIMIT p_limit FOR UPDATE OF d SKIP LOCKED
  )
  UPDATE deliveries d SET wake_at = p_until FROM parked WHERE d.id = parked.id
  RETURNING d.id, d.attempt_count, d.webhook_id
$$;
