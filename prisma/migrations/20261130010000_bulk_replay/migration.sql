-- Bulk replays: a stored job that replays a fixed set of deliveries.

CREATE TYPE "BulkReplayStatus" AS ENUM ('DRY_RUN', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED');
CREATE TYPE "BulkReplayPhase" AS ENUM ('CANARY', 'CANARY_SENT', 'OPEN', 'STOPPED');
CREATE TYPE "BulkReplayItemState" AS ENUM ('WAITING', 'SENT', 'RETRYING', 'DELIVERED', 'FAILED', 'SKIPPED');
CREATE TYPE "SkipReason" AS ENUM ('NOT_FOUND', 'ALREADY_DELIVERED', 'ALREADY_RECOVERED', 'REPLAY_UNDER_WAY', 'STILL_OPEN', 'EXPIRED',
  'WEBHOOK_DISABLED', 'WEBHOOK_UNHEALTHY', 'UNLIKELY', 'CANARY_FAILED', 'STOPPED', 'CANCELLED');

CREATE TABLE "bulk_replays" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT,
  "status" "BulkReplayStatus" NOT NULL DEFAULT 'RUNNING',
  "paused" BOOLEAN NOT NULL DEFAULT false,
  "started_by_kind" "ActorKind" NOT NULL,
  "started_by_id" TEXT NOT NULL,
  "started_by_name" TEXT,
  "started_by_roles" "Role"[],
  "reach_tenant_id" TEXT,
  "filter" JSONB,
  "reason" TEXT,
  "rate_per_second" INTEGER,
  "canary" BOOLEAN NOT NULL,
  "skip_unhealthy" BOOLEAN NOT NULL,
  "force" BOOLEAN NOT NULL,
  "min_likelihood" DOUBLE PRECISION,
  "stop_after_failures" INTEGER NOT NULL,
  "idempotency_key" TEXT,
  "input_hash" TEXT NOT NULL,
  "selected_at" TIMESTAMPTZ(3) NOT NULL,
  "selection_key" TEXT,
  "is_selected" BOOLEAN NOT NULL,
  "total" INTEGER NOT NULL,
  "selected" INTEGER NOT NULL DEFAULT 0,
  "replayed" INTEGER NOT NULL DEFAULT 0,
  "delivered" INTEGER NOT NULL DEFAULT 0,
  "failed" INTEGER NOT NULL DEFAULT 0,
  "skips" JSONB NOT NULL DEFAULT '{}',
  "error" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "finished_at" TIMESTAMPTZ(3)
);
CREATE UNIQUE INDEX "bulk_replays_started_by_kind_started_by_id_idempotency_key_key"
  ON "bulk_replays" ("started_by_kind", "started_by_id", "idempotency_key");
CREATE INDEX "bulk_replays_running" ON "bulk_replays" ("id") WHERE "status" = 'RUNNING';

CREATE TABLE "bulk_replay_webhooks" (
  "bulk_replay_id" UUID NOT NULL REFERENCES "bulk_replays" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
  "webhook_id" UUID NOT NULL,
  "phase" "BulkReplayPhase" NOT NULL,
  "stop_reason" "SkipReason",
  "streak_kind" "ErrorKind",
  "streak" INTEGER NOT NULL DEFAULT 0,
  "waiting" INTEGER NOT NULL DEFAULT 0,
  "outstanding" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("bulk_replay_id", "webhook_id")
);

CREATE TABLE "bulk_replay_items" (
  "bulk_replay_id" UUID NOT NULL REFERENCES "bulk_replays" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
  "delivery_id" UUID NOT NULL,
  "webhook_id" UUID NOT NULL,
  "state" "BulkReplayItemState" NOT NULL DEFAULT 'WAITING',
  "skip_reason" "SkipReason",
  "replay_id" UUID,
  PRIMARY KEY ("bulk_replay_id", "delivery_id")
);
-- The next deliveries to replay of a webhook, the oldest first.
CREATE INDEX "bulk_replay_items_waiting" ON "bulk_replay_items" ("bulk_replay_id", "webhook_id", "delivery_id") WHERE "state" = 'WAITING';
-- Replays whose outcome is still open, and the lists of what failed or was skipped.
CREATE INDEX "bulk_replay_items_state" ON "bulk_replay_items" ("bulk_replay_id", "state", "delivery_id")
  WHERE "state" IN ('SENT', 'RETRYING', 'FAILED', 'SKIPPED');
