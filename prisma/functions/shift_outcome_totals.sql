-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or takes them out (-1). `p_recovered` are
-- deliveries that the totals already include, and that were recovered since. Minutes before `p_finest` have no detail.
CREATE OR REPLACE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off AS $$
BEGIN
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, webhook_id, event_type, born,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT *, CASE WHEN minute >= p_finest THEN minute ELSE minute / 10 * 10 END AS unit
      FROM (SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type, status
        FROM unnest(p_ended) OFFSET 0) AS e) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type, born), (minute, tenant_id, born))
  )
  INSERT INTO delivery_outcome_totals AS t (detail, span, start, tenant_id, webhook_id, event_type, born, delivered, dead_letter, cancelled)
  SELECT detail, span, at / span * span, coalesce(tenant_id, ''), coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(event_type, ''), born, p_sign * sum(delivered), p_sign * sum(dead), p_sign * sum(cancelled)
  FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= p_finest
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type, born) DO UPDATE
    SET delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter, cancelled = t.cancelled + excluded.cancelled;

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
