-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or subtracts them (-1). `p_recovered` are
-- deliveries that the totals already include, and that have recovered since then. Minutes before `p_finest` have no detail.
CREATE OR REPLACE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  first counted_delivery := p_ended[1];
  born_first INTEGER := (uuid7_ms(first.id) / 86400000)::int;
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other deliveries in the totals that were created on the same
  -- day, so that their rows are deleted as a whole.
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
