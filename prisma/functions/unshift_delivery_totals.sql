-- Takes deliveries that are being deleted out of the totals. A delivery whose end is not totalled yet (delivery_ends)
-- counts as open there, and its row there is deleted too.
CREATE OR REPLACE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'deliveries');
  noted UUID[];
  delta delivery_totals[];
BEGIN
  IF counted <= (SELECT max(uuid7_ms(i)) FROM unnest(p_ids) i) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'deliveries' FOR SHARE;
  END IF;
  WITH gone AS (DELETE FROM delivery_ends WHERE id = ANY(p_ids) RETURNING id) SELECT array_agg(id) INTO noted FROM gone;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, webhook_id, event_type, count(*) AS made,
      count(*) FILTER (WHERE ended AND status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE ended AND status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE ended AND status = 'CANCELLED') AS cancelled
    FROM (SELECT (ms / 60000)::int AS minute, (ms / 600000 * 10)::int AS unit, tenant_id, webhook_id, event_type, status, ended
      FROM (SELECT uuid7_ms(id) AS ms, tenant_id, webhook_id, event_type, status, noted IS NULL OR NOT id = ANY(noted) AS ended
        FROM unnest(p_ids, p_tenants, p_webhooks, p_types, p_statuses) AS d(id, tenant_id, webhook_id, event_type, status) OFFSET 0) AS d
      WHERE ms < counted) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type), (minute, tenant_id))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type,
      sum(made)::int AS made, sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail
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
