-- Reads the next due deliveries of several webhooks, oldest first: for each webhook the deliveries after a position, up to a
-- limit. It writes nothing, because normally one lane reads the backlog of a webhook. If two lanes do, claims prevent double
-- delivery. It returns nothing for a webhook that is on hold.
CREATE OR REPLACE FUNCTION read_backlogs(p_webhooks UUID[], p_after TIMESTAMPTZ[], p_after_ids UUID[], p_limits INTEGER[])
RETURNS TABLE (webhook_id UUID, id UUID, attempt_count INTEGER, next_attempt_at TIMESTAMPTZ)
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
  SELECT w.id, d.id, d.attempt_count, d.next_attempt_at
  FROM unnest(p_webhooks, p_after, p_after_ids, p_limits) AS r(webhook, after, after_id, most)
  JOIN webhooks w ON w.id = r.webhook AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
  CROSS JOIN LATERAL (
    SELECT o.id, o.attempt_count, o.next_attempt_at FROM deliveries o
    WHERE o.webhook_id = w.id AND o.status IN ('PENDING', 'FAILED') AND o.next_attempt_at <= db_now()
      AND o.next_attempt_at >= r.after AND (o.next_attempt_at, o.id) > (r.after, r.after_id)
      AND (o.lease_until IS NULL OR o.lease_until < db_now()) AND (o.expires_at IS NULL OR o.expires_at > db_now())
    ORDER BY o.next_attempt_at, o.id LIMIT r.most
  ) d
$$;
