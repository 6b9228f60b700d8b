-- Takes over the deliveries of dead workers: deletes the workers' rows and releases their leases. Returns the number of
-- leases. It skips a worker that has sent a heartbeat meanwhile, or whose deliveries another worker has taken over.
CREATE OR REPLACE FUNCTION take_over(p_workers INTEGER[], p_dead_after_ms INTEGER) RETURNS INTEGER
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  dead INTEGER[]; freed UUID[];
BEGIN
  WITH gone AS (
    DELETE FROM workers WHERE id = ANY (p_workers) AND seen_at < clock_timestamp() - make_interval(secs => p_dead_after_ms / 1000.0) RETURNING id
  )
  SELECT array_agg(id) INTO dead FROM gone;
  IF dead IS NULL THEN RETURN 0; END IF;
  WITH released AS (
    UPDATE deliveries SET lease_until = NULL, lease_owner = NULL, wake_at = db_now()
    WHERE status IN ('PENDING', 'FAILED') AND lease_owner = ANY (dead) RETURNING webhook_id
  )
  SELECT array_agg(webhook_id) INTO freed FROM released;
  -- If a released delivery was the probe of a half-open circuit, another probe may be sent.
  UPDATE webhooks SET circuit_probe_at = db_now() WHERE id = ANY (freed) AND circuit = 'HALF_OPEN';
  RETURN coalesce(cardinality(freed), 0);
END $$;
