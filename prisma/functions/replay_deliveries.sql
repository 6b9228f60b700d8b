-- Replays deliveries: creates a new delivery for each, linked to it, with its own attempts. One statement handles thousands.
-- Replays of the same dead letter are created one after another, in the order of their ids, so that each check sees the earlier
-- replays. All locks are taken first: events before deliveries, as in pruning, and in the order of ids. So two calls cannot deadlock.
--
-- `p_tenants` is the only tenant whose deliveries the caller may replay (null: any). `outcome` is REPLAYED, or the reason for the refusal:
-- NOT_FOUND, GONE (the webhook was deleted or the event pruned), and unless forced DELIVERED, BEING_SENT, PENDING (no attempt yet),
-- UNDER_WAY (`other` is the replay in progress), EXPIRED (its event has expired). An original with retries left is superseded: it becomes CANCELLED.
--
-- `p_deferred`: the caller calls mark_recovered() for replays whose first attempt succeeds (`recovery_deferred`). This applies
-- only to dead letters that are not replays themselves: only their recovery can be seen here before it is marked.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_grace_ms INTEGER, p_created TIMESTAMPTZ[],
  p_deferred BOOLEAN DEFAULT false
) RETURNS TABLE (
  i INTEGER, outcome TEXT, status "DeliveryStatus", attempt_count INTEGER, tenant_id TEXT, webhook_id UUID, event_id UUID,
  superseded BOOLEAN, other UUID
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_seqscan = off SET jit = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  events UUID[]; roots UUID[]; turns BIGINT[];
BEGIN
  -- The columns that this statement reads never change, but the rows may be pruned before they are locked.
  SELECT array_agg(d.event_id), array_agg(coalesce(d.rescues_id, u.id) ORDER BY u.n) INTO events, roots
    FROM unnest(p_ids) WITH ORDINALITY AS u(id, n) LEFT JOIN deliveries d ON d.id = u.id;
  turns := ARRAY(SELECT row_number() OVER (PARTITION BY u.root ORDER BY u.id, u.n)
    FROM unnest(p_ids, roots) WITH ORDINALITY AS u(id, root, n) ORDER BY u.n);
  PERFORM 1 FROM unnest(ARRAY(SELECT DISTINCT unnest(events))) AS u(id) JOIN events e ON e.id = u.id ORDER BY e.id FOR KEY SHARE OF e;
  -- The dead letter is locked too, so that replays of it and of its replays wait for each other.
  PERFORM 1 FROM unnest(ARRAY(SELECT unnest(p_ids) UNION SELECT unnest(roots))) AS u(id) JOIN deliveries d ON d.id = u.id
    ORDER BY d.id FOR UPDATE OF d;

  FOR present IN 1 .. coalesce((SELECT max(t) FROM unnest(turns) AS t), 0) LOOP
    RETURN QUERY WITH original AS (
      SELECT u.n::integer AS n, u.replay, u.force, u.created, d.*, w.url, cardinality(w.retry_schedule) AS retries, w.tenant_id AS owner,
        e.id IS NOT NULL AND w.id IS NOT NULL AS is_complete,
        coalesce(d.rescues_id, CASE WHEN d.status = 'DEAD_LETTER' THEN d.id END) AS rescued,
        d.status IN ('PENDING', 'FAILED') AND d.lease_until IS NOT NULL AND d.lease_until > db_now() AS is_being_sent
      FROM unnest(p_ids, p_replays, p_force, p_tenants, p_created, turns) WITH ORDINALITY AS u(id, replay, force, tenant, created, turn, n)
        -- OFFSET 0, here and below, keeps outer conditions out of the subquery. With them the planner may read a whole index.
        LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.id = u.id OFFSET 0) AS d ON u.tenant IS NULL OR d.tenant_id = u.tenant
        LEFT JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL LEFT JOIN events e ON e.id = d.event_id
      WHERE u.turn = present
    ), judged AS MATERIALIZED (
      SELECT o.*, r.id AS other, CASE
        WHEN o.id IS NULL THEN 'NOT_FOUND'
        WHEN o.status = 'DELIVERED' AND NOT o.force THEN 'DELIVERED'
        WHEN (o.recovered_by_id IS NOT NULL OR r.status = 'DELIVERED') AND NOT o.force THEN 'RECOVERED'
        WHEN o.is_being_sent AND NOT o.force THEN 'BEING_SENT'
        WHEN o.status = 'PENDING' AND NOT o.force THEN 'PENDING'
        WHEN r.id IS NOT NULL AND NOT o.force THEN 'UNDER_WAY'
        WHEN o.expires_at <= db_now() AND NOT o.force THEN 'EXPIRED'
        WHEN o.is_complete THEN 'REPLAYED' ELSE 'GONE' END AS outcome
      FROM original o LEFT JOIN LATERAL (
        -- A replay in progress, or a delivered one whose recovery is not marked yet.
        SELECT r.id, r.status FROM (
          SELECT d.id, d.status, d.recovery_deferred, true AS is_own FROM deliveries d WHERE d.replay_of_id = o.id
          UNION ALL SELECT d.id, d.status, d.recovery_deferred, false FROM deliveries d WHERE d.rescues_id = o.rescued AND d.id <> o.id OFFSET 0
        ) AS r WHERE r.status IN ('PENDING', 'FAILED') OR r.status = 'DELIVERED' AND r.recovery_deferred
          AND (SELECT d.recovered_by_id IS NULL FROM deliveries d WHERE d.id = o.rescued)
        ORDER BY r.status = 'DELIVERED' DESC, r.is_own DESC, r.id DESC LIMIT 1
      ) AS r ON true
    ), replayed AS (
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id, expires_at, recovery_deferred)
        SELECT j.replay, j.event_id, j.webhook_id, j.owner, j.event_type, j.subject, j.url, coalesce(j.retries, 0) + 1, db_now(),
          lease(p_grace_ms), j.created, j.id, j.rescued, j.rule_id, CASE WHEN j.expires_at > db_now() THEN j.expires_at END,
          p_deferred AND j.rescued = j.id AND j.replay_of_id IS NULL
        FROM judged j WHERE j.outcome = 'REPLAYED'
    ), cancelled AS (
      UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
        FROM judged j WHERE d.id = j.id AND j.outcome = 'REPLAYED' AND j.status IN ('PENDING', 'FAILED') AND NOT j.is_being_sent
    )
    SELECT j.n, j.outcome, j.status, j.attempt_count, j.tenant_id, j.webhook_id, j.event_id,
      coalesce(j.outcome = 'REPLAYED' AND j.status IN ('PENDING', 'FAILED') AND NOT j.is_being_sent, false),
      CASE j.outcome WHEN 'RECOVERED' THEN coalesce(j.recovered_by_id, j.other) WHEN 'UNDER_WAY' THEN j.other END
    FROM judged j;
  END LOOP;
END $$;
