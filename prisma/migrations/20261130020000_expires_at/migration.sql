-- Events that expire: deliveries that have not arrived by then are cancelled.
ALTER TABLE "events" ADD COLUMN "expires_at" TIMESTAMPTZ(3);
ALTER TABLE "deliveries" ADD COLUMN "expires_at" TIMESTAMPTZ(3);
CREATE INDEX "deliveries_expiring" ON "deliveries" ("expires_at") WHERE "expires_at" IS NOT NULL AND "completed_at" IS NULL;

DROP FUNCTION append_events(BIGINT, UUID[], TEXT[], TEXT[], TEXT[], "Severity"[], TEXT[], TEXT[], TIMESTAMPTZ[], TIMESTAMPTZ[], "ActorKind"[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], UUID[], INTEGER[], UUID[], TEXT[], TEXT[], INTEGER[], INTEGER);

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
      published_by_kind, published_by_id, published_by_name, client_ip, correlation_id, causation_id, expires_at)
    SELECT p_ids[i], first_seq - 1 + nth, p_tenants[i], p_types[i], p_sources[i], p_severities[i], p_subjects[i],
      p_payloads[i]::json, p_occurred[i], p_received[i], p_actor_kinds[i], p_actor_ids[i], p_actor_names[i], p_ips[i],
      p_correlations[i], p_causations[i], p_expires[i]
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
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id
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
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id
  FROM claimed c JOIN events e ON e.id = c.event_id;
END $$;

-- Reads the next due deliveries of several webhooks, oldest first, each webhook's after a position and up to a number. It writes
-- nothing: a webhook's lane is the only reader, and two lanes at once are told apart by their claims. Nothing is
-- returned for a webhook that may not be sent to.
CREATE OR REPLACE FUNCTION read_backlogs(p_webhooks UUID[], p_after TIMESTAMPTZ[], p_after_ids UUID[], p_limits INTEGER[])
RETURNS TABLE (webhook_id UUID, id UUID, attempt_count INTEGER, next_attempt_at TIMESTAMPTZ)
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  SELECT w.id, d.id, d.attempt_count, d.next_attempt_at
  FROM unnest(p_webhooks, p_after, p_after_ids, p_limits) AS r(webhook, after, after_id, most)
  JOIN webhooks w ON w.id = r.webhook AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
  CROSS JOIN LATERAL (
    SELECT o.id, o.attempt_count, o.next_attempt_at FROM deliveries o
    WHERE o.webhook_id = w.id AND o.status IN ('PENDING', 'FAILED') AND o.next_attempt_at <= db_now()
      AND o.next_attempt_at >= r.after AND (o.next_attempt_at, o.id) > (r.after, r.after_id)
      AND (o.lease_until IS NULL OR o.lease_until < db_now()) AND (o.expires_at IS NULL OR o.expires_at > db_now())
    ORDER BY o.next_attempt_at, o.id LIMIT r.most
  ) d
$$;

-- Replays deliveries: makes a new delivery for each, linked to it, with attempts of its own. One statement serves thousands. Rows
-- are handled one by one, so that each is judged after the replays before it, and in the order of their ids, so that two calls
-- cannot deadlock.
--
-- `p_tenants` is the only tenant whose deliveries the caller may replay (null: any). `outcome` is REPLAYED, or the reason why not:
-- NOT_FOUND, GONE (the webhook was deleted or the event pruned), and unless forced DELIVERED, BEING_SENT, PENDING (no attempt yet),
-- UNDER_WAY (`other` is the replay under way), EXPIRED (its event has expired). An original with retries left is superseded: it becomes CANCELLED.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_grace_ms INTEGER, p_created TIMESTAMPTZ[]
) RETURNS TABLE (
  i INTEGER, outcome TEXT, status "DeliveryStatus", attempt_count INTEGER, tenant_id TEXT, webhook_id UUID, event_id UUID,
  superseded BOOLEAN, other UUID
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  o RECORD; being_sent BOOLEAN; rescued UUID;
BEGIN
  FOR i IN SELECT n::integer FROM unnest(p_ids) WITH ORDINALITY AS u(id, n) LEFT JOIN deliveries d ON d.id = u.id
      ORDER BY coalesce(d.rescues_id, u.id), u.id, n LOOP
    outcome := NULL; superseded := false; other := NULL;
    -- Replays of one dead letter wait for each other at its row, whichever of its family each is a replay of.
    PERFORM 1 FROM deliveries r WHERE r.id = (SELECT d.rescues_id FROM deliveries d WHERE d.id = p_ids[i]) FOR UPDATE;
    SELECT d.status, d.attempt_count, d.tenant_id, d.webhook_id, d.event_id, d.lease_until, d.rescues_id, d.recovered_by_id, d.expires_at INTO o
      FROM deliveries d WHERE d.id = p_ids[i] FOR UPDATE;
    IF NOT FOUND OR (p_tenants[i] IS NOT NULL AND o.tenant_id IS DISTINCT FROM p_tenants[i]) THEN
      outcome := 'NOT_FOUND';
      status := NULL; attempt_count := NULL; tenant_id := NULL; webhook_id := NULL; event_id := NULL;
      RETURN NEXT;
      CONTINUE;
    END IF;
    status := o.status; attempt_count := o.attempt_count; tenant_id := o.tenant_id;
    webhook_id := o.webhook_id; event_id := o.event_id;
    rescued := coalesce(o.rescues_id, CASE WHEN o.status = 'DEAD_LETTER' THEN p_ids[i] END);
    being_sent := o.status IN ('PENDING', 'FAILED') AND o.lease_until > db_now();
    being_sent := coalesce(being_sent, false);
    IF NOT p_force[i] THEN
      IF o.status = 'DELIVERED' THEN outcome := 'DELIVERED';
      ELSIF o.recovered_by_id IS NOT NULL THEN outcome := 'RECOVERED'; other := o.recovered_by_id;
      ELSIF being_sent THEN outcome := 'BEING_SENT';
      ELSIF o.status = 'PENDING' THEN outcome := 'PENDING';
      ELSE
        SELECT d.id INTO other FROM deliveries d
          WHERE d.replay_of_id = p_ids[i] AND d.status IN ('PENDING', 'FAILED') ORDER BY d.id DESC LIMIT 1;
        IF NOT FOUND AND rescued IS NOT NULL THEN
          SELECT d.id INTO other FROM deliveries d
            WHERE d.rescues_id = rescued AND d.id <> p_ids[i] AND d.status IN ('PENDING', 'FAILED') ORDER BY d.id DESC LIMIT 1;
        END IF;
        IF FOUND THEN outcome := 'UNDER_WAY';
        ELSIF o.expires_at <= db_now() THEN outcome := 'EXPIRED'; END IF;
      END IF;
    END IF;
    IF outcome IS NULL THEN
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id, expires_at)
        SELECT p_replays[i], d.event_id, d.webhook_id, w.tenant_id, d.event_type, d.subject, w.url,
          coalesce(cardinality(w.retry_schedule), 0) + 1, db_now(), lease(p_grace_ms), p_created[i], d.id, rescued, d.rule_id,
          CASE WHEN d.expires_at > db_now() THEN d.expires_at END
        FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL JOIN events e ON e.id = d.event_id
        WHERE d.id = p_ids[i] FOR KEY SHARE OF e;
      outcome := CASE WHEN FOUND THEN 'REPLAYED' ELSE 'GONE' END;
      IF outcome = 'REPLAYED' AND o.status IN ('PENDING', 'FAILED') AND NOT being_sent THEN
        superseded := true;
        UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
          WHERE d.id = p_ids[i];
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
