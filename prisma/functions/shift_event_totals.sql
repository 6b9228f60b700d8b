-- Adds events to the totals (p_sign 1), or subtracts them (-1), in the transaction that inserts or deletes them. It
-- covers only events that a worker has already counted (`seq` up to totals_progress); the worker counts the others.
-- Pruned or restored days no longer have minute totals (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE OR REPLACE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  minutes INTEGER[] := ARRAY(SELECT (uuid7_ms(i) / 60000)::int FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other events in the totals, so that their rows are deleted as a
  -- whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  delta event_totals[];
BEGIN
  -- A worker that is counting these rows finishes first; a later one waits until they have changed. So no worker adds to totals that
  -- are being deleted as a whole.
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
