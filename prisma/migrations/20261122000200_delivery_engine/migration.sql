-- The delivery engine's statements. Instants come from the caller, whose clock is injected; partitions are found through
-- the ids handed in, one index probe each, so joins by hash or merge (which would read
-- whole partitions) are off, and so is JIT, which takes their cost for a long query's. Planning anew for each call costs more than
-- running: one plan serves all.

-- What a worker needs to send a delivery. `webhook_version` tells it whether the settings it holds are still the newest.
CREATE TYPE claimed_delivery AS (
  id UUID, attempt_count INTEGER, status "DeliveryStatus", max_attempts INTEGER, webhook_id UUID, webhook_version INTEGER,
  webhook_failing BOOLEAN, lease_until TIMESTAMPTZ, created_at TIMESTAMPTZ,
  event_id UUID, event_tenant_id TEXT, event_type TEXT, event_source TEXT, event_severity "Severity", event_subject TEXT,
  event_payload TEXT, event_occurred_at TIMESTAMPTZ, event_received_at TIMESTAMPTZ, event_correlation_id TEXT, event_causation_id TEXT
);

-- How long a claim is its worker's: the webhook's time limit and a margin for waiting and for writing down the outcome.
CREATE FUNCTION lease(p_now TIMESTAMPTZ, p_timeout_ms INTEGER, p_margin_ms INTEGER) RETURNS TIMESTAMPTZ
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT p_now + make_interval(secs => (p_timeout_ms + p_margin_ms) / 1000.0) $$;

-- Claims by compare-and-set: a delivery is handed out when it is open, has made the number of attempts the caller thinks it
-- has, and is in nobody else's hands. One whose webhook is not to be sent to now is parked instead (wake_at null), without
-- an attempt spent. A lost claim only costs the attempt that it stood for, so its commit need not reach the disk first.
CREATE FUNCTION claim_deliveries(p_ids UUID[], p_attempts INTEGER[], p_now TIMESTAMPTZ, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET
      lease_until = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN lease(p_now, w.timeout_ms, p_margin_ms) END,
      wake_at = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN d.wake_at END,
      hold_reason = NULL
    FROM unnest(p_ids, p_attempts) AS c(id, attempts), webhooks w
    -- Open is said by completed_at: said by status, the planner takes it for a reason to read the index of all that is open.
    WHERE d.id = c.id AND d.attempt_count = c.attempts AND d.completed_at IS NULL
      AND (d.lease_until IS NULL OR d.lease_until < p_now) AND w.id = d.webhook_id
      -- A job may outlive what it stood for: a retry is never early. The tolerance is for clocks of several machines.
      AND d.next_attempt_at <= p_now + interval '200 milliseconds'
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, w.consecutive_failures > 0 AS failing,
      d.lease_until, d.created_at, d.event_id
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, c.failing, c.lease_until, c.created_at,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id
  FROM claimed c JOIN events e ON e.id = c.event_id WHERE c.lease_until IS NOT NULL;
END $$;

-- Sends one delivery as the probe of an open circuit, if the circuit allows one now and a delivery is due.
CREATE FUNCTION claim_probe(p_webhook UUID, p_now TIMESTAMPTZ, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  picked UUID; lease_end TIMESTAMPTZ;
BEGIN
  UPDATE webhooks SET circuit = 'HALF_OPEN', circuit_probe_at = lease(p_now, timeout_ms, p_margin_ms)
    WHERE id = p_webhook AND state = 'ENABLED' AND circuit <> 'CLOSED' AND (circuit_probe_at IS NULL OR circuit_probe_at <= p_now)
    RETURNING circuit_probe_at INTO lease_end;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT d.id INTO picked FROM deliveries d
    WHERE d.webhook_id = p_webhook AND d.status IN ('PENDING', 'FAILED') AND d.next_attempt_at <= p_now
      AND (d.lease_until IS NULL OR d.lease_until < p_now)
    ORDER BY d.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    -- Nothing is due: the circuit waits as it was.
    UPDATE webhooks SET circuit = 'OPEN', circuit_probe_at = p_now WHERE id = p_webhook;
    RETURN;
  END IF;
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET lease_until = lease_end, wake_at = lease_end, hold_reason = NULL FROM webhooks w
    WHERE d.id = picked AND w.id = p_webhook
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, d.lease_until, d.created_at, d.event_id
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, true, c.lease_until, c.created_at,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id
  FROM claimed c JOIN events e ON e.id = c.event_id;
END $$;

-- Writes down what attempts came to: the attempt and the delivery's new state together. `p_numbers` counts the attempt
-- itself; a delivery that has moved on meanwhile (its lease ran out and another worker finished it) is left alone, with its
-- attempt. Returns the ids that were left alone.
CREATE FUNCTION record_outcomes(
  p_ids UUID[], p_numbers INTEGER[], p_statuses "DeliveryStatus"[], p_max INTEGER[], p_next TIMESTAMPTZ[], p_wake TIMESTAMPTZ[],
  p_completed TIMESTAMPTZ[], p_urls TEXT[], p_codes INTEGER[], p_errors TEXT[], p_kinds "ErrorKind"[],
  p_attempt_ids UUID[], p_webhooks UUID[], p_started TIMESTAMPTZ[], p_durations DOUBLE PRECISION[], p_request_headers TEXT[],
  p_response_headers TEXT[], p_bodies TEXT[], p_truncated BOOLEAN[]
) RETURNS UUID[] LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  written UUID[];
BEGIN
  WITH done AS (
    UPDATE deliveries d SET
      status = o.status, attempt_count = o.number, max_attempts = o.max, next_attempt_at = o.next, wake_at = o.wake, lease_until = NULL,
      hold_reason = NULL, completed_at = o.completed, target_url = o.url, last_status_code = o.code, last_error = o.error, last_error_kind = o.kind
    FROM unnest(p_ids, p_numbers, p_statuses, p_max, p_next, p_wake, p_completed, p_urls, p_codes, p_errors, p_kinds)
      AS o(id, number, status, max, next, wake, completed, url, code, error, kind)
    WHERE d.id = o.id AND d.attempt_count = o.number - 1 AND d.completed_at IS NULL
    RETURNING d.id
  )
  SELECT array_agg(id) INTO written FROM done;

  INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error,
      request_headers, response_headers, response_body, response_body_truncated)
    SELECT a.id, a.delivery, a.webhook, a.number, a.started, a.duration, a.code, a.kind, a.error,
      a.request_headers::json, a.response_headers::json, a.body, a.truncated
    FROM unnest(p_attempt_ids, p_ids, p_webhooks, p_numbers, p_started, p_durations, p_codes, p_kinds, p_errors,
      p_request_headers, p_response_headers, p_bodies, p_truncated)
      AS a(id, delivery, webhook, number, started, duration, code, kind, error, request_headers, response_headers, body, truncated)
    WHERE coalesce(cardinality(written), 0) = cardinality(p_ids) OR a.delivery = ANY (written);

  IF coalesce(cardinality(written), 0) = cardinality(p_ids) THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT unnest(p_ids) EXCEPT SELECT unnest(written));
END $$;

-- Deliveries that are due and in nobody's hands, oldest first; the caller has them until `p_until`.
CREATE FUNCTION take_due(p_now TIMESTAMPTZ, p_until TIMESTAMPTZ, p_limit INTEGER)
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

-- The next of a webhook's parked deliveries, oldest first; the caller has them until `p_until`. Why one waits still holds until
-- it is claimed. None while the webhook is not to be sent to: they would only be parked again.
CREATE FUNCTION take_parked(p_webhook UUID, p_now TIMESTAMPTZ, p_until TIMESTAMPTZ, p_limit INTEGER)
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

-- Parks deliveries that find no room in their webhook's lane, for a reason that is shown.
CREATE FUNCTION park_deliveries(p_ids UUID[], p_attempts INTEGER[], p_reason "HoldReason", p_now TIMESTAMPTZ) RETURNS VOID
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  UPDATE deliveries d SET wake_at = NULL, hold_reason = p_reason FROM unnest(p_ids, p_attempts) AS t(id, attempts)
    WHERE d.id = t.id AND d.attempt_count = t.attempts AND d.completed_at IS NULL AND (d.lease_until IS NULL OR d.lease_until < p_now);
END $$;
