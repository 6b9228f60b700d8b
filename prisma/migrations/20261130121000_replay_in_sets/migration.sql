-- Many deliveries are replayed by a few statements instead of several for each.
-- An equality implies the condition IS NOT NULL, so the planner read this index for the replays of one delivery: all replays there are.
-- It needs the next one's condition to be written out.
DROP INDEX "deliveries_replay_ids";
CREATE INDEX "deliveries_replays_changed" ON "deliveries" ("changed_at") WHERE num_nonnulls("replay_of_id") = 1;

-- Replays deliveries: makes a new delivery for each, linked to it, with attempts of its own. One statement serves thousands.
-- Deliveries that share a dead letter take turns, in the order of their ids, so that each is judged after the replays before it. All
-- locks are taken first, events before deliveries (as pruning does) and each in the order of ids, so that two calls cannot deadlock.
--
-- `p_tenants` is the only tenant whose deliveries the caller may replay (null: any). `outcome` is REPLAYED, or the reason why not:
-- NOT_FOUND, GONE (the webhook was deleted or the event pruned), and unless forced DELIVERED, BEING_SENT, PENDING (no attempt yet),
-- UNDER_WAY (`other` is the replay under way), EXPIRED (its event has expired). An original with retries left is superseded: it becomes CANCELLED.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_grace_ms INTEGER, p_created TIMESTAMPTZ[]
) RETURNS TABLE (
  i INTEGER, outcome TEXT, status "DeliveryStatus", attempt_count INTEGER, tenant_id TEXT, webhook_id UUID, event_id UUID,
  superseded BOOLEAN, other UUID
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_seqscan = off SET jit = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  events UUID[]; roots UUID[]; turns BIGINT[];
BEGIN
  -- What this reads never changes. The rows may be pruned meanwhile.
  SELECT array_agg(d.event_id), array_agg(coalesce(d.rescues_id, u.id) ORDER BY u.n) INTO events, roots
    FROM unnest(p_ids) WITH ORDINALITY AS u(id, n) LEFT JOIN deliveries d ON d.id = u.id;
  turns := ARRAY(SELECT row_number() OVER (PARTITION BY u.root ORDER BY u.id, u.n)
    FROM unnest(p_ids, roots) WITH ORDINALITY AS u(id, root, n) ORDER BY u.n);
  PERFORM 1 FROM unnest(ARRAY(SELECT DISTINCT unnest(events))) AS u(id) JOIN events e ON e.id = u.id ORDER BY e.id FOR KEY SHARE OF e;
  -- Replays of one dead letter wait for each other at its row, whichever of its family each is a replay of.
  PERFORM 1 FROM unnest(ARRAY(SELECT unnest(p_ids) UNION SELECT unnest(roots))) AS u(id) JOIN deliveries d ON d.id = u.id
    ORDER BY d.id FOR UPDATE OF d;

  FOR present IN 1 .. coalesce((SELECT max(t) FROM unnest(turns) AS t), 0) LOOP
    RETURN QUERY WITH original AS (
      SELECT u.n::integer AS n, u.replay, u.force, u.created, d.*, w.url, cardinality(w.retry_schedule) AS retries, w.tenant_id AS owner,
        e.id IS NOT NULL AND w.id IS NOT NULL AS is_complete,
        coalesce(d.rescues_id, CASE WHEN d.status = 'DEAD_LETTER' THEN d.id END) AS rescued,
        d.status IN ('PENDING', 'FAILED') AND d.lease_until IS NOT NULL AND d.lease_until > db_now() AS is_being_sent
      FROM unnest(p_ids, p_replays, p_force, p_tenants, p_created, turns) WITH ORDINALITY AS u(id, replay, force, tenant, created, turn, n)
        -- OFFSET 0, here and below: with conditions from outside, the planner may read a whole index of the table.
        LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.id = u.id OFFSET 0) AS d ON u.tenant IS NULL OR d.tenant_id = u.tenant
        LEFT JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL LEFT JOIN events e ON e.id = d.event_id
      WHERE u.turn = present
    ), judged AS MATERIALIZED (
      SELECT o.*, under_way.id AS under_way, CASE
        WHEN o.id IS NULL THEN 'NOT_FOUND'
        WHEN o.status = 'DELIVERED' AND NOT o.force THEN 'DELIVERED'
        WHEN o.recovered_by_id IS NOT NULL AND NOT o.force THEN 'RECOVERED'
        WHEN o.is_being_sent AND NOT o.force THEN 'BEING_SENT'
        WHEN o.status = 'PENDING' AND NOT o.force THEN 'PENDING'
        WHEN under_way.id IS NOT NULL AND NOT o.force THEN 'UNDER_WAY'
        WHEN o.expires_at <= db_now() AND NOT o.force THEN 'EXPIRED'
        WHEN o.is_complete THEN 'REPLAYED' ELSE 'GONE' END AS outcome
      FROM original o LEFT JOIN LATERAL (
        SELECT r.id FROM (
          SELECT d.id, d.status, true AS is_own FROM deliveries d WHERE d.replay_of_id = o.id
          UNION ALL SELECT d.id, d.status, false FROM deliveries d WHERE d.rescues_id = o.rescued AND d.id <> o.id OFFSET 0
        ) AS r WHERE r.status IN ('PENDING', 'FAILED') ORDER BY r.is_own DESC, r.id DESC LIMIT 1
      ) AS under_way ON true
    ), replayed AS (
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id, expires_at)
        SELECT j.replay, j.event_id, j.webhook_id, j.owner, j.event_type, j.subject, j.url, coalesce(j.retries, 0) + 1, db_now(),
          lease(p_grace_ms), j.created, j.id, j.rescued, j.rule_id, CASE WHEN j.expires_at > db_now() THEN j.expires_at END
        FROM judged j WHERE j.outcome = 'REPLAYED'
    ), cancelled AS (
      UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
        FROM judged j WHERE d.id = j.id AND j.outcome = 'REPLAYED' AND j.status IN ('PENDING', 'FAILED') AND NOT j.is_being_sent
    )
    SELECT j.n, j.outcome, j.status, j.attempt_count, j.tenant_id, j.webhook_id, j.event_id,
      coalesce(j.outcome = 'REPLAYED' AND j.status IN ('PENDING', 'FAILED') AND NOT j.is_being_sent, false),
      CASE j.outcome WHEN 'RECOVERED' THEN j.recovered_by_id WHEN 'UNDER_WAY' THEN j.under_way END
    FROM judged j;
  END LOOP;
END $$;

-- Marks deliveries as recovered by delivered replays: every delivery from which a replay descends, and the other
-- replays of the same dead letter. An open ancestor is marked too, for the time when it ends. Returns the marked ids.
-- Each statement finds rows by one equality alone: the planner has no other index to read, whatever it knows of the table.
CREATE OR REPLACE FUNCTION mark_recovered(p_replays UUID[]) RETURNS UUID[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  family UUID[]; heirs UUID[]; -- a delivery, and the replay that recovered it, by position
  ids UUID[]; replays UUID[]; parents UUID[]; roots UUID[];
  marked UUID[];
BEGIN
  SELECT array_agg(d.id), array_agg(d.replay_of_id), array_agg(d.rescues_id) INTO replays, parents, roots
    FROM unnest(p_replays) AS u(id) JOIN deliveries d ON d.id = u.id;
  SELECT array_agg(d.id), array_agg(u.replay) INTO family, heirs
    FROM unnest(replays, roots) AS u(replay, root) JOIN deliveries d ON d.rescues_id = u.root;
  -- One generation at a time; most replays are those of an original.
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
    -- In the order of ids, so that two of these never wait for each other in a circle.
    UPDATE deliveries d SET recovered_by_id = f.replay
      FROM (SELECT id, min(replay::text)::uuid AS replay FROM unnest(family, heirs) AS u(id, replay) GROUP BY id ORDER BY id) f
      WHERE d.id = f.id AND d.id <> f.replay AND d.recovered_by_id IS NULL AND d.status <> 'DELIVERED'
      RETURNING d.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO marked FROM done;
  RETURN marked;
END $$;
