-- The trace (W3C Trace Context) that an event belongs to, which its deliveries continue.
ALTER TABLE "events" ADD COLUMN "trace_parent" TEXT, ADD COLUMN "trace_state" TEXT;
ALTER TYPE claimed_delivery ADD ATTRIBUTE event_trace_parent TEXT, ADD ATTRIBUTE event_trace_state TEXT;

DROP FUNCTION append_events(BIGINT, UUID[], TEXT[], TEXT[], TEXT[], "Severity"[], TEXT[], TEXT[], TIMESTAMPTZ[], TIMESTAMPTZ[], "ActorKind"[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], UUID[], INTEGER[], UUID[], TEXT[], TEXT[], INTEGER[], INTEGER, TIMESTAMPTZ[]);

-- Appends a batch of events with their deliveries.
--
-- `p_epoch` is the epoch with which the caller computed the fan-out. When it is stale, nothing is written and `stale` is true; the
-- caller computes the fan-out again. So no webhook that exists at the time of the append is missed, whatever a cache holds.
-- Idempotency: an event whose key (tenant, source, key) was used within 24 hours is not appended, nor are its deliveries.
-- `duplicates` maps its position (from 1) to the id of the first event. Keys are locked in order and before the feed lock, so that
-- two batches with the same keys cannot deadlock.
-- The advisory lock makes commit order the order of `seq`: a reader that has seen n never finds a smaller number later.
-- Arrays are read by position: `unnest` of fifteen arrays first materialises each of them, which costs a single event as much as
-- its insert, while PL/pgSQL keeps arrays expanded.
CREATE OR REPLACE FUNCTION append_events(
  p_epoch BIGINT, p_ids UUID[], p_tenants TEXT[], p_types TEXT[], p_sources TEXT[], p_severities "Severity"[],
  p_subjects TEXT[], p_payloads TEXT[], p_occurred TIMESTAMPTZ[], p_received TIMESTAMPTZ[], p_actor_kinds "ActorKind"[],
  p_actor_ids TEXT[], p_actor_names TEXT[], p_ips TEXT[], p_correlations TEXT[], p_causations TEXT[], p_keys TEXT[],
  p_delivery_ids UUID[], p_delivery_events INTEGER[], p_delivery_webhooks UUID[], p_delivery_tenants TEXT[],
  p_delivery_urls TEXT[], p_delivery_max INTEGER[], p_grace_ms INTEGER, p_expires TIMESTAMPTZ[],
  p_trace_parents TEXT[], p_trace_states TEXT[],
  OUT stale BOOLEAN, OUT first_seq BIGINT, OUT duplicates JSONB
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  n INTEGER := cardinality(p_ids);
  -- Positions of the events that are appended, in order.
  fresh INTEGER[];
BEGIN
  stale := (SELECT epoch <> p_epoch FROM fanout_epoch WHERE id = 1);
  IF stale THEN RETURN; END IF;

  IF p_keys IS NULL THEN
    fresh := ARRAY(SELECT generate_series(1, n));
  ELSE
    INSERT INTO idempotency_keys AS k (tenant_id, source, key, event_id)
      SELECT DISTINCT ON (1, 2, 3) coalesce(p_tenants[i], ''), p_sources[i], p_keys[i], p_ids[i]
      FROM generate_series(1, n) i WHERE p_keys[i] IS NOT NULL ORDER BY 1, 2, 3, i
      ON CONFLICT (tenant_id, source, key) DO UPDATE SET event_id = excluded.event_id, created_at = now()
        WHERE k.created_at < now() - idempotency_window();
    SELECT jsonb_object_agg(i, k.event_id) INTO duplicates
      FROM generate_series(1, n) i
      JOIN idempotency_keys k ON k.tenant_id = coalesce(p_tenants[i], '') AND k.source = p_sources[i] AND k.key = p_keys[i]
      WHERE p_keys[i] IS NOT NULL AND k.event_id <> p_ids[i];
    fresh := ARRAY(SELECT i FROM generate_series(1, n) i WHERE duplicates IS NULL OR NOT duplicates ? i::text ORDER BY i);
  END IF;
  IF cardinality(fresh) = 0 THEN RETURN; END IF;

  PERFORM pg_advisory_xact_lock(hashtext('aetherlink.feed'));
  first_seq := nextval('events_seq');
  IF cardinality(fresh) > 1 THEN PERFORM setval('events_seq', first_seq + cardinality(fresh) - 1); END IF;

  INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at,
      published_by_kind, published_by_id, published_by_name, client_ip, correlation_id, causation_id, expires_at,
      trace_parent, trace_state)
    SELECT p_ids[i], first_seq - 1 + nth, p_tenants[i], p_types[i], p_sources[i], p_severities[i], p_subjects[i],
      p_payloads[i]::json, p_occurred[i], p_received[i], p_actor_kinds[i], p_actor_ids[i], p_actor_names[i], p_ips[i],
      p_correlations[i], p_causations[i], p_expires[i], p_trace_parents[i], p_trace_states[i]
    FROM unnest(fresh) WITH ORDINALITY AS f(i, nth);

  IF cardinality(p_delivery_ids) > 0 THEN
    INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at,
        wake_at, created_at, expires_at)
      SELECT p_delivery_ids[d], p_ids[e], p_delivery_webhooks[d], p_delivery_tenants[d], p_types[e], p_subjects[e], p_delivery_urls[d],
        p_delivery_max[d], db_now(), lease(p_grace_ms), p_received[e], p_expires[e]
      FROM unnest(p_delivery_events) WITH ORDINALITY AS t(e, d)
      WHERE duplicates IS NULL OR NOT duplicates ? e::text;
  END IF;
END $$;

-- Claims by compare-and-set: a delivery is claimed when it is open, has made as many attempts as the caller expects, and is not
-- leased to another worker. A delivery whose webhook must not be sent to now is moved to the backlog (wake_at null) and spends no
-- attempt. The commit need not reach the disk first: a lost claim costs only the attempt it stood for.
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
    -- Open is said by completed_at: said by status, the planner would read the index of all open deliveries.
    WHERE d.id = c.id AND d.attempt_count = c.attempts AND d.completed_at IS NULL
      AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND w.id = d.webhook_id AND d.next_attempt_at <= db_now()
      AND (d.expires_at IS NULL OR d.expires_at > db_now())
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, w.consecutive_failures > 0 AS failing,
      d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, c.failing, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state
  FROM claimed c JOIN events e ON e.id = c.event_id WHERE c.lease_until IS NOT NULL;
END $$;

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
    -- Nothing is due: the circuit waits as it was.
    UPDATE webhooks SET circuit = 'OPEN', circuit_probe_at = db_now() WHERE id = p_webhook;
    RETURN;
  END IF;
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET lease_until = lease_end, lease_owner = p_worker, wake_at = lease_end, hold_reason = NULL FROM webhooks w
    WHERE d.id = picked AND w.id = p_webhook
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, true, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state
  FROM claimed c JOIN events e ON e.id = c.event_id;
END $$;
