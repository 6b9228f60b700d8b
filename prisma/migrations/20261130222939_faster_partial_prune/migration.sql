-- Deletes deliveries with their attempts, and subtracts them from the totals. An attempt is in the partition of its own
-- day: retries of a day's last deliveries are in the next partition.
CREATE OR REPLACE FUNCTION prune_deliveries(p_ids UUID[], OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  gone UUID[]; tenants TEXT[]; webhooks UUID[]; types TEXT[]; statuses "DeliveryStatus"[];
  low UUID; high UUID; attempts UUID[]; later UUID[];
  more INTEGER;
BEGIN
  delivery_count := 0; attempt_count := 0;
  IF cardinality(p_ids) = 0 THEN RETURN; END IF;
  low := (SELECT i FROM unnest(p_ids) i ORDER BY i LIMIT 1);
  high := (SELECT i FROM unnest(p_ids) i ORDER BY i DESC LIMIT 1);
  WITH d AS (DELETE FROM deliveries d WHERE d.id >= low AND d.id <= high AND d.id = ANY(p_ids)
      RETURNING d.id, d.tenant_id, d.webhook_id, d.event_type, d.status)
    SELECT array_agg(d.id), array_agg(d.tenant_id), array_agg(d.webhook_id), array_agg(d.event_type), array_agg(d.status)
    INTO gone, tenants, webhooks, types, statuses FROM d;
  IF gone IS NULL THEN RETURN; END IF;
  delivery_count := cardinality(gone);
  PERFORM unshift_delivery_totals(gone, tenants, webhooks, types, statuses);
  -- Attempts of the same days are found by the id of their delivery. Later attempts are few but may be in many partitions, so
  -- they are found by a range of the index.
  high := uuid7_floor(date_trunc('day', to_timestamp(uuid7_ms(high) / 1000.0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day');
  -- OFFSET 0 keeps one index lookup per delivery. Without it the planner may compare each attempt of the day with each delivery.
  attempts := ARRAY(SELECT a.id FROM unnest(gone) AS i
    CROSS JOIN LATERAL (SELECT a.id FROM delivery_attempts a WHERE a.delivery_id = i AND a.id >= low AND a.id < high OFFSET 0) AS a);
  DELETE FROM delivery_attempts a WHERE a.id >= low AND a.id < high AND a.id = ANY(attempts);
  GET DIAGNOSTICS attempt_count = ROW_COUNT;
  later := ARRAY(SELECT a.delivery_id FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id >= low AND a.delivery_id < high
    INTERSECT SELECT unnest(gone));
  IF cardinality(later) > 0 THEN
    DELETE FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id = ANY(later);
    GET DIAGNOSTICS more = ROW_COUNT;
    attempt_count := attempt_count + more;
  END IF;
END $$;

-- Deletes the next events of a tenant (null: the system's) after `p_after`, at most `p_limit` of them, within one day [p_low, p_high),
-- with their deliveries and attempts. Events with an open delivery are kept. `last` is the position after which the next batch
-- continues; null if this was the last one. replay_deliveries locks the row of its event until commit, so either pruning sees the
-- replay or the replay finds no event.
CREATE OR REPLACE FUNCTION prune_events(p_tenant TEXT, p_low UUID, p_high UUID, p_after UUID, p_limit INTEGER,
  OUT last UUID, OUT event_count INTEGER, OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  ids UUID[]; kept UUID[]; seqs BIGINT[]; tenants TEXT[]; types TEXT[]; severities "Severity"[];
  first UUID; latest UUID; unit BIGINT; boundary UUID; doomed UUID[];
BEGIN
  event_count := 0; delivery_count := 0; attempt_count := 0;
  IF p_tenant IS NULL THEN
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id IS NULL AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  ELSE
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id = p_tenant AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  END IF;
  IF cardinality(ids) = 0 THEN RETURN; END IF;
  first := ids[1];
  -- Totals of a whole hour are deleted much faster than they are changed, and those of ten minutes too. So the batch ends with an
  -- hour if it contains the end of one, else with ten minutes.
  IF cardinality(ids) = p_limit THEN
    FOREACH unit IN ARRAY '{3600000, 600000}'::bigint[] LOOP
      boundary := uuid7_floor(to_timestamp(uuid7_ms(ids[p_limit]) / unit * unit / 1000.0));
      IF first < boundary THEN
        ids := ids[1 : (SELECT count(*) FROM unnest(ids) i WHERE i < boundary)];
        EXIT;
      END IF;
    END LOOP;
    last := ids[cardinality(ids)];
  END IF;
  latest := ids[cardinality(ids)];
  kept := ARRAY(SELECT DISTINCT d.event_id FROM deliveries d
    WHERE d.id >= p_low AND d.event_id >= first AND d.event_id <= latest AND d.status IN ('PENDING', 'FAILED'));
  IF cardinality(kept) > 0 THEN ids := ARRAY(SELECT unnest(ids) EXCEPT SELECT unnest(kept)); END IF;

  WITH e AS (DELETE FROM events e WHERE e.id >= p_low AND e.id < p_high AND e.id = ANY(ids)
      RETURNING e.id, e.seq, e.tenant_id, e.type, e.severity)
    SELECT array_agg(e.id), array_agg(e.seq), array_agg(e.tenant_id), array_agg(e.type), array_agg(e.severity)
    INTO ids, seqs, tenants, types, severities FROM e;
  IF ids IS NOT NULL THEN
    IF EXISTS (SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= latest AND d.status IN ('PENDING', 'FAILED')
        INTERSECT SELECT unnest(ids)) THEN
      RAISE EXCEPTION 'one of the events was replayed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    event_count := cardinality(ids);
    PERFORM shift_event_totals(-1, ids, seqs, tenants, types, severities);
    INSERT INTO feed_horizons AS h (tenant_id, seq) SELECT coalesce(p_tenant, ''), max(s) FROM unnest(seqs) s
      ON CONFLICT (tenant_id) DO UPDATE SET seq = greatest(h.seq, excluded.seq);
    -- OFFSET 0 keeps one index lookup per event. Without it the planner would read the deliveries of the whole day for each batch.
    doomed := ARRAY(SELECT d.id FROM unnest(ids) AS i
      CROSS JOIN LATERAL (SELECT d.id FROM deliveries d WHERE d.event_id = i AND d.id >= p_low AND d.id < p_high OFFSET 0) AS d);
    SELECT p.delivery_count, p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    -- Replays, and deliveries that were created after midnight.
    doomed := ARRAY(SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= latest
      INTERSECT SELECT unnest(ids));
    IF cardinality(doomed) > 0 THEN
      doomed := ARRAY(SELECT d.id FROM deliveries d WHERE d.id >= p_high AND d.event_id = ANY(doomed));
      SELECT prune_events.delivery_count + p.delivery_count, prune_events.attempt_count + p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    END IF;
  END IF;
END $$;

-- Adds events to the totals (p_sign 1), or subtracts them (-1), in the transaction that inserts or deletes them. It
-- covers only events that a worker has already counted (`seq` up to totals_progress); the worker counts the others.
-- Pruned or restored days no longer have minute totals (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE OR REPLACE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  tenant TEXT := coalesce(p_tenants[1], '');
  -- Ten minutes and hours of which the totals count nothing but these events. Their rows are deleted without counting the events by
  -- type, and are subtracted from the hour and the day around them.
  tens INTEGER[] := '{}'; hours INTEGER[] := '{}';
  rest BOOLEAN := true; -- whether there are events outside of `tens`
  base INTEGER; top INTEGER;
  delta event_totals[];
BEGIN
  -- A worker that is counting these rows finishes first; a later one waits until they have changed. So no worker adds to totals that
  -- are being deleted as a whole.
  IF p_sign < 0 OR counted < (SELECT max(s) FROM unnest(p_seqs) s) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'events' FOR SHARE;
  END IF;
  base := uuid7_ms((SELECT i FROM unnest(p_ids) i ORDER BY i LIMIT 1)) / 600000 * 10;
  top := uuid7_ms((SELECT i FROM unnest(p_ids) i ORDER BY i DESC LIMIT 1)) / 600000 * 10;
  IF p_sign < 0 AND top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    WITH mine AS MATERIALIZED (
      SELECT base + 10 * width_bucket(i, bounds) - 10 AS start, count(*) AS n
      FROM (SELECT ARRAY(SELECT uuid7_floor(to_timestamp(s * 60)) FROM generate_series(base, top, 10) s ORDER BY s) AS bounds OFFSET 0) AS b,
        unnest(p_ids, p_seqs) AS e(i, seq) WHERE seq <= counted GROUP BY 1
    ), units AS (
      SELECT start, sum(n) AS n, sum(total) AS total FROM (
        SELECT start, n, 0 AS total FROM mine
        UNION ALL SELECT s, 0, coalesce((SELECT sum(t.count) FROM event_totals t WHERE NOT t.detail AND t.span = 10 AND t.start = s AND t.tenant_id = tenant), 0)
          FROM (SELECT DISTINCT start / 60 * 60 AS hour FROM mine) AS h, generate_series(h.hour, h.hour + 50, 10) AS s
      ) AS u GROUP BY 1
    )
    SELECT coalesce(array_agg(start) FILTER (WHERE n > 0 AND n = total), '{}'), coalesce(sum(n) FILTER (WHERE n <> total), 0) > 0,
        ARRAY(SELECT start / 60 * 60 FROM units GROUP BY 1 HAVING bool_and(n = total))
      INTO tens, rest, hours FROM units;
    DELETE FROM event_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) AS d(detail) WHERE s / 60 * 60 = ANY(hours)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant;
  END IF;
  WITH deleted AS (
    DELETE FROM event_totals t USING (
      SELECT detail, span, start FROM (VALUES (true), (false)) AS d(detail), (SELECT 60 AS span, h AS start FROM unnest(hours) h
        UNION ALL SELECT 10, s FROM unnest(tens) s WHERE NOT s / 60 * 60 = ANY(hours)) AS u OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant
      RETURNING t.detail, t.span, t.start, t.type, t.severity, t.count
  ), gathered AS (
    SELECT grouping(type) = 0 AS detail, coalesce(ten, minute) AS at, tenant_id, type, severity, count(*) AS n
    FROM (SELECT minute, minute / 10 * 10 AS ten, tenant_id, type, severity
      FROM (SELECT (uuid7_ms(i) / 60000)::int AS minute, tenant_id, type, severity
        FROM unnest(p_ids, p_seqs, p_tenants, p_types, p_severities) AS e(i, seq, tenant_id, type, severity)
        WHERE rest AND seq <= counted OFFSET 0) AS e
      WHERE minute / 10 * 10 NOT IN (SELECT unnest(tens)) OFFSET 0) AS f
    GROUP BY GROUPING SETS ((ten, tenant_id, type, severity), (minute, tenant_id, severity))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, tenant_id, type, severity, sum(n)::int AS n FROM (
      SELECT detail, s.span, at, coalesce(tenant_id, '') AS tenant_id, coalesce(type, '') AS type, severity, n
        FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON s.span > 1 OR NOT detail
      UNION ALL SELECT detail, s.span, start, tenant, type, severity, count
        FROM deleted d JOIN (VALUES (60), (1440)) AS s(span) ON s.span > d.span
    ) AS s GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, type, severity, n)::event_totals) INTO delta FROM shifted;
  IF delta IS NULL THEN RETURN; END IF;
  IF p_sign > 0 THEN
    INSERT INTO event_totals AS t SELECT * FROM unnest(delta)
      ON CONFLICT (detail, span, start, tenant_id, type, severity) DO UPDATE SET count = t.count + excluded.count;
  ELSE
    MERGE INTO event_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
        AND t.tenant_id = d.tenant_id AND t.type = d.type AND t.severity = d.severity
      WHEN MATCHED AND t.count <= d.count THEN DELETE
      WHEN MATCHED THEN UPDATE SET count = t.count - d.count;
  END IF;
END $$;

-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or subtracts them (-1). `p_recovered` are
-- deliveries that the totals already include, and that have recovered since then. Minutes before `p_finest` have no detail.
CREATE OR REPLACE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  tenant TEXT := coalesce(p_ended[1].tenant_id, '');
  -- The day on which the first of `p_ended` was created, and the bounds of its ids.
  day INTEGER := (uuid7_ms(p_ended[1].id) / 86400000)::int;
  low UUID := uuid7_floor(to_timestamp(day * 86400.0)); high UUID := uuid7_floor(to_timestamp(day * 86400.0 + 86400));
  -- Ten minutes and hours of which the totals of that day count nothing but these deliveries. Their rows are deleted without counting
  -- the deliveries by webhook and type, and are subtracted from the hour and the day around them.
  tens INTEGER[] := '{}'; hours INTEGER[] := '{}';
  rest BOOLEAN := true; -- whether there are deliveries outside of `tens`
  delta delivery_outcome_totals[];
BEGIN
  IF p_sign < 0 AND (SELECT bool_and(coalesce(e.tenant_id, '') = tenant) FROM unnest(p_ended) e) THEN
    WITH mine AS MATERIALIZED (
      SELECT floor(date_part('epoch', e.changed_at) / 600)::int * 10 AS start, count(*) AS n FROM unnest(p_ended) e WHERE id >= low AND id < high GROUP BY 1
    ), units AS (
      SELECT start, sum(n) AS n, sum(total) AS total FROM (
        SELECT start, n, 0 AS total FROM mine
        UNION ALL SELECT s, 0, coalesce((SELECT sum(t.delivered + t.dead_letter + t.cancelled) FROM delivery_outcome_totals t
            WHERE NOT t.detail AND t.span = 10 AND t.start = s AND t.tenant_id = tenant AND t.born = day), 0)
          FROM (SELECT DISTINCT start / 60 * 60 AS hour FROM mine) AS h, generate_series(h.hour, h.hour + 50, 10) AS s
      ) AS u GROUP BY 1
    )
    SELECT coalesce(array_agg(start) FILTER (WHERE n > 0 AND n = total AND start + 10 <= p_finest), '{}'),
        coalesce(sum(n) FILTER (WHERE n = total AND start + 10 <= p_finest), 0) < cardinality(p_ended),
        ARRAY(SELECT start / 60 * 60 FROM units GROUP BY 1 HAVING bool_and(n = total AND start + 10 <= p_finest))
      INTO tens, rest, hours FROM units;
    DELETE FROM delivery_outcome_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) AS d(detail) WHERE s / 60 * 60 = ANY(hours)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant AND t.born = day;
  END IF;
  WITH deleted AS (
    DELETE FROM delivery_outcome_totals t USING (
      SELECT detail, span, start FROM (VALUES (true), (false)) AS d(detail), (SELECT 60 AS span, h AS start FROM unnest(hours) h
        UNION ALL SELECT 10, s FROM unnest(tens) s WHERE NOT s / 60 * 60 = ANY(hours)) AS u OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant AND t.born = day
      RETURNING t.detail, t.span, t.start, t.webhook_id, t.event_type, t.delivered, t.dead_letter, t.cancelled
  ), gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, webhook_id, event_type, born,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT minute, CASE WHEN minute >= p_finest THEN minute ELSE minute / 10 * 10 END AS unit, tenant_id, webhook_id, event_type,
        (uuid7_ms(id) / 86400000)::int AS born, status
      FROM (SELECT floor(date_part('epoch', changed_at) / 60)::int AS minute, id, tenant_id, webhook_id, event_type, status
        FROM unnest(p_ended) WHERE rest OFFSET 0) AS e
      WHERE NOT (id >= low AND id < high AND minute / 10 * 10 IN (SELECT unnest(tens))) OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type, born), (minute, tenant_id, born))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, tenant_id, webhook_id, event_type, born,
      sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM (
      SELECT detail, s.span, at, coalesce(tenant_id, '') AS tenant_id, coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id,
          coalesce(event_type, '') AS event_type, born, delivered, dead, cancelled
        FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON s.span > 1 OR NOT detail OR at >= p_finest
      UNION ALL SELECT detail, s.span, start, tenant, webhook_id, event_type, day, delivered, dead_letter, cancelled
        FROM deleted d JOIN (VALUES (60), (1440)) AS s(span) ON s.span > d.span
    ) AS s GROUP BY 1, 2, 3, 4, 5, 6, 7
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, webhook_id, event_type, born, delivered, dead, cancelled)::delivery_outcome_totals)
    INTO delta FROM shifted;
  IF delta IS NOT NULL AND p_sign > 0 THEN
    INSERT INTO delivery_outcome_totals AS t SELECT * FROM unnest(delta)
      ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type, born) DO UPDATE
        SET delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter, cancelled = t.cancelled + excluded.cancelled;
  ELSIF delta IS NOT NULL THEN
    MERGE INTO delivery_outcome_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
        AND t.tenant_id = d.tenant_id AND t.webhook_id = d.webhook_id AND t.event_type = d.event_type AND t.born = d.born
      WHEN MATCHED AND t.delivered <= d.delivered AND t.dead_letter <= d.dead_letter AND t.cancelled <= d.cancelled THEN DELETE
      WHEN MATCHED THEN UPDATE SET delivered = t.delivered - d.delivered, dead_letter = t.dead_letter - d.dead_letter,
        cancelled = t.cancelled - d.cancelled;
  END IF;

  INSERT INTO delivery_failure_totals AS t (span, start, tenant_id, webhook_id, event_type, error_kind, status_code, born,
      dead_letter, unrecovered, recovered)
  SELECT span, minute / span * span, coalesce(tenant_id, ''), webhook_id, event_type, coalesce(error_kind::text, ''), coalesce(status_code, 0), born,
    p_sign * sum(dead), p_sign * sum(unrecovered), p_sign * sum(recovered)
  FROM (
    SELECT floor(date_part('epoch', changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type,
      error_kind, status_code, (status = 'DEAD_LETTER')::int AS dead, unrecovered::int AS unrecovered, recovered::int AS recovered
      FROM unnest(p_ended) WHERE status IN ('DEAD_LETTER', 'CANCELLED')
    UNION ALL
    SELECT floor(date_part('epoch', changed_at) / 60)::int, (uuid7_ms(id) / 86400000)::int, tenant_id, webhook_id, event_type,
      error_kind, status_code, 0, -(unrecovered::int), 1 FROM unnest(p_recovered)
  ) AS f CROSS JOIN (VALUES (10), (1440)) AS s(span)
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  HAVING sum(dead) <> 0 OR sum(unrecovered) <> 0 OR sum(recovered) <> 0
  ON CONFLICT (span, start, tenant_id, webhook_id, event_type, error_kind, status_code, born) DO UPDATE
    SET dead_letter = t.dead_letter + excluded.dead_letter, unrecovered = t.unrecovered + excluded.unrecovered, recovered = t.recovered + excluded.recovered;
END $$;

-- Subtracts deliveries that are being deleted from the totals. A delivery whose end is not in the totals yet (delivery_ends)
-- counts as open in them, and its row in delivery_ends is deleted too. Called after the deletion, which locks totals_progress.
CREATE OR REPLACE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted UUID := (SELECT uuid7_floor(to_timestamp(until / 1000.0)) FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  tenant TEXT := coalesce(p_tenants[1], '');
  -- Ten minutes and hours of which the totals count nothing but these deliveries. Their rows are deleted without counting the
  -- deliveries by webhook and type, and are subtracted from the hour and the day around them.
  tens INTEGER[] := '{}'; hours INTEGER[] := '{}';
  rest BOOLEAN := true; -- whether there are deliveries outside of `tens`
  base INTEGER; top INTEGER;
  noted UUID[];
  delta delivery_totals[];
BEGIN
  WITH gone AS (DELETE FROM delivery_ends WHERE id = ANY(p_ids) RETURNING id) SELECT array_agg(id) INTO noted FROM gone;
  base := uuid7_ms((SELECT i FROM unnest(p_ids) i ORDER BY i LIMIT 1)) / 600000 * 10;
  top := uuid7_ms((SELECT i FROM unnest(p_ids) i ORDER BY i DESC LIMIT 1)) / 600000 * 10;
  IF top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    WITH mine AS MATERIALIZED (
      SELECT base + 10 * width_bucket(i, bounds) - 10 AS start, count(*) AS n
      FROM (SELECT ARRAY(SELECT uuid7_floor(to_timestamp(s * 60)) FROM generate_series(base, top, 10) s ORDER BY s) AS bounds OFFSET 0) AS b,
        unnest(p_ids) AS i WHERE i < counted GROUP BY 1
    ), units AS (
      SELECT start, sum(n) AS n, sum(total) AS total FROM (
        SELECT start, n, 0 AS total FROM mine
        UNION ALL SELECT s, 0, coalesce((SELECT sum(t.made) FROM delivery_totals t WHERE NOT t.detail AND t.span = 10 AND t.start = s AND t.tenant_id = tenant), 0)
          FROM (SELECT DISTINCT start / 60 * 60 AS hour FROM mine) AS h, generate_series(h.hour, h.hour + 50, 10) AS s
      ) AS u GROUP BY 1
    )
    SELECT coalesce(array_agg(start) FILTER (WHERE n > 0 AND n = total), '{}'), coalesce(sum(n) FILTER (WHERE n <> total), 0) > 0,
        ARRAY(SELECT start / 60 * 60 FROM units GROUP BY 1 HAVING bool_and(n = total))
      INTO tens, rest, hours FROM units;
    DELETE FROM delivery_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) AS d(detail) WHERE s / 60 * 60 = ANY(hours)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant;
  END IF;
  WITH deleted AS (
    DELETE FROM delivery_totals t USING (
      SELECT detail, span, start FROM (VALUES (true), (false)) AS d(detail), (SELECT 60 AS span, h AS start FROM unnest(hours) h
        UNION ALL SELECT 10, s FROM unnest(tens) s WHERE NOT s / 60 * 60 = ANY(hours)) AS u OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = tenant
      RETURNING t.detail, t.span, t.start, t.webhook_id, t.event_type, t.made, t.delivered, t.dead_letter, t.cancelled
  ), gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(ten, minute) AS at, tenant_id, webhook_id, event_type, count(*) AS made,
      count(*) FILTER (WHERE ended AND status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE ended AND status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE ended AND status = 'CANCELLED') AS cancelled
    FROM (SELECT minute, minute / 10 * 10 AS ten, tenant_id, webhook_id, event_type, status, noted IS NULL OR NOT i = ANY(noted) AS ended
      FROM (SELECT i, (uuid7_ms(i) / 60000)::int AS minute, tenant_id, webhook_id, event_type, status
        FROM unnest(p_ids, p_tenants, p_webhooks, p_types, p_statuses) AS d(i, tenant_id, webhook_id, event_type, status)
        WHERE rest AND i < counted OFFSET 0) AS d
      WHERE minute / 10 * 10 NOT IN (SELECT unnest(tens)) OFFSET 0) AS f
    GROUP BY GROUPING SETS ((ten, tenant_id, webhook_id, event_type), (minute, tenant_id))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, tenant_id, webhook_id, event_type,
      sum(made)::int AS made, sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM (
      SELECT detail, s.span, at, coalesce(tenant_id, '') AS tenant_id, coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id,
          coalesce(event_type, '') AS event_type, made, delivered, dead, cancelled
        FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON s.span > 1 OR NOT detail
      UNION ALL SELECT detail, s.span, start, tenant, webhook_id, event_type, made, delivered, dead_letter, cancelled
        FROM deleted d JOIN (VALUES (60), (1440)) AS s(span) ON s.span > d.span
    ) AS s GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, webhook_id, event_type, made, delivered, dead, cancelled)::delivery_totals)
    INTO delta FROM shifted;
  IF delta IS NULL THEN RETURN; END IF;
  MERGE INTO delivery_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
      AND t.tenant_id = d.tenant_id AND t.webhook_id = d.webhook_id AND t.event_type = d.event_type
    WHEN MATCHED AND t.made <= d.made THEN DELETE
    WHEN MATCHED THEN UPDATE SET made = t.made - d.made, delivered = t.delivered - d.delivered,
      dead_letter = t.dead_letter - d.dead_letter, cancelled = t.cancelled - d.cancelled;
END $$;
