-- Claims one due delivery as the probe of an open circuit, if the circuit allows a probe now.
CREATE OR REPLACE FUNCTION claim_probe(p_webhook UUID, p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  picked UUID; lease_end TIMESTAMPTZ;
BEGIN
  UPDATE webhooks SET circuit = 'HALF_OPEN', circuit_probe_at = lease(timeout_ms + p_margin_ms)
    WHERE id = p_webhook AND state = 'ENABLED' AND circuit <> 'CLOSED' AND (circuit_probe_at IS NULL OR circuit_probe_at <= db_now())
    RETURNING circuit_probe_at INTO lease_end;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT d.id INTO picked FROM deliveries d
    WHERE d.webhook_id = p_webhook AND d.status IN ('PENDING', 'FAILED') AND d.next_attempt_at <= db_now()
      AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND (d.expires_at IS NULL OR d.expires_at > db_now())
    ORDER BY d.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    -- Nothing is due: the circuit stays open.
    UPDATE webhooks SET circuit = 'OPEN', circuit_probe_at = db_now() WHERE id = p_webhook;
    RETURN;
  END IF;
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET lease_until = lease_end, lease_owner = p_worker, wake_at = lease_end, hold_reason = NULL FROM webhooks w
    WHERE d.id = picked AND w.id = p_webhook
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id,
      extract(epoch FROM db_now() - d.next_attempt_at) * 1000 AS due_ms
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, true, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state, c.due_ms::float8
  FROM claimed c JOIN events e ON e.id = c.event_id;
END $$;
