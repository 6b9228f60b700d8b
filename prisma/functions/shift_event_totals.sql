-- Adds events to the totals (p_sign 1), or takes them out (-1), in the transaction that inserts or deletes them. It
-- covers only events that a worker has already counted (`seq` up to totals_progress); that worker counts the others.
-- Pruned or restored days no longer have minute totals (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE OR REPLACE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  delta event_totals[];
BEGIN
  -- A worker that is about to count these rows finishes first, or waits until they have changed.
  IF counted < (SELECT max(s) FROM unnest(p_seqs) s) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'events' FOR SHARE;
  END IF;
  WITH gathered AS (
    SELECT grouping(type) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, type, severity, count(*) AS n
    FROM (SELECT minute, minute / 10 * 10 AS unit, tenant_id, type, severity
      FROM (SELECT (uuid7_ms(id) / 60000)::int AS minute, seq, tenant_id, type, severity
        FROM unnest(p_ids, p_seqs, p_tenants, p_types, p_severities) AS e(id, seq, tenant_id, type, severity) OFFSET 0) AS e
      WHERE seq <= counted) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, type, severity), (minute, tenant_id, severity))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id, coalesce(type, '') AS type, severity, sum(n)::int AS n
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail
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
