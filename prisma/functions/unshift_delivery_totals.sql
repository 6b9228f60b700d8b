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
