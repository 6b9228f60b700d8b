-- Lanes: leases carry their owner, and every lease, wake-up and retry goes by the database's clock.
-- docs/decisions/0026-lanes-are-bull-jobs.md gives the reasons.

-- The one clock of deliveries. Tests replace it to travel in time; nothing else may. Whole milliseconds, as the columns keep: rounded
-- up, a delivery would not be due yet when the bell rings for it.
CREATE FUNCTION db_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT date_trunc('milliseconds', now()) $$;

-- Workers that are alive, by their heartbeats. A lease names its worker, so that the deliveries of a dead one are taken over at once.
CREATE TABLE "workers" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  -- Since when its heartbeats have come without a gap.
  "steady_since" TIMESTAMPTZ(3) NOT NULL
);

-- Not indexed: claims and outcomes have to stay HOT updates.
ALTER TABLE "deliveries" ADD COLUMN "lease_owner" INTEGER;

-- On how many days of the present run of failures there was a failure, and when the last one was.
ALTER TABLE "webhooks" ADD COLUMN "failing_days" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "webhooks" ADD COLUMN "last_failure_at" TIMESTAMPTZ(3);
UPDATE "webhooks" SET "failing_days" = 1, "last_failure_at" = "failing_since" WHERE "failing_since" IS NOT NULL;

-- How long an idempotency key is remembered.
CREATE FUNCTION idempotency_window() RETURNS INTERVAL LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '24 hours' $$;

DROP FUNCTION claim_deliveries(UUID[], INTEGER[], TIMESTAMPTZ, INTEGER);
DROP FUNCTION claim_probe(UUID, TIMESTAMPTZ, INTEGER);
DROP FUNCTION lease(TIMESTAMPTZ, INTEGER, INTEGER);
DROP FUNCTION take_due(TIMESTAMPTZ, TIMESTAMPTZ, INTEGER);
DROP FUNCTION take_parked(UUID, TIMESTAMPTZ, TIMESTAMPTZ, INTEGER);
DROP FUNCTION park_deliveries(UUID[], INTEGER[], "HoldReason", TIMESTAMPTZ);
DROP TYPE claimed_delivery;

-- What a worker needs to send a delivery. `webhook_version` tells it whether its cached settings are the newest; `lease_until`
-- identifies the lease, and `lease_ms` says how long it lasts from now on: a worker measures that with its own monotonic clock.
CREATE TYPE claimed_delivery AS (
  id UUID, attempt_count INTEGER, status "DeliveryStatus", max_attempts INTEGER, webhook_id UUID, webhook_version INTEGER,
  webhook_failing BOOLEAN, lease_until TIMESTAMPTZ, lease_ms INTEGER,
  event_id UUID, event_tenant_id TEXT, event_type TEXT, event_source TEXT, event_severity "Severity", event_subject TEXT,
  event_payload TEXT, event_occurred_at TIMESTAMPTZ, event_received_at TIMESTAMPTZ, event_correlation_id TEXT, event_causation_id TEXT
);

-- The end of a lease that begins now.
CREATE FUNCTION lease(p_ms INTEGER) RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT db_now() + make_interval(secs => p_ms / 1000.0)
$$;

-- Claims by compare-and-set: a delivery is handed out when it is open, due, has made the number of attempts that the caller knows of,
-- and has no other lease. A delivery whose webhook may not be sent to now is parked instead (wake_at null), without an attempt
-- spent. A lost claim costs only the attempt that it stood for, so its commit need not reach the disk first.
CREATE FUNCTION claim_deliveries(p_ids UUID[], p_attempts INTEGER[], p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
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
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, w.consecutive_failures > 0 AS failing,
      d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, c.failing, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id
  FROM claimed c JOIN events e ON e.id = c.event_id WHERE c.lease_until IS NOT NULL;
END $$;

-- Claims one delivery as the probe of an open circuit, if the circuit allows one now and a delivery is due.
CREATE FUNCTION claim_probe(p_webhook UUID, p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
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
      AND (d.lease_until IS NULL OR d.lease_until < db_now())
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

-- record_outcomes, by the database's clock: `p_retry_ms` is the delay from now to the next attempt, null once final. The rest is as in
-- its last version.
DROP FUNCTION record_outcomes(UUID[], INTEGER[], "DeliveryStatus"[], INTEGER[], TIMESTAMPTZ[], TIMESTAMPTZ[], TIMESTAMPTZ[], TEXT[],
  INTEGER[], TEXT[], "ErrorKind"[], UUID[], UUID[], TIMESTAMPTZ[], DOUBLE PRECISION[], TEXT[], TEXT[], TEXT[], BOOLEAN[]);
CREATE FUNCTION record_outcomes(
  p_ids UUID[], p_numbers INTEGER[], p_statuses "DeliveryStatus"[], p_max INTEGER[], p_retry_ms DOUBLE PRECISION[],
  p_urls TEXT[], p_codes INTEGER[], p_errors TEXT[], p_kinds "ErrorKind"[],
  p_attempt_ids UUID[], p_webhooks UUID[], p_started TIMESTAMPTZ[], p_durations DOUBLE PRECISION[], p_request_headers TEXT[],
  p_response_headers TEXT[], p_bodies TEXT[], p_truncated BOOLEAN[],
  OUT left_alone UUID[], OUT recovered UUID[]
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  written UUID[]; arrived UUID[];
BEGIN
  WITH done AS (
    UPDATE deliveries d SET
      status = o.status, attempt_count = o.number, max_attempts = o.max,
      next_attempt_at = db_now() + make_interval(secs => o.retry_ms / 1000.0), wake_at = db_now() + make_interval(secs => o.retry_ms / 1000.0),
      lease_until = NULL, lease_owner = NULL, hold_reason = NULL, completed_at = CASE WHEN o.retry_ms IS NULL THEN db_now() END,
      last_attempt_at = db_now(), target_url = o.url, last_status_code = o.code, last_error = o.error, last_error_kind = o.kind
    FROM unnest(p_ids, p_numbers, p_statuses, p_max, p_retry_ms, p_urls, p_codes, p_errors, p_kinds)
      AS o(id, number, status, max, retry_ms, url, code, error, kind)
    WHERE d.id = o.id AND d.attempt_count = o.number - 1 AND d.completed_at IS NULL
    RETURNING d.id, d.status, d.replay_of_id
  )
  SELECT array_agg(id), array_agg(id) FILTER (WHERE status = 'DELIVERED' AND replay_of_id IS NOT NULL) INTO written, arrived FROM done;

  INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error,
      request_headers, response_headers, response_body, response_body_truncated)
    SELECT a.id, a.delivery, a.webhook, a.number, a.started, a.duration, a.code, a.kind, a.error,
      a.request_headers::json, a.response_headers::json, a.body, a.truncated
    FROM unnest(p_attempt_ids, p_ids, p_webhooks, p_numbers, p_started, p_durations, p_codes, p_kinds, p_errors,
      p_request_headers, p_response_headers, p_bodies, p_truncated)
      AS a(id, delivery, webhook, number, started, duration, code, kind, error, request_headers, response_headers, body, truncated)
    WHERE coalesce(cardinality(written), 0) = cardinality(p_ids) OR a.delivery = ANY (written);

  recovered := CASE WHEN arrived IS NULL THEN '{}' ELSE mark_recovered(arrived) END;
  left_alone := CASE WHEN coalesce(cardinality(written), 0) = cardinality(p_ids) THEN '{}'
    ELSE ARRAY(SELECT unnest(p_ids) EXCEPT SELECT unnest(written)) END;
END $$;

-- Takes deliveries whose wake-up has come and that have no lease, oldest first: the caller rings for them, and the next
-- sweep looks at them again after `p_grace_ms`.
CREATE FUNCTION take_due(p_grace_ms INTEGER, p_limit INTEGER)
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

-- Reads the next due deliveries of several webhooks, oldest first, each webhook's after a position and up to a number. It writes
-- nothing: a webhook's lane is the only reader, and two lanes at once are told apart by their claims. Nothing is
-- returned for a webhook that may not be sent to.
CREATE FUNCTION read_backlogs(p_webhooks UUID[], p_after TIMESTAMPTZ[], p_after_ids UUID[], p_limits INTEGER[])
RETURNS TABLE (webhook_id UUID, id UUID, attempt_count INTEGER, next_attempt_at TIMESTAMPTZ)
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  SELECT w.id, d.id, d.attempt_count, d.next_attempt_at
  FROM unnest(p_webhooks, p_after, p_after_ids, p_limits) AS r(webhook, after, after_id, most)
  JOIN webhooks w ON w.id = r.webhook AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
  CROSS JOIN LATERAL (
    SELECT o.id, o.attempt_count, o.next_attempt_at FROM deliveries o
    WHERE o.webhook_id = w.id AND o.status IN ('PENDING', 'FAILED') AND o.next_attempt_at <= db_now()
      AND o.next_attempt_at >= r.after AND (o.next_attempt_at, o.id) > (r.after, r.after_id)
      AND (o.lease_until IS NULL OR o.lease_until < db_now())
    ORDER BY o.next_attempt_at, o.id LIMIT r.most
  ) d
$$;

-- Webhooks that may be sent to and have a due delivery without a lease, whatever its wake-up. It visits the index of open deliveries
-- once for each webhook that has some.
CREATE FUNCTION webhooks_with_backlog() RETURNS SETOF UUID
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
  WITH RECURSIVE open AS (
    (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') ORDER BY d.webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND d.webhook_id > open.webhook_id
      ORDER BY d.webhook_id LIMIT 1)
    FROM open WHERE open.webhook_id IS NOT NULL
  )
  SELECT open.webhook_id FROM open JOIN webhooks w ON w.id = open.webhook_id AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
  WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = open.webhook_id AND d.status IN ('PENDING', 'FAILED')
    AND d.next_attempt_at <= db_now() AND (d.lease_until IS NULL OR d.lease_until < db_now()))
$$;

-- Parks deliveries that do not fit into their webhook's lane, for a reason that is shown.
CREATE FUNCTION park_deliveries(p_ids UUID[], p_attempts INTEGER[], p_reason "HoldReason") RETURNS VOID
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  UPDATE deliveries d SET wake_at = NULL, hold_reason = p_reason FROM unnest(p_ids, p_attempts) AS t(id, attempts)
    WHERE d.id = t.id AND d.attempt_count = t.attempts AND d.completed_at IS NULL AND (d.lease_until IS NULL OR d.lease_until < db_now());
END $$;

-- A worker's heartbeat. Returns the workers whose last one is older than `p_dead_after_ms`: the caller takes their deliveries over. A worker
-- whose own heartbeats had a gap judges no one until they have been steady for that long: when the database was away, every
-- worker was silent. A worker that begins may judge at once.
CREATE FUNCTION worker_heartbeat(p_worker INTEGER, p_name TEXT, p_dead_after_ms INTEGER) RETURNS INTEGER[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  at TIMESTAMPTZ := clock_timestamp();
  silence INTERVAL := make_interval(secs => p_dead_after_ms / 1000.0);
  may_judge BOOLEAN;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO workers AS w (id, name, started_at, seen_at, steady_since) VALUES (p_worker, p_name, at, at, at - silence)
    ON CONFLICT (id) DO UPDATE SET seen_at = at, steady_since = CASE WHEN w.seen_at < at - silence / 2 THEN at ELSE w.steady_since END
    RETURNING steady_since <= at - silence INTO may_judge;
  RETURN CASE WHEN may_judge THEN ARRAY(SELECT id FROM workers WHERE seen_at < at - silence) ELSE '{}' END;
END $$;

-- Takes over the deliveries of dead workers: their rows go, and their leases are released. Returns how many leases that were. A worker
-- that was heard meanwhile, or that another worker has taken over, is left out.
CREATE FUNCTION take_over(p_workers INTEGER[], p_dead_after_ms INTEGER) RETURNS INTEGER
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  dead INTEGER[]; freed UUID[];
BEGIN
  WITH gone AS (
    DELETE FROM workers WHERE id = ANY (p_workers) AND seen_at < clock_timestamp() - make_interval(secs => p_dead_after_ms / 1000.0) RETURNING id
  )
  SELECT array_agg(id) INTO dead FROM gone;
  IF dead IS NULL THEN RETURN 0; END IF;
  WITH released AS (
    UPDATE deliveries SET lease_until = NULL, lease_owner = NULL, wake_at = db_now()
    WHERE status IN ('PENDING', 'FAILED') AND lease_owner = ANY (dead) RETURNING webhook_id
  )
  SELECT array_agg(webhook_id) INTO freed FROM released;
  -- A half-open circuit's probe was among them: another one may go out.
  UPDATE webhooks SET circuit_probe_at = db_now() WHERE id = ANY (freed) AND circuit = 'HALF_OPEN';
  RETURN coalesce(cardinality(freed), 0);
END $$;

-- append_events: deliveries are due by the database's clock, and wake up `p_grace_ms` later. The rest is as in its last version.
DROP FUNCTION append_events(BIGINT, UUID[], TEXT[], TEXT[], TEXT[], "Severity"[], TEXT[], TEXT[], TIMESTAMPTZ[], TIMESTAMPTZ[],
  "ActorKind"[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], UUID[], INTEGER[], UUID[], TEXT[], TEXT[], INTEGER[], TIMESTAMPTZ);
CREATE FUNCTION append_events(
  p_epoch BIGINT, p_ids UUID[], p_tenants TEXT[], p_types TEXT[], p_sources TEXT[], p_severities "Severity"[],
  p_subjects TEXT[], p_payloads TEXT[], p_occurred TIMESTAMPTZ[], p_received TIMESTAMPTZ[], p_actor_kinds "ActorKind"[],
  p_actor_ids TEXT[], p_actor_names TEXT[], p_ips TEXT[], p_correlations TEXT[], p_causations TEXT[], p_keys TEXT[],
  p_delivery_ids UUID[], p_delivery_events INTEGER[], p_delivery_webhooks UUID[], p_delivery_tenants TEXT[],
  p_delivery_urls TEXT[], p_delivery_max INTEGER[], p_grace_ms INTEGER,
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
      published_by_kind, published_by_id, published_by_name, client_ip, correlation_id, causation_id)
    SELECT p_ids[i], first_seq - 1 + nth, p_tenants[i], p_types[i], p_sources[i], p_severities[i], p_subjects[i],
      p_payloads[i]::json, p_occurred[i], p_received[i], p_actor_kinds[i], p_actor_ids[i], p_actor_names[i], p_ips[i],
      p_correlations[i], p_causations[i]
    FROM unnest(fresh) WITH ORDINALITY AS f(i, nth);

  IF cardinality(p_delivery_ids) > 0 THEN
    INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at,
        wake_at, created_at)
      SELECT p_delivery_ids[d], p_ids[e], p_delivery_webhooks[d], p_delivery_tenants[d], p_types[e], p_subjects[e], p_delivery_urls[d],
        p_delivery_max[d], db_now(), lease(p_grace_ms), p_received[e]
      FROM unnest(p_delivery_events) WITH ORDINALITY AS t(e, d)
      WHERE duplicates IS NULL OR NOT duplicates ? e::text;
  END IF;
END $$;

-- replay_deliveries: replays are due by the database's clock, and wake up `p_grace_ms` later. The rest is as in its last version.
DROP FUNCTION replay_deliveries(UUID[], UUID[], BOOLEAN[], TEXT[], TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ[]);
CREATE FUNCTION replay_deliveries(
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
    SELECT d.status, d.attempt_count, d.tenant_id, d.webhook_id, d.event_id, d.lease_until, d.rescues_id, d.recovered_by_id INTO o
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
        IF FOUND THEN outcome := 'UNDER_WAY'; END IF;
      END IF;
    END IF;
    IF outcome IS NULL THEN
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id)
        SELECT p_replays[i], d.event_id, d.webhook_id, w.tenant_id, d.event_type, d.subject, w.url,
          coalesce(cardinality(w.retry_schedule), 0) + 1, db_now(), lease(p_grace_ms), p_created[i], d.id, rescued, d.rule_id
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
