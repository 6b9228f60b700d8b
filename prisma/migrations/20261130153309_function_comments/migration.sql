-- Appends an entry to its tenant's chain. The row lock on the chain is held until the end of the transaction, so call
-- this last. A transaction that appends to several chains locks them in the order of their names, so that two such
-- transactions cannot deadlock.
CREATE OR REPLACE FUNCTION append_audit(
  p_id UUID, p_at TIMESTAMPTZ(3), p_actor_kind "ActorKind", p_actor_id TEXT, p_actor_name TEXT, p_roles "Role"[], p_tenant TEXT,
  p_action TEXT, p_target_type TEXT, p_target_id TEXT, p_outcome "AuditOutcome", p_before JSON, p_after JSON, p_ip TEXT, p_request TEXT
) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  v_chain TEXT := coalesce(p_tenant, '');
  -- PostgreSQL does not enforce the precision of a parameter. The hashed time must equal the stored one.
  v_at TIMESTAMPTZ(3) := p_at;
  v_seq BIGINT; v_prev TEXT; v_hash TEXT;
BEGIN
  LOOP
    SELECT seq + 1, hash INTO v_seq, v_prev FROM audit_chains WHERE chain = v_chain FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO audit_chains (chain, seq, hash) VALUES (v_chain, 0, repeat('0', 64)) ON CONFLICT (chain) DO NOTHING;
  END LOOP;
  v_hash := encode(sha256(convert_to(
    audit_part('aetherlink.audit.v1') || audit_part(v_chain) || audit_part(v_seq::text) || audit_part(v_prev) ||
    audit_part(p_id::text) || audit_part(to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ||
    audit_part(p_actor_kind::text) || audit_part(p_actor_id) || audit_part(p_actor_name) || audit_part(p_roles::text) ||
    audit_part(p_tenant) || audit_part(p_action) || audit_part(p_target_type) || audit_part(p_target_id) ||
    audit_part(p_outcome::text) || audit_part(p_before::text) || audit_part(p_after::text) || audit_part(p_ip) ||
    audit_part(p_request), 'UTF8')), 'hex');
  INSERT INTO audit_entries (id, chain, seq, at, actor_kind, actor_id, actor_name, roles, tenant_id, action, target_type,
      target_id, outcome, before, after, client_ip, request_id, prev_hash, hash)
    VALUES (p_id, v_chain, v_seq, v_at, p_actor_kind, p_actor_id, p_actor_name, p_roles, p_tenant, p_action, p_target_type,
      p_target_id, p_outcome, p_before, p_after, p_ip, p_request, v_prev, v_hash);
  UPDATE audit_chains SET seq = v_seq, hash = v_hash, entry_id = p_id WHERE chain = v_chain;
END $$;

-- Claims by compare-and-set: a delivery is claimed when it is open, has made as many attempts as the caller expects, and is not
-- leased to another worker. A delivery whose webhook is on hold is moved to the backlog (wake_at null) and uses no attempt. The
-- commit may be asynchronous: a lost claim can cause one duplicate request.
CREATE OR REPLACE FUNCTION claim_deliveries(p_ids UUID[], p_attempts INTEGER[], p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET
      lease_until = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN lease(w.timeout_ms + p_margin_ms) END,
      lease_owner = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN p_worker END,
      wake_at = CASE WHEN w.state = 'ENABLED' AND w.circuit = 'CLOSED' THEN d.wake_at END,
      hold_reason = NULL
    FROM unnest(p_ids, p_attempts) AS c(id, attempts), webhooks w
    -- Open deliveries are found by completed_at. With a condition on status, the planner would read the index of all open deliveries.
    WHERE d.id = c.id AND d.attempt_count = c.attempts AND d.completed_at IS NULL
      AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND w.id = d.webhook_id AND d.next_attempt_at <= db_now()
      AND (d.expires_at IS NULL OR d.expires_at > db_now())
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, w.consecutive_failures > 0 AS failing,
      d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id,
      extract(epoch FROM db_now() - d.next_attempt_at) * 1000 AS due_ms
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, c.failing, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state, c.due_ms::float8
  FROM claimed c JOIN events e ON e.id = c.event_id WHERE c.lease_until IS NOT NULL;
END $$;

-- Claims one due delivery as the probe of an open circuit, if the circuit allows a probe now.
CREATE OR REPLACE FUNCTION claim_probe(p_webhook UUID, p_worker INTEGER, p_margin_ms INTEGER) RETURNS SETOF claimed_delivery
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  picked UUID; lease_end TIMESTAMPTZ;
BEGIN
  UPDATE webhooks SET circuit = 'HALF_OPEN', circuit_probe_at = lease(timeout_ms + p_margin_ms)
    WHERE id = p_webhook AND state = 'ENABLED' AND circuit <> 'CLOSED' AND (circuit_probe_at IS NULL OR circuit_probe_at <= db_now())
    RETURNING circuit_probe_at INTO lease_end;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT d.id INTO picked FROM deliveries d
    WHERE d.webhook_id = p_webhook AND d.status IN ('PENDING', 'FAILED') AND d.next_attempt_at <= db_now()
      AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND (d.expires_at IS NULL OR d.expires_at > db_now())
    ORDER BY d.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    -- Nothing is due: the circuit stays open.
    UPDATE webhooks SET circuit = 'OPEN', circuit_probe_at = db_now() WHERE id = p_webhook;
    RETURN;
  END IF;
  RETURN QUERY
  WITH claimed AS (
    UPDATE deliveries d SET lease_until = lease_end, lease_owner = p_worker, wake_at = lease_end, hold_reason = NULL FROM webhooks w
    WHERE d.id = picked AND w.id = p_webhook
    RETURNING d.id, d.attempt_count, d.status, d.max_attempts, d.webhook_id, w.version, d.lease_until, w.timeout_ms + p_margin_ms AS lease_ms, d.event_id,
      extract(epoch FROM db_now() - d.next_attempt_at) * 1000 AS due_ms
  )
  SELECT c.id, c.attempt_count, c.status, c.max_attempts, c.webhook_id, c.version, true, c.lease_until, c.lease_ms,
    e.id, e.tenant_id, e.type, e.source, e.severity, e.subject, e.payload::text, e.occurred_at, e.received_at, e.correlation_id, e.causation_id,
    e.trace_parent, e.trace_state, c.due_ms::float8
  FROM claimed c JOIN events e ON e.id = c.event_id;
END $$;

-- Subtracts deleted deliveries from the totals of outcomes and failures, in the transaction that deletes them. The totals of
-- dropped partitions are deleted by `born`, the day of creation.
CREATE OR REPLACE FUNCTION deliveries_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  -- A worker that is counting these rows finishes first; a later one waits until they are deleted.
  counted UUID := (SELECT uuid7_floor(to_timestamp(until / 1000.0)) FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  counted_rows counted_delivery[]; recoveries counted_delivery[];
  -- Only the last day has detailed totals per minute. Older details are per ten minutes.
  finest INTEGER := coalesce((SELECT start FROM delivery_outcome_totals WHERE detail AND span = 1 ORDER BY start LIMIT 1), 2147483647);
BEGIN
  -- A delivery with a row in delivery_ends is skipped: the totals do not include its end yet.
  SELECT array_agg(ROW(d.id, d.tenant_id, d.webhook_id, d.event_type, d.status, d.changed_at, d.last_error_kind, d.last_status_code,
      d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL,
      d.status <> 'DELIVERED' AND d.recovered_by_id IS NOT NULL)::counted_delivery)
    INTO counted_rows FROM gone d
    WHERE d.id < counted AND d.status NOT IN ('PENDING', 'FAILED') AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  -- The totals do not include the recoveries in delivery_recoveries yet. They are added first, because the deliveries are
  -- then subtracted as recovered.
  SELECT array_agg(ROW(r.id, r.tenant_id, r.webhook_id, r.event_type, 'DEAD_LETTER', r.changed_at, r.error_kind, r.status_code,
      r.unrecovered, false)::counted_delivery)
    INTO recoveries FROM gone d JOIN delivery_recoveries r ON r.id = d.id
    WHERE d.id < counted AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  IF recoveries IS NOT NULL THEN PERFORM shift_outcome_totals(1, '{}', recoveries, finest); END IF;
  IF counted_rows IS NOT NULL THEN PERFORM shift_outcome_totals(-1, counted_rows, '{}', finest); END IF;
  DELETE FROM delivery_recoveries r USING gone d WHERE r.id = d.id;
  RETURN NULL;
END $$;

-- Creates the missing daily partitions (UTC) from `from_day` to `to_day`. A day that already has rows in the default
-- partition stays there. Returns the number of new partitions.
CREATE OR REPLACE FUNCTION ensure_partitions(from_day DATE, to_day DATE) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT; day DATE; part TEXT; made INTEGER := 0;
BEGIN
  -- If several processes start together, one creates the partitions. The others wait and then find them.
  PERFORM pg_advisory_xact_lock(hashtext('aetherlink.partitions'));
  FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'delivery_attempts'] LOOP
    FOR day IN SELECT generate_series(from_day, to_day, '1 day')::date LOOP
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)%s', part, parent,
          uuid7_floor(day::timestamp AT TIME ZONE 'UTC'), uuid7_floor((day + 1)::timestamp AT TIME ZONE 'UTC'),
          -- Claims change no indexed column, so they are HOT updates if the page has free space.
          CASE WHEN parent = 'deliveries' THEN ' WITH (fillfactor = 75)' ELSE '' END);
        made := made + 1;
      EXCEPTION WHEN check_violation THEN
        RAISE NOTICE 'the rows of % stay in the default partition of %', day, parent;
      END;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

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
    FROM unnest(replays, roots) AS u(replay, root) JOIN deliveries d ON d.rescues_id = u.root;
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

-- Deletes deliveries with their attempts, and subtracts them from the totals. An attempt is in the partition of its own
-- day: retries of a day's last deliveries are in the next partition.
CREATE OR REPLACE FUNCTION prune_deliveries(p_ids UUID[], OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  gone UUID[]; tenants TEXT[]; webhooks UUID[]; types TEXT[]; statuses "DeliveryStatus"[];
  low UUID; high UUID; later UUID[];
  more INTEGER;
BEGIN
  delivery_count := 0; attempt_count := 0;
  IF cardinality(p_ids) = 0 THEN RETURN; END IF;
  low := (SELECT i FROM unnest(p_ids) i ORDER BY i LIMIT 1);
  high := (SELECT i FROM unnest(p_ids) i ORDER BY i DESC LIMIT 1);
  WITH d AS (DELETE FROM deliveries d WHERE d.id >= low AND d.id <= high AND d.id = ANY(p_ids)
      RETURNING d.id, d.tenant_id, d.webhook_id, d.event_type, d.status)
    SELECT array_agg(d.id), array_agg(d.tenant_id), array_agg(d.webhook_id), array_agg(d.event_type), array_agg(d.status)
    INTO gone, tenants, webhooks, types, statuses FROM d;
  IF gone IS NULL THEN RETURN; END IF;
  delivery_count := cardinality(gone);
  PERFORM unshift_delivery_totals(gone, tenants, webhooks, types, statuses);
  -- Attempts of the same days are found by the id of their delivery. Later attempts are few but may be in many partitions, so
  -- they are found by a range of the index.
  high := uuid7_floor(date_trunc('day', to_timestamp(uuid7_ms(high) / 1000.0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day');
  DELETE FROM delivery_attempts a WHERE a.id >= low AND a.id < high AND a.delivery_id = ANY(gone);
  GET DIAGNOSTICS attempt_count = ROW_COUNT;
  later := ARRAY(SELECT a.delivery_id FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id >= low AND a.delivery_id < high
    INTERSECT SELECT unnest(gone));
  IF cardinality(later) > 0 THEN
    DELETE FROM delivery_attempts a WHERE a.id >= high AND a.delivery_id = ANY(later);
    GET DIAGNOSTICS more = ROW_COUNT;
    attempt_count := attempt_count + more;
  END IF;
END $$;

-- Deletes the next events of a tenant (null: the system's) after `p_after`, at most `p_limit` of them, within one day [p_low, p_high),
-- with their deliveries and attempts. Events with an open delivery are kept. `last` is the position after which the next batch
-- continues; null at the end. replay_deliveries locks the row of its event until commit, so either pruning sees the replay or the
-- replay finds no event.
CREATE OR REPLACE FUNCTION prune_events(p_tenant TEXT, p_low UUID, p_high UUID, p_after UUID, p_limit INTEGER,
  OUT last UUID, OUT event_count INTEGER, OUT delivery_count INTEGER, OUT attempt_count INTEGER)
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  ids UUID[]; kept UUID[]; seqs BIGINT[]; tenants TEXT[]; types TEXT[]; severities "Severity"[];
  first UUID; doomed UUID[];
BEGIN
  event_count := 0; delivery_count := 0; attempt_count := 0;
  IF p_tenant IS NULL THEN
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id IS NULL AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  ELSE
    ids := ARRAY(SELECT e.id FROM events e WHERE e.tenant_id = p_tenant AND e.id > p_after AND e.id < p_high ORDER BY e.tenant_id, e.id LIMIT p_limit);
  END IF;
  IF cardinality(ids) = 0 THEN RETURN; END IF;
  first := ids[1];
  last := ids[cardinality(ids)];
  kept := ARRAY(
    SELECT d.event_id FROM deliveries d WHERE d.id >= p_low AND d.id < p_high AND d.event_id = ANY(ids) AND d.status IN ('PENDING', 'FAILED')
    UNION SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= last AND d.status IN ('PENDING', 'FAILED'));
  IF cardinality(kept) > 0 THEN ids := ARRAY(SELECT unnest(ids) EXCEPT SELECT unnest(kept)); END IF;

  WITH e AS (DELETE FROM events e WHERE e.id >= p_low AND e.id < p_high AND e.id = ANY(ids)
      RETURNING e.id, e.seq, e.tenant_id, e.type, e.severity)
    SELECT array_agg(e.id), array_agg(e.seq), array_agg(e.tenant_id), array_agg(e.type), array_agg(e.severity)
    INTO ids, seqs, tenants, types, severities FROM e;
  IF ids IS NOT NULL THEN
    IF EXISTS (SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= last AND d.status IN ('PENDING', 'FAILED')
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
    doomed := ARRAY(SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= last
      INTERSECT SELECT unnest(ids));
    IF cardinality(doomed) > 0 THEN
      doomed := ARRAY(SELECT d.id FROM deliveries d WHERE d.id >= p_high AND d.event_id = ANY(doomed));
      SELECT prune_events.delivery_count + p.delivery_count, prune_events.attempt_count + p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    END IF;
  END IF;
END $$;

-- Replays deliveries: creates a new delivery for each, linked to it, with its own attempts. One statement handles thousands.
-- Replays of the same dead letter are created one after another, in the order of their ids, so that each check sees the earlier
-- replays. All locks are taken first: events before deliveries, as in pruning, and in the order of ids. So two calls cannot deadlock.
--
-- `p_tenants` is the only tenant whose deliveries the caller may replay (null: any). `outcome` is REPLAYED, or the reason for the refusal:
-- NOT_FOUND, GONE (the webhook was deleted or the event pruned), and unless forced DELIVERED, BEING_SENT, PENDING (no attempt yet),
-- UNDER_WAY (`other` is the replay in progress), EXPIRED (its event has expired). An original with retries left is superseded: it becomes CANCELLED.
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

-- Adds events to the totals (p_sign 1), or subtracts them (-1), in the transaction that inserts or deletes them. It
-- covers only events that a worker has already counted (`seq` up to totals_progress); the worker counts the others.
-- Pruned or restored days no longer have minute totals (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE OR REPLACE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  minutes INTEGER[] := ARRAY(SELECT (uuid7_ms(i) / 60000)::int FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other events in the totals, so that their rows are deleted as a
  -- whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  delta event_totals[];
BEGIN
  -- A worker that is counting these rows finishes first; a later one waits until they have changed. So no worker adds to totals that
  -- are being deleted as a whole.
  IF p_sign < 0 OR counted < (SELECT max(s) FROM unnest(p_seqs) s) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'events' FOR SHARE;
  END IF;
  SELECT min(m) / 10 * 10, max(m) / 10 * 10 INTO base, top FROM unnest(minutes) m;
  IF p_sign < 0 AND top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    whole := ARRAY(SELECT coalesce(g.n = (SELECT sum(t.count) FROM event_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(p_tenants[1], '')), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT minute / 10 * 10 AS unit, count(*) AS n FROM unnest(minutes, p_seqs) AS e(minute, seq) WHERE seq <= counted GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM event_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(p_tenants[1], '');
  END IF;
  WITH gathered AS (
    SELECT grouping(type) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, type, severity, count(*) AS n
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute / 10 * 10 END AS unit, is_whole, tenant_id, type, severity
      FROM (SELECT minute, whole[(minute - base) / 10 + 1] IS TRUE AS is_whole, seq, tenant_id, type, severity
        FROM unnest(minutes, p_seqs, p_tenants, p_types, p_severities) AS e(minute, seq, tenant_id, type, severity)
        WHERE seq <= counted OFFSET 0) AS e OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, type, severity), (minute, is_whole, tenant_id, severity))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id, coalesce(type, '') AS type, severity, sum(n)::int AS n
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail)
    GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, type, severity, n)::event_totals) INTO delta FROM shifted;
  IF delta IS NULL THEN RETURN; END IF;
  IF p_sign > 0 THEN
    INSERT INTO event_totals AS t SELECT * FROM unnest(delta)
      ON CONFLICT (detail, span, start, tenant_id, type, severity) DO UPDATE SET count = t.count + excluded.count;
  ELSE
    MERGE INTO event_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
        AND t.tenant_id = d.tenant_id AND t.type = d.type AND t.severity = d.severity
      WHEN MATCHED AND t.count <= d.count THEN DELETE
      WHEN MATCHED THEN UPDATE SET count = t.count - d.count;
  END IF;
END $$;

-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or subtracts them (-1). `p_recovered` are
-- deliveries that the totals already include, and that have recovered since then. Minutes before `p_finest` have no detail.
CREATE OR REPLACE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  first counted_delivery := p_ended[1];
  born_first INTEGER := (uuid7_ms(first.id) / 86400000)::int;
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other deliveries in the totals that were created on the same
  -- day, so that their rows are deleted as a whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  delta delivery_outcome_totals[];
BEGIN
  IF p_sign < 0 AND (SELECT bool_and(e.tenant_id IS NOT DISTINCT FROM first.tenant_id) FROM unnest(p_ended) e) THEN
    SELECT floor(extract(epoch FROM min(e.changed_at)) / 600)::int * 10, floor(extract(epoch FROM max(e.changed_at)) / 600)::int * 10
      INTO base, top FROM unnest(p_ended) e;
    top := least(top, base + 1440);
    whole := ARRAY(SELECT coalesce(u + 10 <= p_finest AND g.n = (SELECT sum(t.delivered + t.dead_letter + t.cancelled) FROM delivery_outcome_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(first.tenant_id, '') AND t.born = born_first), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT floor(extract(epoch FROM e.changed_at) / 600)::int * 10 AS unit, count(*) AS n FROM unnest(p_ended) e
          WHERE (uuid7_ms(e.id) / 86400000)::int = born_first GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM delivery_outcome_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(first.tenant_id, '') AND t.born = born_first;
  END IF;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, webhook_id, event_type, born,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 WHEN minute >= p_finest THEN minute ELSE minute / 10 * 10 END AS unit,
        is_whole, tenant_id, webhook_id, event_type, born, status
      FROM (SELECT minute, born = born_first AND whole[(minute - base) / 10 + 1] IS TRUE AS is_whole, tenant_id, webhook_id, event_type, born, status
        FROM (SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type, status
          FROM unnest(p_ended) OFFSET 0) AS e OFFSET 0) AS e OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, webhook_id, event_type, born), (minute, is_whole, tenant_id, born))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type, born,
      sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span)
      ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail OR at >= p_finest)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, webhook_id, event_type, born, delivered, dead, cancelled)::delivery_outcome_totals)
    INTO delta FROM shifted;
  IF delta IS NOT NULL AND p_sign > 0 THEN
    INSERT INTO delivery_outcome_totals AS t SELECT * FROM unnest(delta)
      ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type, born) DO UPDATE
        SET delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter, cancelled = t.cancelled + excluded.cancelled;
  ELSIF delta IS NOT NULL THEN
    MERGE INTO delivery_outcome_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
        AND t.tenant_id = d.tenant_id AND t.webhook_id = d.webhook_id AND t.event_type = d.event_type AND t.born = d.born
      WHEN MATCHED AND t.delivered <= d.delivered AND t.dead_letter <= d.dead_letter AND t.cancelled <= d.cancelled THEN DELETE
      WHEN MATCHED THEN UPDATE SET delivered = t.delivered - d.delivered, dead_letter = t.dead_letter - d.dead_letter,
        cancelled = t.cancelled - d.cancelled;
  END IF;

  INSERT INTO delivery_failure_totals AS t (span, start, tenant_id, webhook_id, event_type, error_kind, status_code, born,
      dead_letter, unrecovered, recovered)
  SELECT span, minute / span * span, coalesce(tenant_id, ''), webhook_id, event_type, coalesce(error_kind::text, ''), coalesce(status_code, 0), born,
    p_sign * sum(dead), p_sign * sum(unrecovered), p_sign * sum(recovered)
  FROM (
    SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type,
      error_kind, status_code, (status = 'DEAD_LETTER')::int AS dead, unrecovered::int AS unrecovered, recovered::int AS recovered
      FROM unnest(p_ended) WHERE status IN ('DEAD_LETTER', 'CANCELLED')
    UNION ALL
    SELECT floor(extract(epoch FROM changed_at) / 60)::int, (uuid7_ms(id) / 86400000)::int, tenant_id, webhook_id, event_type,
      error_kind, status_code, 0, -(unrecovered::int), 1 FROM unnest(p_recovered)
  ) AS f CROSS JOIN (VALUES (10), (1440)) AS s(span)
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  HAVING sum(dead) <> 0 OR sum(unrecovered) <> 0 OR sum(recovered) <> 0
  ON CONFLICT (span, start, tenant_id, webhook_id, event_type, error_kind, status_code, born) DO UPDATE
    SET dead_letter = t.dead_letter + excluded.dead_letter, unrecovered = t.unrecovered + excluded.unrecovered, recovered = t.recovered + excluded.recovered;
END $$;

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

-- Subtracts deliveries that are being deleted from the totals. A delivery whose end is not in the totals yet (delivery_ends)
-- counts as open in them, and its row in delivery_ends is deleted too. Called after the deletion, which locks totals_progress.
CREATE OR REPLACE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  times BIGINT[] := ARRAY(SELECT uuid7_ms(i) FROM unnest(p_ids) i);
  base INTEGER; top INTEGER;
  -- For each ten minutes since `base`: whether the tenant has no other deliveries in the totals, so that their rows are deleted as
  -- a whole.
  whole BOOLEAN[] := '{}'; tens INTEGER[];
  noted UUID[];
  delta delivery_totals[];
BEGIN
  WITH gone AS (DELETE FROM delivery_ends WHERE id = ANY(p_ids) RETURNING id) SELECT array_agg(id) INTO noted FROM gone;
  SELECT min(ms) / 600000 * 10, max(ms) / 600000 * 10 INTO base, top FROM unnest(times) ms;
  IF top - base < 1440 AND (SELECT bool_and(t IS NOT DISTINCT FROM p_tenants[1]) FROM unnest(p_tenants) t) THEN
    whole := ARRAY(SELECT coalesce(g.n = (SELECT sum(t.made) FROM delivery_totals t
          WHERE NOT t.detail AND t.span = 10 AND t.start = u AND t.tenant_id = coalesce(p_tenants[1], '')), false)
      FROM generate_series(base, top, 10) u LEFT JOIN (
        SELECT (ms / 600000 * 10)::int AS unit, count(*) AS n FROM unnest(times) ms WHERE ms < counted GROUP BY 1) AS g ON g.unit = u
      ORDER BY u);
    tens := ARRAY(SELECT base + i * 10 - 10 FROM generate_subscripts(whole, 1) i WHERE whole[i]);
    DELETE FROM delivery_totals t USING (
      SELECT detail, 10 AS span, s AS start FROM unnest(tens) s, (VALUES (true), (false)) d(detail)
      UNION ALL SELECT false, 1, s + m FROM unnest(tens) s, generate_series(0, 9) m OFFSET 0) AS k
      WHERE t.detail = k.detail AND t.span = k.span AND t.start = k.start AND t.tenant_id = coalesce(p_tenants[1], '');
  END IF;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, is_whole, tenant_id, webhook_id, event_type, count(*) AS made,
      count(*) FILTER (WHERE ended AND status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE ended AND status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE ended AND status = 'CANCELLED') AS cancelled
    FROM (SELECT CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute END AS minute,
        CASE WHEN is_whole THEN minute / 60 * 60 ELSE minute / 10 * 10 END AS unit, is_whole, tenant_id, webhook_id, event_type, status, ended
      FROM (SELECT (ms / 60000)::int AS minute, whole[((ms / 60000)::int - base) / 10 + 1] IS TRUE AS is_whole,
          tenant_id, webhook_id, event_type, status, noted IS NULL OR NOT id = ANY(noted) AS ended
        FROM unnest(p_ids, times, p_tenants, p_webhooks, p_types, p_statuses) AS d(id, ms, tenant_id, webhook_id, event_type, status)
        WHERE ms < counted OFFSET 0) AS d OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, is_whole, tenant_id, webhook_id, event_type), (minute, is_whole, tenant_id))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type,
      sum(made)::int AS made, sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 10 OR NOT is_whole AND (span > 1 OR NOT detail)
    GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT array_agg(ROW(detail, span, start, tenant_id, webhook_id, event_type, made, delivered, dead, cancelled)::delivery_totals)
    INTO delta FROM shifted;
  IF delta IS NULL THEN RETURN; END IF;
  MERGE INTO delivery_totals t USING unnest(delta) d ON t.detail = d.detail AND t.span = d.span AND t.start = d.start
      AND t.tenant_id = d.tenant_id AND t.webhook_id = d.webhook_id AND t.event_type = d.event_type
    WHEN MATCHED AND t.made <= d.made THEN DELETE
    WHEN MATCHED THEN UPDATE SET made = t.made - d.made, delivered = t.delivered - d.delivered,
      dead_letter = t.dead_letter - d.dead_letter, cancelled = t.cancelled - d.cancelled;
END $$;
