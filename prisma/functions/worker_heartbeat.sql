-- A worker's heartbeat. Returns the workers whose last one is older than `p_dead_after_ms`: the caller takes over their
-- deliveries. After a gap in its own heartbeats, a worker declares no other worker dead until its heartbeats have been regular
-- for that long, because an outage of the database interrupts the heartbeats of all workers. A new worker may declare others
-- dead immediately.
CREATE OR REPLACE FUNCTION worker_heartbeat(p_worker INTEGER, p_name TEXT, p_dead_after_ms INTEGER) RETURNS INTEGER[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  at TIMESTAMPTZ := clock_timestamp();
  silence INTERVAL := make_interval(secs => p_dead_after_ms / 1000.0);
  may_judge BOOLEAN;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO workers AS w (id, name, started_at, seen_at, steady_since) VALUES (p_worker, p_name, at, at, at - silence)
    ON CONFLICT (id) DO UPDATE SET seen_at = at, steady_since = CASE WHEN w.seen_at < at - silence / 2 THEN at ELSE w.steady_since END
    RETURNING steady_since <= at - silence INTO may_judge;
  RETURN CASE WHEN may_judge THEN ARRAY(SELECT id FROM workers WHERE seen_at < at - silence) ELSE '{}' END;
END $$;
