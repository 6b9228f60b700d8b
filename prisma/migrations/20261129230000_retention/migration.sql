-- Retention: who keeps what for how long, the runs that prune, and the files that expired events are archived to.
CREATE TYPE "RetentionSubject" AS ENUM ('EVENTS', 'SYSTEM_EVENTS', 'AUDIT', 'ALERTS');

-- tenant_id '' is the installation. For EVENTS that row is the global default; the other subjects have no other row.
CREATE TABLE "retention_policies" (
  "subject" "RetentionSubject" NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "retention_days" INTEGER NOT NULL CHECK ("retention_days" BETWEEN 1 AND 3650),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "set_by_kind" "ActorKind" NOT NULL,
  "set_by_id" TEXT NOT NULL,
  "set_by_name" TEXT,
  CONSTRAINT "retention_policies_pkey" PRIMARY KEY ("subject", "tenant_id")
);
INSERT INTO "retention_policies" ("subject", "tenant_id", "retention_days", "created_at", "updated_at", "set_by_kind", "set_by_id", "set_by_name")
  SELECT 'EVENTS', "id", "retention_days", "updated_at", "updated_at", 'SYSTEM', 'migration', NULL
  FROM "tenants" WHERE "retention_days" BETWEEN 1 AND 3650;
ALTER TABLE "tenants" DROP COLUMN "retention_days";

-- A tenant under legal hold has a row here.
CREATE TABLE "legal_holds" (
  "tenant_id" TEXT NOT NULL,
  "reason" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "set_by_kind" "ActorKind" NOT NULL,
  "set_by_id" TEXT NOT NULL,
  "set_by_name" TEXT,
  CONSTRAINT "legal_holds_pkey" PRIMARY KEY ("tenant_id")
);

CREATE TABLE "prune_runs" (
  "id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "finished_at" TIMESTAMPTZ(3),
  "dry_run" BOOLEAN NOT NULL,
  "started_by_kind" "ActorKind" NOT NULL,
  "started_by_id" TEXT NOT NULL,
  "started_by_name" TEXT,
  CONSTRAINT "prune_runs_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "prune_runs_unfinished" ON "prune_runs" ("id") WHERE "finished_at" IS NULL;

-- What a run came to in one scope: a tenant, or '' for the system's rows. Counters grow in the transactions that delete.
CREATE TABLE "prune_scopes" (
  "run_id" UUID NOT NULL,
  "subject" "RetentionSubject" NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "retention_days" INTEGER NOT NULL,
  "cutoff" TIMESTAMPTZ(3) NOT NULL,
  "held" BOOLEAN NOT NULL DEFAULT false,
  "pruned_count" BIGINT NOT NULL DEFAULT 0,
  "archived_count" BIGINT NOT NULL DEFAULT 0,
  "archive_files" TEXT[] NOT NULL DEFAULT '{}',
  "dropped_days" INTEGER NOT NULL DEFAULT 0,
  "deleted_days" INTEGER NOT NULL DEFAULT 0,
  "duration_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
  "error" TEXT,
  "announced_at" TIMESTAMPTZ(3),
  CONSTRAINT "prune_scopes_pkey" PRIMARY KEY ("run_id", "subject", "tenant_id"),
  CONSTRAINT "prune_scopes_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "prune_runs" ("id") ON DELETE CASCADE
);

-- Verified archive files. `part` is 1 unless events of the day arrived after its first file was written.
CREATE TABLE "archive_files" (
  "id" UUID NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "part" INTEGER NOT NULL,
  "events" INTEGER NOT NULL,
  "bytes" BIGINT NOT NULL,
  "sha256" TEXT NOT NULL,
  "first_id" UUID NOT NULL,
  "last_id" UUID NOT NULL,
  "last_seq" BIGINT NOT NULL,
  "location" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "verified_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "archive_files_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "archive_files_tenant_id_day_part_key" ON "archive_files" ("tenant_id", "day", "part");
CREATE INDEX "archive_files_tenant_id_id_idx" ON "archive_files" ("tenant_id", "id");

-- Days that were restored from an archive: their age counts from then on.
CREATE TABLE "restored_days" (
  "tenant_id" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "restored_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "restored_days_pkey" PRIMARY KEY ("tenant_id", "day")
);

-- The greatest `seq` of which events of the tenant were pruned: a cursor before it has lost some. '' is the system's events.
CREATE TABLE "feed_horizons" (
  "tenant_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  CONSTRAINT "feed_horizons_pkey" PRIMARY KEY ("tenant_id")
);

CREATE TABLE "table_sizes" (
  "name" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "bytes" BIGINT NOT NULL,
  "rows" BIGINT NOT NULL,
  CONSTRAINT "table_sizes_pkey" PRIMARY KEY ("name", "at")
);

-- When a row came back from an archive; null for every other event.
ALTER TABLE "events" ADD COLUMN "restored_at" TIMESTAMPTZ(3);
CREATE INDEX "events_restored" ON "events" ("tenant_id", "id") WHERE "restored_at" IS NOT NULL;

-- Entries up to `pruned_seq` were pruned; the oldest one left follows `pruned_hash`.
ALTER TABLE "audit_chains" ADD COLUMN "pruned_seq" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "pruned_hash" TEXT NOT NULL DEFAULT repeat('0', 64);

-- Adds events to the totals (p_sign 1), or takes them out (-1), in the transaction that inserts or deletes them. Totals only cover
-- what a worker has counted (`seq` up to totals_progress); the rest is left to that worker. Days that are pruned or restored have
-- no detail by the minute any more (DETAILED_MINUTES_MS in api/src/events/totals).
CREATE FUNCTION shift_event_totals(p_sign INTEGER, p_ids UUID[], p_seqs BIGINT[], p_tenants TEXT[], p_types TEXT[], p_severities "Severity"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'events');
  delta event_totals[];
BEGIN
  -- A worker that is about to count these rows finishes first, or waits until they have changed.
  IF counted < (SELECT max(s) FROM unnest(p_seqs) s) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'events' FOR SHARE;
  END IF;
  WITH gathered AS (
    SELECT grouping(type) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, type, severity, count(*) AS n
    FROM (SELECT minute, minute / 10 * 10 AS unit, tenant_id, type, severity
      FROM (SELECT (uuid7_ms(id) / 60000)::int AS minute, seq, tenant_id, type, severity
        FROM unnest(p_ids, p_seqs, p_tenants, p_types, p_severities) AS e(id, seq, tenant_id, type, severity) OFFSET 0) AS e
      WHERE seq <= counted) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, type, severity), (minute, tenant_id, severity))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id, coalesce(type, '') AS type, severity, sum(n)::int AS n
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail
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

-- Takes deliveries that are being deleted out of the totals. One whose end is not among the totals yet (delivery_ends) counts as open
-- there, and its note goes with it.
CREATE FUNCTION unshift_delivery_totals(p_ids UUID[], p_tenants TEXT[], p_webhooks UUID[], p_types TEXT[], p_statuses "DeliveryStatus"[])
RETURNS VOID LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  counted BIGINT := (SELECT until FROM totals_progress WHERE name = 'deliveries');
  noted UUID[];
  delta delivery_totals[];
BEGIN
  IF counted <= (SELECT max(uuid7_ms(i)) FROM unnest(p_ids) i) THEN
    SELECT until INTO counted FROM totals_progress WHERE name = 'deliveries' FOR SHARE;
  END IF;
  WITH gone AS (DELETE FROM delivery_ends WHERE id = ANY(p_ids) RETURNING id) SELECT array_agg(id) INTO noted FROM gone;
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, webhook_id, event_type, count(*) AS made,
      count(*) FILTER (WHERE ended AND status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE ended AND status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE ended AND status = 'CANCELLED') AS cancelled
    FROM (SELECT (ms / 60000)::int AS minute, (ms / 600000 * 10)::int AS unit, tenant_id, webhook_id, event_type, status, ended
      FROM (SELECT uuid7_ms(id) AS ms, tenant_id, webhook_id, event_type, status, noted IS NULL OR NOT id = ANY(noted) AS ended
        FROM unnest(p_ids, p_tenants, p_webhooks, p_types, p_statuses) AS d(id, tenant_id, webhook_id, event_type, status) OFFSET 0) AS d
      WHERE ms < counted) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type), (minute, tenant_id))
  ), shifted AS (
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, '') AS tenant_id,
      coalesce(webhook_id, '00000000-0000-0000-0000-000000000000') AS webhook_id, coalesce(event_type, '') AS event_type,
      sum(made)::int AS made, sum(delivered)::int AS delivered, sum(dead)::int AS dead, sum(cancelled)::int AS cancelled
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail
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

-- Deletes deliveries with their attempts, and takes them out of the totals. Attempts lie in the partition of the day they were made
-- on: the first retries of a day's last deliveries are on the next.
CREATE FUNCTION prune_deliveries(p_ids UUID[], OUT delivery_count INTEGER, OUT attempt_count INTEGER)
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
  -- Those of the same days by each id; later ones by a range of the index, since there are few and the partitions are many.
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

-- Deletes the next events of a tenant (null: the system's) after `p_after`, at most `p_limit` of them, within [p_low, p_high), a day;
-- with their deliveries and attempts. Events with an open delivery stay. `last` is where the next batch goes on, null at the end.
-- A replay keeps its event's row locked until it is committed (replay_deliveries): it is seen here, or finds no event.
CREATE FUNCTION prune_events(p_tenant TEXT, p_low UUID, p_high UUID, p_after UUID, p_limit INTEGER,
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
    doomed := ARRAY(SELECT d.id FROM deliveries d WHERE d.id >= p_low AND d.id < p_high AND d.event_id = ANY(ids));
    SELECT p.delivery_count, p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    -- Replays, and deliveries that were made past midnight.
    doomed := ARRAY(SELECT d.event_id FROM deliveries d WHERE d.id >= p_high AND d.event_id >= first AND d.event_id <= last
      INTERSECT SELECT unnest(ids));
    IF cardinality(doomed) > 0 THEN
      doomed := ARRAY(SELECT d.id FROM deliveries d WHERE d.id >= p_high AND d.event_id = ANY(doomed));
      SELECT prune_events.delivery_count + p.delivery_count, prune_events.attempt_count + p.attempt_count INTO delivery_count, attempt_count FROM prune_deliveries(doomed) p;
    END IF;
  END IF;
END $$;

-- replay_deliveries keeps the event's row locked until the replay is committed, so that prune_events() sees the one or the other. The
-- rest of it is as it was.
CREATE OR REPLACE FUNCTION replay_deliveries(
  p_ids UUID[], p_replays UUID[], p_force BOOLEAN[], p_tenants TEXT[], p_now TIMESTAMPTZ, p_wake TIMESTAMPTZ, p_created TIMESTAMPTZ[]
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
    SELECT d.status, d.attempt_count, d.tenant_id, d.webhook_id, d.event_id, d.lease_until, d.rescues_id, d.recovered_by_id INTO o
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
    being_sent := o.status IN ('PENDING', 'FAILED') AND o.lease_until > p_now;
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
        IF FOUND THEN outcome := 'UNDER_WAY'; END IF;
      END IF;
    END IF;
    IF outcome IS NULL THEN
      INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, subject, target_url, max_attempts, next_attempt_at, wake_at,
          created_at, replay_of_id, rescues_id, rule_id)
        SELECT p_replays[i], d.event_id, d.webhook_id, w.tenant_id, d.event_type, d.subject, w.url,
          coalesce(cardinality(w.retry_schedule), 0) + 1, p_now, p_wake, p_created[i], d.id, rescued, d.rule_id
        FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at IS NULL JOIN events e ON e.id = d.event_id
        WHERE d.id = p_ids[i] FOR KEY SHARE OF e;
      outcome := CASE WHEN FOUND THEN 'REPLAYED' ELSE 'GONE' END;
      IF outcome = 'REPLAYED' AND o.status IN ('PENDING', 'FAILED') AND NOT being_sent THEN
        superseded := true;
        UPDATE deliveries d SET status = 'CANCELLED', completed_at = p_now, next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL
          WHERE d.id = p_ids[i];
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- The audit trail loses its oldest entries to retention, and no others: a chain's checkpoint moves past them first.
CREATE FUNCTION audit_refuse_unpruned() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF old.seq <= (SELECT pruned_seq FROM audit_chains WHERE chain = old.chain) THEN RETURN old; END IF;
  RAISE EXCEPTION '% on % is refused: the audit trail is only appended to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER audit_entries_append_only ON audit_entries;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entries_pruned_only BEFORE DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_unpruned();
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_append_only;
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_pruned_only;

-- A chain is appended to, or its checkpoint moves forward to an entry before the newest.
DROP TRIGGER audit_chains_forward ON audit_chains;
CREATE TRIGGER audit_chains_forward BEFORE UPDATE ON audit_chains FOR EACH ROW WHEN (
  new.chain <> old.chain
  OR NOT (
    (new.seq = old.seq + 1 AND new.pruned_seq = old.pruned_seq AND new.pruned_hash = old.pruned_hash)
    OR (new.seq = old.seq AND new.hash = old.hash AND new.pruned_seq > old.pruned_seq AND new.pruned_seq < new.seq)
  )
) EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_chains ENABLE ALWAYS TRIGGER audit_chains_forward;

-- Prunes the entries of a chain that are older than `p_before`, oldest first, at most `p_limit`; the newest entry always stays. The right
-- to delete exists within this transaction only. Returns how many entries went.
CREATE FUNCTION prune_audit_chain(p_chain TEXT, p_before UUID, p_limit INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  c audit_chains; through BIGINT; pruned INTEGER;
BEGIN
  SELECT * INTO c FROM audit_chains WHERE chain = p_chain FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  SELECT max(e.seq) INTO through FROM (
    SELECT seq, bool_and(id < p_before) OVER (ORDER BY seq) AS expired FROM (
      SELECT seq, id FROM audit_entries WHERE chain = p_chain AND seq > c.pruned_seq AND seq < c.seq ORDER BY seq LIMIT p_limit) AS n
  ) AS e WHERE e.expired;
  IF through IS NULL THEN RETURN 0; END IF;
  UPDATE audit_chains SET pruned_seq = through,
    pruned_hash = (SELECT hash FROM audit_entries WHERE chain = p_chain AND seq = through) WHERE chain = p_chain;
  EXECUTE 'GRANT DELETE ON audit_entries TO CURRENT_USER';
  DELETE FROM audit_entries WHERE chain = p_chain AND seq <= through;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  EXECUTE 'REVOKE DELETE ON audit_entries FROM CURRENT_USER';
  RETURN pruned;
END $$;
