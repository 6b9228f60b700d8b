-- Takes deleted deliveries out of the totals of outcomes and failures, in the transaction that deletes them. Dropped
-- partitions go by `born`.
CREATE OR REPLACE FUNCTION deliveries_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  -- A worker that is about to count these rows finishes first, or waits until they are gone.
  counted UUID := (SELECT uuid7_floor(to_timestamp(until / 1000.0)) FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  counted_rows counted_delivery[]; recoveries counted_delivery[];
  -- Only the last day has totals of minutes in detail: older minutes are grouped by ten at once.
  finest INTEGER := coalesce((SELECT start FROM delivery_outcome_totals WHERE detail AND span = 1 ORDER BY start LIMIT 1), 2147483647);
BEGIN
  -- Whose end is not among the totals yet only leaves a note behind.
  SELECT array_agg(ROW(d.id, d.tenant_id, d.webhook_id, d.event_type, d.status, d.changed_at, d.last_error_kind, d.last_status_code,
      d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL,
      d.status <> 'DELIVERED' AND d.recovered_by_id IS NOT NULL)::counted_delivery)
    INTO counted_rows FROM gone d
    WHERE d.id < counted AND d.status NOT IN ('PENDING', 'FAILED') AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  -- Whose recovery is not among the totals yet counts there as it was before: first as recovered, then taken out as that.
  SELECT array_agg(ROW(r.id, r.tenant_id, r.webhook_id, r.event_type, 'DEAD_LETTER', r.changed_at, r.error_kind, r.status_code,
      r.unrecovered, false)::counted_delivery)
    INTO recoveries FROM gone d JOIN delivery_recoveries r ON r.id = d.id
    WHERE d.id < counted AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  IF recoveries IS NOT NULL THEN PERFORM shift_outcome_totals(1, '{}', recoveries, finest); END IF;
  IF counted_rows IS NOT NULL THEN PERFORM shift_outcome_totals(-1, counted_rows, '{}', finest); END IF;
  DELETE FROM delivery_recoveries r USING gone d WHERE r.id = d.id;
  RETURN NULL;
END $$;

-- Adds events to the totals (p_sign 1), or takes them out (-1), in the transaction that inserts or deletes them. It
-- covers only events that a worker has already counted (`seq` up to totals_progress); that worker counts the others.
-- Pruned or restored days no longer have minute totals (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE OR REPLACE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  minutes INTEGER[] := ARRAY(SELECT (uuid7_ms(i) / 60000)::int FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- By ten minutes since `base`: whether the totals hold no other events of the tenant, so that they go as a whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  delta event_totals[];
BEGIN
  -- A worker that is about to count these rows finishes first, or waits until they have changed. While totals go as a whole it adds none.
  IF p_sign < 0 OR counted < (SELECT max(s) FROM unnest(p_seqs) s) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'events' FOR SHARE;
  END IF;
  SELECT min(m) / 10 * 10, max(m) / 10 * 10 INTO base, top FROM unnest(minutes) m;
  IF p_sign < 0 AND top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    whole := ARRAY(SELECT coalesce(g.n = (SELECT sum(t.count) FROM event_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(p_tenants[1], '')), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT minute / 10 * 10 AS unit, count(*) AS n FROM unnest(minutes, p_seqs) AS e(minute, seq) WHERE seq <= counted GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM event_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(p_tenants[1], '');
  END IF;
  WITH gathered AS (
    SELECT grouping(type) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, type, severity, count(*) AS n
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute / 10 * 10 END AS unit, is_whole, tenant_id, type, severity
      FROM (SELECT minute, whole[(minute - base) / 10 + 1] IS TRUE AS is_whole, seq, tenant_id, type, severity
        FROM unnest(minutes, p_seqs, p_tenants, p_types, p_severities) AS e(minute, seq, tenant_id, type, severity)
        WHERE seq <= counted OFFSET 0) AS e OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, type, severity), (minute, is_whole, tenant_id, severity))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id, coalesce(type, '') AS type, severity, sum(n)::int AS n
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail)
    GROUP BY 1, 2, 3, 4, 5, 6
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

-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or takes them out (-1). `p_recovered` are
-- deliveries that the totals already include, and that were recovered since. Minutes before `p_finest` have no detail.
CREATE OR REPLACE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  first counted_delivery := p_ended[1];
  born_first INTEGER := (uuid7_ms(first.id) / 86400000)::int;
  base INTEGER; top INTEGER;
  -- By ten minutes since `base`: whether the totals hold no other deliveries of the tenant that were created on the
  -- same day, so that they go as a whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  delta delivery_outcome_totals[];
BEGIN
  IF p_sign < 0 AND (SELECT bool_and(e.tenant_id IS NOT DISTINCT FROM first.tenant_id) FROM unnest(p_ended) e) THEN
    SELECT floor(extract(epoch FROM min(e.changed_at)) / 600)::int * 10, floor(extract(epoch FROM max(e.changed_at)) / 600)::int * 10
      INTO base, top FROM unnest(p_ended) e;
    top := least(top, base + 1440);
    whole := ARRAY(SELECT coalesce(u + 10 <= p_finest AND g.n = (SELECT sum(t.delivered + t.dead_letter + t.cancelled) FROM delivery_outcome_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(first.tenant_id, '') AND t.born = born_first), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT floor(extract(epoch FROM e.changed_at) / 600)::int * 10 AS unit, count(*) AS n FROM unnest(p_ended) e
          WHERE (uuid7_ms(e.id) / 86400000)::int = born_first GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM delivery_outcome_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(first.tenant_id, '') AND t.born = born_first;
  END IF;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, webhook_id, event_type, born,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 WHEN minute >= p_finest THEN minute ELSE minute / 10 * 10 END AS unit,
        is_whole, tenant_id, webhook_id, event_type, born, status
      FROM (SELECT minute, born = born_first AND whole[(minute - base) / 10 + 1] IS TRUE AS is_whole, tenant_id, webhook_id, event_type, born, status
        FROM (SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type, status
          FROM unnest(p_ended) OFFSET 0) AS e OFFSET 0) AS e OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, webhook_id, event_type, born), (minute, is_whole, tenant_id, born))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type, born,
      sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span)
      ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail OR at >= p_finest)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
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
    SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type,
      error_kind, status_code, (status = 'DEAD_LETTER')::int AS dead, unrecovered::int AS unrecovered, recovered::int AS recovered
      FROM unnest(p_ended) WHERE status IN ('DEAD_LETTER', 'CANCELLED')
    UNION ALL
    SELECT floor(extract(epoch FROM changed_at) / 60)::int, (uuid7_ms(id) / 86400000)::int, tenant_id, webhook_id, event_type,
      error_kind, status_code, 0, -(unrecovered::int), 1 FROM unnest(p_recovered)
  ) AS f CROSS JOIN (VALUES (10), (1440)) AS s(span)
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  HAVING sum(dead) <> 0 OR sum(unrecovered) <> 0 OR sum(recovered) <> 0
  ON CONFLICT (span, start, tenant_id, webhook_id, event_type, error_kind, status_code, born) DO UPDATE
    SET dead_letter = t.dead_letter + excluded.dead_letter, unrecovered = t.unrecovered + excluded.unrecovered, recovered = t.recovered + excluded.recovered;
END $$;

-- Takes deliveries that are being deleted out of the totals. A delivery whose end is not totalled yet (delivery_ends)
-- counts as open there, and its row there is deleted too. Called after the deletion, which locks totals_progress.
CREATE OR REPLACE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  times BIGINT[] := ARRAY(SELECT uuid7_ms(i) FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- By ten minutes since `base`: whether the totals hold no other deliveries of the tenant, so that they go as a whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  noted UUID[];
  delta delivery_totals[];
BEGIN
  WITH gone AS (DELETE FROM delivery_ends WHERE id = ANY(p_ids) RETURNING id) SELECT array_agg(id) INTO noted FROM gone;
  SELECT min(ms) / 600000 * 10, max(ms) / 600000 * 10 INTO base, top FROM unnest(times) ms;
  IF top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    whole := ARRAY(SELECT coalesce(g.n = (SELECT sum(t.made) FROM delivery_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(p_tenants[1], '')), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT (ms / 600000 * 10)::int AS unit, count(*) AS n FROM unnest(times) ms WHERE ms < counted GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM delivery_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(p_tenants[1], '');
  END IF;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, webhook_id, event_type, count(*) AS made,
      count(*) FILTER (WHERE ended AND status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE ended AND status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE ended AND status = 'CANCELLED') AS cancelled
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute / 10 * 10 END AS unit, is_whole, tenant_id, webhook_id, event_type, status, ended
      FROM (SELECT (ms / 60000)::int AS minute, whole[((ms / 60000)::int - base) / 10 + 1] IS TRUE AS is_whole,
          tenant_id, webhook_id, event_type, status, noted IS NULL OR NOT id = ANY(noted) AS ended
        FROM unnest(p_ids, times, p_tenants, p_webhooks, p_types, p_statuses) AS d(id, ms, tenant_id, webhook_id, event_type, status)
        WHERE ms < counted OFFSET 0) AS d OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, webhook_id, event_type), (minute, is_whole, tenant_id))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type,
      sum(made)::int AS made, sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail)
    GROUP BY 1, 2, 3, 4, 5, 6
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
