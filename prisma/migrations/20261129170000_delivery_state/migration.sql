-- The state of a delivery that lists, figures and remediation go by: when it last changed, whether a dead letter was recovered.
-- docs/decisions/0022-lists-by-last-change.md

-- When the last attempt ended.
ALTER TABLE "deliveries" ADD COLUMN "last_attempt_at" TIMESTAMPTZ(3);
-- The replay that arrived in its place, for a delivery that did not arrive itself.
ALTER TABLE "deliveries" ADD COLUMN "recovered_by_id" UUID;
-- Of a replay: the dead letter that it is to recover. A replay of a replay names the same one: a lost event counts once,
-- however many replays of it die.
ALTER TABLE "deliveries" ADD COLUMN "rescues_id" UUID;
-- The event's, so that a search of deliveries reads no events.
ALTER TABLE "deliveries" ADD COLUMN "subject" TEXT;

UPDATE "deliveries" d SET "last_attempt_at" = a."at" FROM (
    SELECT "delivery_id", max("started_at" + make_interval(secs => "duration_ms" / 1000)) AS "at" FROM "delivery_attempts"
    WHERE "delivery_id" IS NOT NULL GROUP BY 1
  ) a WHERE d."id" = a."delivery_id";
UPDATE "deliveries" d SET "subject" = e."subject" FROM "events" e WHERE e."id" = d."event_id" AND e."subject" IS NOT NULL;
WITH RECURSIVE "lineage" AS (
  SELECT r."id" AS "replay", o."id" AS "ancestor", o."replay_of_id" AS "next", o."status" = 'DEAD_LETTER' AS "dead", 1 AS "depth"
    FROM "deliveries" r JOIN "deliveries" o ON o."id" = r."replay_of_id"
  UNION ALL
  SELECT l."replay", o."id", o."replay_of_id", o."status" = 'DEAD_LETTER', l."depth" + 1
    FROM "lineage" l JOIN "deliveries" o ON o."id" = l."next"
), "rescued" AS (
  SELECT DISTINCT ON ("replay") "replay", "ancestor" FROM "lineage" WHERE "dead" ORDER BY "replay", "depth" DESC
)
UPDATE "deliveries" d SET "rescues_id" = r."ancestor" FROM "rescued" r WHERE d."id" = r."replay";
WITH RECURSIVE "arrived" AS (
  SELECT r."id" AS "replay", r."replay_of_id" AS "id" FROM "deliveries" r WHERE r."status" = 'DELIVERED' AND r."replay_of_id" IS NOT NULL
  UNION
  SELECT a."replay", o."replay_of_id" FROM "arrived" a JOIN "deliveries" o ON o."id" = a."id" WHERE o."replay_of_id" IS NOT NULL
)
UPDATE "deliveries" d SET "recovered_by_id" = a."replay" FROM (SELECT "id", min("replay"::text)::uuid AS "replay" FROM "arrived" GROUP BY 1) a
  WHERE d."id" = a."id" AND d."status" <> 'DELIVERED';

-- The last change: lists are in this order and windows are ranges of it.
ALTER TABLE "deliveries" ADD COLUMN "changed_at" TIMESTAMPTZ(3) NOT NULL
  GENERATED ALWAYS AS (coalesce("completed_at", "last_attempt_at", "created_at")) STORED;

DROP INDEX "deliveries_tenant_id_id_idx";
DROP INDEX "deliveries_webhook_id_id_idx";
DROP INDEX "deliveries_wrong";
DROP INDEX "deliveries_rule";
CREATE INDEX "deliveries_changed_at_id_idx" ON "deliveries" ("changed_at", "id");
CREATE INDEX "deliveries_tenant_id_changed_at_id_idx" ON "deliveries" ("tenant_id", "changed_at", "id");
CREATE INDEX "deliveries_webhook_id_changed_at_id_idx" ON "deliveries" ("webhook_id", "changed_at", "id");
CREATE INDEX "deliveries_rule" ON "deliveries" ("rule_id", "changed_at", "id") WHERE "rule_id" IS NOT NULL;
-- With what filters and figures ask of them, so that they are listed and counted without reading the rows.
CREATE INDEX "deliveries_wrong" ON "deliveries" ("status", "changed_at", "id")
  INCLUDE ("tenant_id", "webhook_id", "event_type", "attempt_count", "max_attempts", "last_error_kind", "last_status_code")
  WHERE "status" IN ('FAILED', 'DEAD_LETTER', 'CANCELLED');
CREATE INDEX "deliveries_unrecovered" ON "deliveries" ("changed_at", "id")
  INCLUDE ("tenant_id", "webhook_id", "event_type", "last_error_kind", "last_status_code")
  WHERE "status" = 'DEAD_LETTER' AND "recovered_by_id" IS NULL AND "rescues_id" IS NULL;
CREATE INDEX "deliveries_recovered" ON "deliveries" ("changed_at", "id")
  INCLUDE ("tenant_id", "webhook_id", "event_type", "status", "last_error_kind", "last_status_code") WHERE "recovered_by_id" IS NOT NULL;
CREATE INDEX "deliveries_rescues" ON "deliveries" ("rescues_id") WHERE "rescues_id" IS NOT NULL;
CREATE INDEX "deliveries_limited" ON "deliveries" ("webhook_id", "changed_at", "id") WHERE "hold_reason" IS NOT NULL;

-- append_events, as in its last version; deliveries also carry their event's subject.
CREATE OR REPLACE FUNCTION append_events(
  p_epoch BIGINT, p_ids UUID[], p_tenants TEXT[], p_types TEXT[], p_sources TEXT[], p_severities "Severity"[],
  p_subjects TEXT[], p_payloads TEXT[], p_occurred TIMESTAMPTZ[], p_received TIMESTAMPTZ[], p_actor_kinds "ActorKind"[],
  p_actor_ids TEXT[], p_actor_names TEXT[], p_ips TEXT[], p_correlations TEXT[], p_causations TEXT[], p_keys TEXT[],
  p_delivery_ids UUID[], p_delivery_events INTEGER[], p_delivery_webhooks UUID[], p_delivery_tenants TEXT[],
  p_delivery_urls TEXT[], p_delivery_max INTEGER[], p_wake_at TIMESTAMPTZ,
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
        WHERE k.created_at < now() - interval '24 hours';
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
        p_delivery_max[d], p_received[e], p_wake_at, p_received[e]
      FROM unnest(p_delivery_events) WITH ORDINALITY AS t(e, d)
      WHERE duplicates IS NULL OR NOT duplicates ? e::text;
  END IF;
END $$;

-- Marks what did not arrive itself as recovered by replays that did: each delivery that the replay descends from, and the other
-- replays of the same dead letter. An ancestor that is still open is marked too, for when it ends. Returns the ids that were marked.
CREATE FUNCTION mark_recovered(p_replays UUID[]) RETURNS UUID[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  marked UUID[];
BEGIN
  WITH RECURSIVE lineage(replay, id) AS (
    SELECT d.id, d.replay_of_id FROM deliveries d WHERE d.id = ANY (p_replays) AND d.replay_of_id IS NOT NULL
    UNION
    SELECT l.replay, d.replay_of_id FROM lineage l JOIN deliveries d ON d.id = l.id WHERE d.replay_of_id IS NOT NULL
  ), family AS (
    SELECT replay, id FROM lineage
    UNION
    SELECT r.id, d.id FROM deliveries r JOIN deliveries d ON d.rescues_id = r.rescues_id WHERE r.id = ANY (p_replays)
  ), done AS (
    -- In the order of ids, so that two of these never wait for each other in a circle.
    UPDATE deliveries d SET recovered_by_id = f.replay FROM (SELECT id, min(replay::text)::uuid AS replay FROM family GROUP BY id ORDER BY id) f
    WHERE d.id = f.id AND d.id <> f.replay AND d.recovered_by_id IS NULL AND d.status <> 'DELIVERED'
    RETURNING d.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO marked FROM done;
  RETURN marked;
END $$;

-- record_outcomes, as in its first version, and with what follows from a replay that arrived. `left_alone`: the ids whose outcome was
-- not written, because they had moved on; `recovered`: those that a replay among these has recovered.
DROP FUNCTION record_outcomes(UUID[], INTEGER[], "DeliveryStatus"[], INTEGER[], TIMESTAMPTZ[], TIMESTAMPTZ[], TIMESTAMPTZ[], TEXT[],
  INTEGER[], TEXT[], "ErrorKind"[], UUID[], UUID[], TIMESTAMPTZ[], DOUBLE PRECISION[], TEXT[], TEXT[], TEXT[], BOOLEAN[]);
CREATE FUNCTION record_outcomes(
  p_ids UUID[], p_numbers INTEGER[], p_statuses "DeliveryStatus"[], p_max INTEGER[], p_next TIMESTAMPTZ[], p_wake TIMESTAMPTZ[],
  p_completed TIMESTAMPTZ[], p_urls TEXT[], p_codes INTEGER[], p_errors TEXT[], p_kinds "ErrorKind"[],
  p_attempt_ids UUID[], p_webhooks UUID[], p_started TIMESTAMPTZ[], p_durations DOUBLE PRECISION[], p_request_headers TEXT[],
  p_response_headers TEXT[], p_bodies TEXT[], p_truncated BOOLEAN[],
  OUT left_alone UUID[], OUT recovered UUID[]
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  written UUID[]; arrived UUID[];
BEGIN
  WITH done AS (
    UPDATE deliveries d SET
      status = o.status, attempt_count = o.number, max_attempts = o.max, next_attempt_at = o.next, wake_at = o.wake, lease_until = NULL,
      hold_reason = NULL, completed_at = o.completed, target_url = o.url, last_status_code = o.code, last_error = o.error,
      last_error_kind = o.kind, last_attempt_at = coalesce(o.completed, o.started + make_interval(secs => o.duration / 1000))
    FROM unnest(p_ids, p_numbers, p_statuses, p_max, p_next, p_wake, p_completed, p_urls, p_codes, p_errors, p_kinds, p_started, p_durations)
      AS o(id, number, status, max, next, wake, completed, url, code, error, kind, started, duration)
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

-- Replays deliveries: for each a new one, linked to it, with attempts of its own. One statement for many, because a person
-- replays by the thousand; row by row within it, so that each is judged by what the ones before it did. A dead letter is locked before
-- its replays, in the order of ids, so that two of these never wait for each other in a circle.
--
-- `p_tenants` is the only tenant whose deliveries the caller may touch (null: anybody's). `outcome` is REPLAYED, or why not: NOT_FOUND,
-- GONE (its webhook was deleted or its event pruned), and unless forced DELIVERED, RECOVERED (`other` is the replay that arrived),
-- BEING_SENT, PENDING (not tried yet), UNDER_WAY (`other` is the replay that is, of this delivery or of the dead letter that it was to
-- recover). An original that still had retries to come is superseded: it becomes CANCELLED.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_now TIMESTAMPTZ, p_wake TIMESTAMPTZ, p_created TIMESTAMPTZ[]
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
    being_sent := o.status IN ('PENDING', 'FAILED') AND o.lease_until > p_now;
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
          coalesce(cardinality(w.retry_schedule), 0) + 1, p_now, p_wake, p_created[i], d.id, rescued, d.rule_id
        FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL JOIN events e ON e.id = d.event_id
        WHERE d.id = p_ids[i];
      outcome := CASE WHEN FOUND THEN 'REPLAYED' ELSE 'GONE' END;
      IF outcome = 'REPLAYED' AND o.status IN ('PENDING', 'FAILED') AND NOT being_sent THEN
        superseded := true;
        UPDATE deliveries d SET status = 'CANCELLED', completed_at = p_now, next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
          WHERE d.id = p_ids[i];
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
