-- Marks deliveries as recovered by delivered replays: every delivery from which a replay descends, and the other
-- replays of the same dead letter. An open ancestor is marked too, for the time when it ends. Returns the marked ids.
CREATE OR REPLACE FUNCTION mark_recovered(p_replays UUID[]) RETURNS UUID[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  marked UUID[];
BEGIN
  WITH RECURSIVE lineage(replay, id) AS (
    SELECT d.id, d.replay_of_id FROM deliveries d WHERE d.id = ANY (p_replays) AND d.replay_of_id IS NOT NULL
    UNION
    SELECT l.replay, d.replay_of_id FROM lineage l JOIN deliveries d ON d.id = l.id WHERE d.replay_of_id IS NOT NULL
  ), family AS (
    SELECT replay, id FROM lineage
    UNION
    SELECT r.id, d.id FROM deliveries r JOIN deliveries d ON d.rescues_id = r.rescues_id WHERE r.id = ANY (p_replays)
  ), done AS (
    -- In the order of ids, so that two of these never wait for each other in a circle.
    UPDATE deliveries d SET recovered_by_id = f.replay FROM (SELECT id, min(replay::text)::uuid AS replay FROM family GROUP BY id ORDER BY id) f
    WHERE d.id = f.id AND d.id <> f.replay AND d.recovered_by_id IS NULL AND d.status <> 'DELIVERED'
    RETURNING d.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO marked FROM done;
  RETURN marked;
END $$;
