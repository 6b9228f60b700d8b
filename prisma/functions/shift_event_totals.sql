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
