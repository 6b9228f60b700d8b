-- Totals by the last change of deliveries, and of dead letters by cause (api/src/deliveries/totals; docs/decisions/0011-totals-and-sketches.md).
-- `delivery_totals` counts by creation, which says what is open.

-- Deliveries that became final within a time range. `start` and `span` as in the other totals; `born` is the day they were created on,
-- in days since 1970 (UTC): what a partition held goes with it.
CREATE TABLE "delivery_outcome_totals" (
  "detail" BOOLEAN NOT NULL,
  "span" INTEGER NOT NULL,
  "start" INTEGER NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "webhook_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "born" INTEGER NOT NULL,
  "delivered" INTEGER NOT NULL,
  "dead_letter" INTEGER NOT NULL,
  "cancelled" INTEGER NOT NULL,
  PRIMARY KEY ("detail", "span", "start", "tenant_id", "webhook_id", "event_type", "born")
) WITH (fillfactor = 90);

-- Dead letters and recovered deliveries by what they died of, and when: by 10 minutes and by day. error_kind '' and status_code 0 stand for none.
CREATE TABLE "delivery_failure_totals" (
  "span" INTEGER NOT NULL,
  "start" INTEGER NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "webhook_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "error_kind" TEXT NOT NULL,
  "status_code" INTEGER NOT NULL,
  "born" INTEGER NOT NULL,
  "dead_letter" INTEGER NOT NULL,
  "unrecovered" INTEGER NOT NULL,
  "recovered" INTEGER NOT NULL,
  PRIMARY KEY ("span", "start", "tenant_id", "webhook_id", "event_type", "error_kind", "status_code", "born")
) WITH (fillfactor = 90);

-- Everything is counted anew below, notes included.
DELETE FROM "delivery_ends";
ALTER TABLE "delivery_ends"
  ADD COLUMN "changed_at" TIMESTAMPTZ(3) NOT NULL,
  ADD COLUMN "error_kind" "ErrorKind",
  ADD COLUMN "status_code" INTEGER,
  ADD COLUMN "unrecovered" BOOLEAN NOT NULL,
  ADD COLUMN "recovered" BOOLEAN NOT NULL;

-- Deliveries that were recovered after they had ended, and whose recovery is not yet among the totals. `unrecovered`: they counted as
-- unrecovered until then.
CREATE TABLE "delivery_recoveries" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT,
  "webhook_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "changed_at" TIMESTAMPTZ(3) NOT NULL,
  "error_kind" "ErrorKind",
  "status_code" INTEGER,
  "unrecovered" BOOLEAN NOT NULL
);

CREATE OR REPLACE FUNCTION delivery_ended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_ends (id, tenant_id, webhook_id, event_type, status, changed_at, error_kind, status_code, unrecovered, recovered)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.status, new.changed_at, new.last_error_kind, new.last_status_code,
      new.status = 'DEAD_LETTER' AND new.recovered_by_id IS NULL AND new.rescues_id IS NULL,
      new.status <> 'DELIVERED' AND new.recovered_by_id IS NOT NULL)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE FUNCTION delivery_recovered() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_recoveries (id, tenant_id, webhook_id, event_type, changed_at, error_kind, status_code, unrecovered)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.changed_at, new.last_error_kind, new.last_status_code,
      new.status = 'DEAD_LETTER' AND new.rescues_id IS NULL)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER deliveries_recovered AFTER UPDATE OF recovered_by_id ON deliveries
  FOR EACH ROW WHEN (old.recovered_by_id IS NULL AND new.recovered_by_id IS NOT NULL AND new.status IN ('DEAD_LETTER', 'CANCELLED'))
  EXECUTE FUNCTION delivery_recovered();

-- The parts of a delivery that the totals go by.
CREATE TYPE counted_delivery AS (
  id UUID, tenant_id TEXT, webhook_id UUID, event_type TEXT, status "DeliveryStatus", changed_at TIMESTAMPTZ, error_kind "ErrorKind",
  status_code INTEGER, unrecovered BOOLEAN, recovered BOOLEAN
);

-- Adds final deliveries to the totals of outcomes and failures (p_sign 1), or takes them out (-1). `p_recovered` are deliveries that
-- are among the totals already, and were recovered since. Minutes before `p_finest` have no detail.
CREATE FUNCTION shift_outcome_totals(p_sign INTEGER, p_ended counted_delivery[], p_recovered counted_delivery[], p_finest INTEGER) RETURNS VOID
LANGUAGE plpgsql SET jit = off AS $$
BEGIN
  WITH gathered AS (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute) AS at, tenant_id, webhook_id, event_type, born,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT *, CASE WHEN minute >= p_finest THEN minute ELSE minute / 10 * 10 END AS unit
      FROM (SELECT floor(extract(epoch FROM changed_at) / 60)::int AS minute, (uuid7_ms(id) / 86400000)::int AS born, tenant_id, webhook_id, event_type, status
        FROM unnest(p_ended) OFFSET 0) AS e) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type, born), (minute, tenant_id, born))
  )
  INSERT INTO delivery_outcome_totals AS t (detail, span, start, tenant_id, webhook_id, event_type, born, delivered, dead_letter, cancelled)
  SELECT detail, span, at / span * span, coalesce(tenant_id, ''), coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(event_type, ''), born, p_sign * sum(delivered), p_sign * sum(dead), p_sign * sum(cancelled)
  FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= p_finest
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type, born) DO UPDATE
    SET delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter, cancelled = t.cancelled + excluded.cancelled;

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

-- Deliveries that are deleted leave the totals of outcomes and failures, in the transaction that deletes them. Dropped partitions go by `born`.
CREATE FUNCTION deliveries_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  -- A worker that is about to count these rows finishes first, or waits until they are gone.
  counted UUID := (SELECT uuid7_floor(to_timestamp(until / 1000.0)) FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  counted_rows counted_delivery[]; recoveries counted_delivery[];
BEGIN
  -- Whose end is not among the totals yet only leaves a note behind.
  SELECT array_agg(ROW(d.id, d.tenant_id, d.webhook_id, d.event_type, d.status, d.changed_at, d.last_error_kind, d.last_status_code,
      d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL,
      d.status <> 'DELIVERED' AND d.recovered_by_id IS NOT NULL)::counted_delivery)
    INTO counted_rows FROM gone d
    WHERE d.id < counted AND d.status NOT IN ('PENDING', 'FAILED') AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  -- Whose recovery is not among the totals yet counts there as it was before: first as recovered, then taken out as that.
  SELECT array_agg(ROW(r.id, r.tenant_id, r.webhook_id, r.event_type, 'DEAD_LETTER', r.changed_at, r.error_kind, r.status_code,
      r.unrecovered, false)::counted_delivery)
    INTO recoveries FROM gone d JOIN delivery_recoveries r ON r.id = d.id
    WHERE d.id < counted AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  PERFORM shift_outcome_totals(1, '{}', recoveries, 0);
  PERFORM shift_outcome_totals(-1, counted_rows, '{}', 0);
  DELETE FROM delivery_recoveries r USING gone d WHERE r.id = d.id;
  RETURN NULL;
END $$;
CREATE TRIGGER deliveries_deleted AFTER DELETE ON deliveries REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION deliveries_deleted();

CREATE OR REPLACE FUNCTION recount_totals() RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals_progress SET until = 0 WHERE name IN ('events', 'deliveries');
  DELETE FROM event_totals;
  DELETE FROM delivery_totals;
  DELETE FROM delivery_outcome_totals;
  DELETE FROM delivery_failure_totals;
END $$;
SELECT recount_totals();

-- The oldest and the newest of a cause, and an example of it.
CREATE INDEX "deliveries_causes" ON "deliveries" ("webhook_id", "last_error_kind", "last_status_code", "changed_at", "id")
  WHERE "status" = 'DEAD_LETTER' AND "recovered_by_id" IS NULL AND "rescues_id" IS NULL;
