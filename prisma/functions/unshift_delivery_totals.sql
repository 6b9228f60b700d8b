-- Subtracts deliveries that are being deleted from the totals. A delivery whose end is not in the totals yet (delivery_ends)
-- counts as open in them, and its row in delivery_ends is deleted too. Called after the deletion, which locks totals_progress.
CREATE OR REPLACE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  times BIGINT[] := ARRAY(SELECT uuid7_ms(i) FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other deliveries in the totals, so that their rows are deleted as
  -- a whole.
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
