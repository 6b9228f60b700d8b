-- Marks deliveries as recovered by delivered replays: every delivery from which a replay descends, and the other
-- replays of the same dead letter. An open ancestor is marked too, for the time when it ends. Returns the marked ids.
-- Each statement finds rows by a single equality, so the planner can choose only one index, whatever its statistics are.
CREATE OR REPLACE FUNCTION mark_recovered(p_replays UUID[]) RETURNS UUID[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  family UUID[]; heirs UUID[]; -- heirs[i] is the replay that recovered delivery family[i]
  ids UUID[]; replays UUID[]; parents UUID[]; roots UUID[];
  marked UUID[];
BEGIN
  SELECT array_agg(d.id), array_agg(d.replay_of_id), array_agg(d.rescues_id) INTO replays, parents, roots
    FROM unnest(p_replays) AS u(id) JOIN deliveries d ON d.id = u.id;
  SELECT array_agg(d.id), array_agg(u.replay) INTO family, heirs
    FROM unnest(replays, roots) AS u(replay, root) JOIN deliveries d ON d.rescues_id = u.root WHERE d.id <> u.replay;
  -- One generation per pass. Most replays are replays of an original.
  LOOP
    SELECT array_agg(parent), array_agg(replay) INTO ids, replays
      FROM unnest(parents, replays) AS u(parent, replay) WHERE parent IS NOT NULL;
    EXIT WHEN ids IS NULL;
    family := family || ids;
    heirs := heirs || replays;
    SELECT array_agg(d.replay_of_id), array_agg(u.replay) INTO parents, replays
      FROM unnest(ids, replays) AS u(id, replay) JOIN deliveries d ON d.id = u.id;
  END LOOP;
  WITH done AS (
    -- In the order of ids, so that two calls cannot deadlock.
    UPDATE deliveries d SET recovered_by_id = f.replay
      FROM (SELECT id, min(replay::text)::uuid AS replay FROM unnest(family, heirs) AS u(id, replay) GROUP BY id ORDER BY id) f
      WHERE d.id = f.id AND d.id <> f.replay AND d.recovered_by_id IS NULL AND d.status <> 'DELIVERED'
      RETURNING d.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO marked FROM done;
  RETURN marked;
END $$;
