-- The webhooks that may receive requests and have a due delivery without a lease, regardless of its wake-up time. Visits the
-- index of open deliveries once for each webhook with open deliveries.
CREATE OR REPLACE FUNCTION webhooks_with_backlog() RETURNS SETOF UUID
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
  WITH RECURSIVE open AS (
    (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') ORDER BY d.webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND d.webhook_id > open.webhook_id
      ORDER BY d.webhook_id LIMIT 1)
    FROM open WHERE open.webhook_id IS NOT NULL
  )
  SELECT open.webhook_id FROM open JOIN webhooks w ON w.id = open.webhook_id AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
  WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = open.webhook_id AND d.status IN ('PENDING', 'FAILED')
    AND d.next_attempt_at <= db_now() AND (d.lease_until IS NULL OR d.lease_until < db_now()))
$$;
