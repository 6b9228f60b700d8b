-- Deletes the next events of a tenant (null: the system's) after `p_after`, at most `p_limit` of them, within one day [p_low, p_high),
-- with their deliveries and attempts. Events with an open delivery are kept. `last` is the position after which the next batch
-- continues; null if this was the last one. replay_deliveries locks the row of its event until commit, so either pruning sees the
-- replay or the replay finds no event.
CREATE OR REPLACE FUNCTION prune_events(p_tenant TEXT, p_low UUID, p_high UUID, p_after UUID, p_limit INTEGER,
  OUT last UUID, OUT event_count INTEGER, OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  ids UUID[]; kept UUID[]; seqs BIGINT[]; tenants TEXT[]; types TEXT[]; severities "Severity"[];
  first UUID; latest UUID; unit BIGINT; boundary UUID; doomed UUID[];
BEGIN
  event_count := 0; delivery_count := 0; attempt_count := 0;
  IF p_tenant IS NULL THEN
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id IS NULL AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  ELSE
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id = p_tenant AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  END IF;
  IF cardinality(ids) = 0 THEN RETURN; END IF;
  first := ids[1];
  -- Totals of a whole hour are deleted much faster than they are changed, and those of ten minutes too. So the batch ends with an
  -- hour if it contains the end of one, else with ten minutes.
  IF cardinality(ids) = p_limit THEN
    FOREACH unit IN ARRAY '{3600000, 600000}'::bigint[] LOOP
      boundary := uuid7_floor(to_timestamp(uuid7_ms(ids[p_limit]) / unit * unit / 1000.0));
      IF first < boundary THEN
        ids := ids[1 : (SELECT count(*) FROM unnest(ids) i WHERE i < boundary)];
        EXIT;
      END IF;
    END LOOP;
    last := ids[cardinality(ids)];
  END IF;
  latest := ids[cardinality(ids)];
  kept := ARRAY(SELECT DISTINCT d.event_id FROM deliveries d
    WHERE d.id >= p_low AND d.event_id >= first AND d.event_id <= latest AND d.status IN ('PENDING', 'FAILED'));
  IF cardinality(kept) > 0 THEN ids := ARRAY(SELECT unnest(ids) EXCEPT SELECT unnest(kept)); END IF;

  WITH e AS (DELETE FROM events e WHERE e.id >= p_low AND e.id < p_high AND e.id = ANY(ids)
      RETURNING e.id, e.seq, e.tenant_id, e.type, e.severity)
    SELECT array_agg(e.id), array_agg(e.seq), array_agg(e.tenant_id), array_agg(e.type), array_agg(e.severity)
    INTO ids, seqs, tenants, types, severities FROM e;
  IF ids IS NOT NULL THEN
    IF EXISTS (SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= latest AND d.status IN ('PENDING', 'FAILED')
        INTERSECT SELECT unnest(ids)) THEN
      RAISE EXCEPTION 'one of the events was replayed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    event_count := cardinality(ids);
    PERFORM shift_event_totals(-1, ids, seqs, tenants, types, severities);
    INSERT INTO feed_horizons AS h (tenant_id, seq) SELECT coalesce(p_tenant, ''), max(s) FROM unnest(seqs) s
      ON CONFLICT (tenant_id) DO UPDATE SET seq = greatest(h.seq, excluded.seq);
    -- OFFSET 0 keeps one index lookup per event. Without it the planner would read the deliveries of the whole day for each batch.
    doomed := ARRAY(SELECT d.id FROM unnest(ids) AS i
      CROSS JOIN LATERAL (SELECT d.id FROM deliveries d WHERE d.event_id = i AND d.id >= p_low AND d.id < p_high OFFSET 0) AS d);
    SELECT p.delivery_count, p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    -- Replays, and deliveries that were created after midnight.
    doomed := ARRAY(SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= latest
      INTERSECT SELECT unnest(ids));
    IF cardinality(doomed) > 0 THEN
      doomed := ARRAY(SELECT d.id FROM deliveries d WHERE d.id >= p_high AND d.event_id = ANY(doomed));
      SELECT prune_events.delivery_count + p.delivery_count, prune_events.attempt_count + p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    END IF;
  END IF;
END $$;
