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
