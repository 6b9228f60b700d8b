-- Claims by compare-and-set: a delivery is claimed when it is open, has made as many attempts as the caller expects, and is not
-- leased to another worker. A delivery whose webhook is on hold is moved to the backlog (wake_at null) and uses no attempt. The
-- commit may be asynchronous: a lost claim can cause one duplicate request.
CREATE OR REPLACE FUNCTION claim_deliveries(p_ids UUID[], p_attempts INTEGER[], p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET
      lease_until = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN lease(w.timeout_ms + p_margin_ms) END,
      lease_owner = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN p_worker END,
      wake_at = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN d.wake_at END,
      hold_reason = NULL
    FROM unnest(p_ids, p_attempts) AS c(id, attempts), webhooks w
    -- Open deliveries are found by completed_at. With a condition on status, the planner would read the index of all open deliveries.
    WHERE d.id = c.id AND d.attempt_count = c.attempts AND d.completed_at IS NULL
      AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND w.id = d.webhook_id AND d.next_attempt_at <= db_now()
      AND (d.expires_at IS NULL OR d.expires_at > db_now())
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, w.consecutive_failures > 0 AS failing,
      d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id,
      extract(epoch FROM db_now() - d.next_attempt_at) * 1000 AS due_ms
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, c.failing, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state, c.due_ms::float8
  FROM claimed c JOIN events e ON e.id = c.event_id WHERE c.lease_until IS NOT NULL;
END $$;
