-- Deletes deliveries with their attempts, and subtracts them from the totals. An attempt is in the partition of its own
-- day: retries of a day's last deliveries are in the next partition.
CREATE OR REPLACE FUNCTION prune_deliveries(p_ids UUID[], OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  gone UUID[]; tenants TEXT[]; webhooks UUID[]; types TEXT[]; statuses "DeliveryStatus"[];
  low UUID; high UUID; attempts UUID[]; later UUID[];
  more INTEGER;
BEGIN
  delivery_count := 0; attempt_count := 0;
  IF cardinality(p_ids) = 0 THEN RETURN; END IF;
  low := (SELECT i FROM unnest(p_ids) i ORDER BY i LIMIT 1);
  high := (SELECT i FROM unnest(p_ids) i ORDER BY i DESC LIMIT 1);
  WITH d AS (DELETE FROM deliveries d WHERE d.id >= low AND d.id <= high AND d.id = ANY(p_ids)
      RETURNING d.id, d.tenant_id, d.webhook_id, d.event_type, d.status)
    SELECT array_agg(d.id), array_agg(d.tenant_id), array_agg(d.webhook_id), array_agg(d.event_type), array_agg(d.status)
    INTO gone, tenants, webhooks, types, statuses FROM d;
  IF gone IS NULL THEN RETURN; END IF;
  delivery_count := cardinality(gone);
  PERFORM unshift_delivery_totals(gone, tenants, webhooks, types, statuses);
  -- Attempts of the same days are found by the id of their delivery. Later attempts are few but may be in many partitions, so
  -- they are found by a range of the index.
  high := uuid7_floor(date_trunc('day', to_timestamp(uuid7_ms(high) / 1000.0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day');
  -- OFFSET 0 keeps one index lookup per delivery. Without it the planner may compare each attempt of the day with each delivery.
  attempts := ARRAY(SELECT a.id FROM unnest(gone) AS i
    CROSS JOIN LATERAL (SELECT a.id FROM delivery_attempts a WHERE a.delivery_id = i AND a.id >= low AND a.id < high OFFSET 0) AS a);
  DELETE FROM delivery_attempts a WHERE a.id >= low AND a.id < high AND a.id = ANY(attempts);
  GET DIAGNOSTICS attempt_count = ROW_COUNT;
  later := ARRAY(SELECT a.delivery_id FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id >= low AND a.delivery_id < high
    INTERSECT SELECT unnest(gone));
  IF cardinality(later) > 0 THEN
    DELETE FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id = ANY(later);
    GET DIAGNOSTICS more = ROW_COUNT;
    attempt_count := attempt_count + more;
  END IF;
END $$;
