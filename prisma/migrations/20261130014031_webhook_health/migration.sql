-- Webhook health and the rates of forecasts come from totals of attempts (api/src/deliveries/totals/update-attempts.ts).

-- CreateTable
CREATE TABLE "attempt_totals" (
    "webhook_id" UUID NOT NULL,
    "span" INTEGER NOT NULL,
    "start" INTEGER NOT NULL,
    "error_kind" TEXT NOT NULL,
    "status_code" INTEGER NOT NULL,
    "latency" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "newest" UUID NOT NULL,

    CONSTRAINT "attempt_totals_pkey" PRIMARY KEY ("webhook_id","span","start","error_kind","status_code","latency")
);

-- CreateTable
CREATE TABLE "attempt_notes" (
    "id" UUID NOT NULL,
    "webhook_id" UUID NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "error_kind" "ErrorKind",
    "status_code" INTEGER,

    CONSTRAINT "attempt_notes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retry_rates" (
    "webhook_id" UUID NOT NULL,
    "day" INTEGER NOT NULL,
    "situation" TEXT NOT NULL,
    "tried" DOUBLE PRECISION NOT NULL,
    "arrived" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "retry_rates_pkey" PRIMARY KEY ("webhook_id","day","situation")
);

-- CreateTable
CREATE TABLE "webhook_degradations" (
    "webhook_id" UUID NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "webhook_degradations_pkey" PRIMARY KEY ("webhook_id")
);

-- CreateIndex
CREATE INDEX "attempt_totals_span_start_idx" ON "attempt_totals"("span", "start");

-- Starts the totals again from nothing, for rows that were inserted into the past or removed by hand. Until the worker has counted
-- again, figures are read from the rows.
CREATE OR REPLACE FUNCTION recount_totals() RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals_progress SET until = 0 WHERE name IN ('events', 'deliveries', 'attempts');
  DELETE FROM event_totals;
  DELETE FROM delivery_totals;
  DELETE FROM delivery_outcome_totals;
  DELETE FROM delivery_failure_totals;
  DELETE FROM attempt_totals;
END $$;

-- Notes an attempt that was stored long after it began: the totals may have passed its beginning by then.
CREATE OR REPLACE FUNCTION attempt_noted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO attempt_notes (id, webhook_id, duration_ms, error_kind, status_code)
    VALUES (new.id, new.webhook_id, new.duration_ms, new.error_kind, new.status_code) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

-- The histogram bucket of a latency: eight to each doubling, from 0.1 ms on. See api/src/deliveries/totals/latency.ts.
CREATE OR REPLACE FUNCTION latency_bucket(ms DOUBLE PRECISION) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT floor(ln(greatest(ms, 0.1) / 0.1) / ln(2.0::float8) * 8)::int
$$;

-- Minutes of the totals are dropped after a day.
INSERT INTO "totals_progress" ("name") VALUES ('attempts'), ('retry_rates');

-- An attempt is counted 15 s after it began at the earliest. One that is stored later than 5 s after it began leaves a note.
CREATE TRIGGER attempts_noted AFTER INSERT ON delivery_attempts
  FOR EACH ROW WHEN (new.delivery_id IS NOT NULL AND clock_timestamp() - new.started_at > interval '5 seconds')
  EXECUTE FUNCTION attempt_noted();

-- Replays of the last hour, which forecasts learn from.
CREATE INDEX "deliveries_replay_ids" ON "deliveries" ("id") WHERE "replay_of_id" IS NOT NULL;
