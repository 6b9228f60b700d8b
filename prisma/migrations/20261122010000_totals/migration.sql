-- Counts of events and deliveries by spans of time, which the worker keeps (api/src/events/totals.ts and
-- api/src/deliveries/totals.ts; docs/decisions/0011-totals-and-sketches.md). Nothing on the hot path writes them.

-- The milliseconds in a UUIDv7.
CREATE FUNCTION uuid7_ms(id UUID) RETURNS BIGINT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint
$$;

-- `span` is 1, 10, 60 or 1440 minutes, `start` its first minute since 1970 (UTC). Rows with `detail` are by everything; those
-- without are sums by tenant, with '' where the detail would be. tenant_id '' also stands for "no tenant".
CREATE TABLE "event_totals" (
  "detail" BOOLEAN NOT NULL,
  "span" INTEGER NOT NULL,
  "start" INTEGER NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "severity" "Severity" NOT NULL,
  "count" INTEGER NOT NULL,
  PRIMARY KEY ("detail", "span", "start", "tenant_id", "type", "severity")
) WITH (fillfactor = 90);

-- `made` counts deliveries by when they were made; the others how many of those have ended, and how. The rest is open.
CREATE TABLE "delivery_totals" (
  "detail" BOOLEAN NOT NULL,
  "span" INTEGER NOT NULL,
  "start" INTEGER NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "webhook_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "made" INTEGER NOT NULL,
  "delivered" INTEGER NOT NULL,
  "dead_letter" INTEGER NOT NULL,
  "cancelled" INTEGER NOT NULL,
  PRIMARY KEY ("detail", "span", "start", "tenant_id", "webhook_id", "event_type")
) WITH (fillfactor = 90);

-- How far the totals go: events by `seq` (inclusive), deliveries by the milliseconds of their ids (exclusive).
CREATE TABLE "totals_progress" (
  "name" TEXT PRIMARY KEY,
  "until" BIGINT NOT NULL DEFAULT 0
);
INSERT INTO "totals_progress" ("name") VALUES ('events'), ('deliveries');

-- Ends of deliveries that may have been counted as open, and are not yet among the totals. Written in the transaction that
-- ends them. A delivery is counted 15 s after it was made at the earliest: what is delivered before that, which is nearly all,
-- leaves nothing here.
CREATE TABLE "delivery_ends" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT,
  "webhook_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "status" "DeliveryStatus" NOT NULL
);
CREATE FUNCTION delivery_ended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_ends (id, tenant_id, webhook_id, event_type, status)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.status) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER deliveries_ended AFTER UPDATE OF status ON deliveries
  FOR EACH ROW WHEN (new.status IN ('DELIVERED', 'DEAD_LETTER', 'CANCELLED') AND old.status IN ('PENDING', 'FAILED')
    AND clock_timestamp() - new.created_at > interval '5 seconds')
  EXECUTE FUNCTION delivery_ended();

-- Lists of a tenant and of a webhook, newest first, as events have for tenants.
CREATE INDEX "deliveries_tenant_id_id_idx" ON "deliveries" ("tenant_id", "id");
CREATE INDEX "deliveries_webhook_id_id_idx" ON "deliveries" ("webhook_id", "id");
CREATE INDEX "deliveries_rule" ON "deliveries" ("rule_id", "id") WHERE "rule_id" IS NOT NULL;
CREATE INDEX "events_correlation" ON "events" ("correlation_id", "id") WHERE "correlation_id" IS NOT NULL;
-- With what is counted of those that are wrong, so that it is counted without looking at the rows.
DROP INDEX "deliveries_wrong";
CREATE INDEX "deliveries_wrong" ON "deliveries" ("status", "id")
  INCLUDE ("tenant_id", "webhook_id", "event_type", "attempt_count", "max_attempts", "last_error_kind", "completed_at") WHERE "status" IN ('FAILED', 'DEAD_LETTER', 'CANCELLED');

-- For who puts rows into the past by hand, or takes some out: the worker counts anew, and until then everything is read directly.
CREATE FUNCTION recount_totals() RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals_progress SET until = 0 WHERE name IN ('events', 'deliveries');
  DELETE FROM event_totals;
  DELETE FROM delivery_totals;
END $$;

-- Sketches of events, by which search knows where a text cannot be (api/src/events/sketch.ts). Segments are consecutive events by
-- `seq`; `bounds` has for each of its blocks the least and the greatest milliseconds of its ids, six bytes each.
INSERT INTO "totals_progress" ("name") VALUES ('sketches');
CREATE TABLE "event_segments" (
  "level" INTEGER NOT NULL,
  "start" BIGINT NOT NULL,
  "min_ms" BIGINT NOT NULL,
  "max_ms" BIGINT NOT NULL,
  "bounds" BYTEA NOT NULL,
  PRIMARY KEY ("level", "start")
);
CREATE TABLE "event_sketches" (
  "level" INTEGER NOT NULL,
  "start" BIGINT NOT NULL,
  "part" INTEGER NOT NULL,
  "bits" BYTEA NOT NULL,
  PRIMARY KEY ("level", "start", "part")
);
-- Not compressed, so that a few bytes are read out of the middle without the rest.
ALTER TABLE "event_sketches" ALTER COLUMN "bits" SET STORAGE EXTERNAL;
ALTER TABLE "event_segments" ALTER COLUMN "bounds" SET STORAGE EXTERNAL;
