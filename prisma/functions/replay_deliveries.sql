-- Replays deliveries: creates a new delivery for each, linked to it, with its own attempts. One statement handles thousands. It
-- handles rows one by one, so that each check sees the replays before it, and in the order of their ids, so that two calls
-- cannot deadlock.
--
-- `p_tenants` is the only tenant whose deliveries the caller may replay (null: any). `outcome` is REPLAYED, or the reason for the refusal:
-- NOT_FOUND, GONE (the webhook was deleted or the event pruned), and unless forced DELIVERED, BEING_SENT, PENDING (no attempt yet),
-- UNDER_WAY (`other` is the replay under way), EXPIRED (its event has expired). An original with retries left is superseded: it becomes CANCELLED.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_grace_ms INTEGER, p_created TIMESTAMPTZ[]
) RETURNS TABLE (
  i INTEGER, outcome TEXT, status "DeliveryStatus", attempt_count INTEGER, tenant_id TEXT, webhook_id UUID, event_id UUID,
  superseded BOOLEAN, other UUID
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  o RECORD; being_sent BOOLEAN; rescued UUID;
BEGIN
  FOR i IN SELECT n::integer FROM unnest(p_ids) WITH ORDINALITY AS u(id, n) LEFT JOIN deliveries d ON d.id = u.id
      ORDER BY coalesce(d.rescues_id, u.id), u.id, n LOOP
    outcome := NULL; superseded := false; other := NULL;
    -- Replays of one dead letter wait for each other at its row, whichever of its family each is a replay of.
    PERFORM 1 FROM deliveries r WHERE r.id = (SELECT d.rescues_id FROM deliveries d WHERE d.id = p_ids[i]) FOR UPDATE;
    SELECT d.status, d.attempt_count, d.tenant_id, d.webhook_id, d.event_id, d.lease_until, d.rescues_id, d.recovered_by_id, d.expires_at INTO o
      FROM deliveries d WHERE d.id = p_ids[i] FOR UPDATE;
    IF NOT FOUND OR (p_tenants[i] IS NOT NULL AND o.tenant_id IS DISTINCT FROM p_tenants[i]) THEN
      outcome := 'NOT_FOUND';
      status := NULL; attempt_count := NULL; tenant_id := NULL; webhook_id := NULL; event_id := NULL;
      RETURN NEXT;
      CONTINUE;
    END IF;
    status := o.status; attempt_count := o.attempt_count; tenant_id := o.tenant_id;
    webhook_id := o.webhook_id; event_id := o.event_id;
    rescued := coalesce(o.rescues_id, CASE WHEN o.status = 'DEAD_LETTER' THEN p_ids[i] END);
    being_sent := o.status IN ('PENDING', 'FAILED') AND o.lease_until > db_now();
    being_sent := coalesce(being_sent, false);
    IF NOT p_force[i] THEN
      IF o.status = 'DELIVERED' THEN outcome := 'DELIVERED';
      ELSIF o.recovered_by_id IS NOT NULL THEN outcome := 'RECOVERED'; other := o.recovered_by_id;
      ELSIF being_sent THEN outcome := 'BEING_SENT';
      ELSIF o.status = 'PENDING' THEN outcome := 'PENDING';
      ELSE
        SELECT d.id INTO other FROM deliveries d
          WHERE d.replay_of_id = p_ids[i] AND d.status IN ('PENDING', 'FAILED') ORDER BY d.id DESC LIMIT 1;
        IF NOT FOUND AND rescued IS NOT NULL THEN
          SELECT d.id INTO other FROM deliveries d
            WHERE d.rescues_id = rescued AND d.id <> p_ids[i] AND d.status IN ('PENDING', 'FAILED') ORDER BY d.id DESC LIMIT 1;
        END IF;
        IF FOUND THEN outcome := 'UNDER_WAY';
        ELSIF o.expires_at <= db_now() THEN outcome := 'EXPIRED'; END IF;
      END IF;
    END IF;
    IF outcome IS NULL THEN
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id, expires_at)
        SELECT p_replays[i], d.event_id, d.webhook_id, w.tenant_id, d.event_type, d.subject, w.url,
          coalesce(cardinality(w.retry_schedule), 0) + 1, db_now(), lease(p_grace_ms), p_created[i], d.id, rescued, d.rule_id,
          CASE WHEN d.expires_at > db_now() THEN d.expires_at END
        FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL JOIN events e ON e.id = d.event_id
        WHERE d.id = p_ids[i] FOR KEY SHARE OF e;
      outcome := CASE WHEN FOUND THEN 'REPLAYED' ELSE 'GONE' END;
      IF outcome = 'REPLAYED' AND o.status IN ('PENDING', 'FAILED') AND NOT being_sent THEN
        superseded := true;
        UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
          WHERE d.id = p_ids[i];
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
