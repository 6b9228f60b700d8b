-- CreateEnum
CREATE TYPE "HealthStatus" AS ENUM ('OK', 'DEGRADED', 'DOWN', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "HealState" AS ENUM ('HEALTHY', 'STARTING', 'UNHEALTHY', 'HEALING', 'BACKING_OFF', 'FLAPPING', 'GIVEN_UP', 'MAINTENANCE', 'MISSING');

-- CreateEnum
CREATE TYPE "HealTargetOrigin" AS ENUM ('CONFIG', 'LABEL', 'REGISTRY');

-- CreateEnum
CREATE TYPE "HealOutcome" AS ENUM ('SUCCEEDED', 'FAILED', 'SUPPRESSED');

-- CreateTable
CREATE TABLE "services" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "health_url" TEXT NOT NULL,
    "version" TEXT,
    "roles_required" "Role"[],
    "tags" TEXT[],
    "depends_on" TEXT[],
    "owner" TEXT,
    "ttl_seconds" INTEGER,
    "status" "HealthStatus" NOT NULL DEFAULT 'UNKNOWN',
    "status_since" TIMESTAMPTZ(3) NOT NULL,
    "probed_status" "HealthStatus" NOT NULL DEFAULT 'UNKNOWN',
    "reported_status" "HealthStatus" NOT NULL DEFAULT 'UNKNOWN',
    "pending_status" "HealthStatus",
    "pending_count" INTEGER NOT NULL DEFAULT 0,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_checked_at" TIMESTAMPTZ(3),
    "latency_ms" DOUBLE PRECISION,
    "last_error" TEXT,
    "next_check_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "health_hours" (
    "subject" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "ok" INTEGER NOT NULL,
    "degraded" INTEGER NOT NULL,
    "down" INTEGER NOT NULL,
    "latency_sum_ms" DOUBLE PRECISION NOT NULL,
    "latency_count" INTEGER NOT NULL,
    "latency_max_ms" DOUBLE PRECISION,

    CONSTRAINT "health_hours_pkey" PRIMARY KEY ("subject","hour")
);

-- CreateTable
CREATE TABLE "heal_targets" (
    "id" UUID NOT NULL,
    "container" TEXT NOT NULL,
    "origin" "HealTargetOrigin" NOT NULL,
    "services" TEXT[],
    "health_url" TEXT,
    "depends_on" TEXT[],
    "state" "HealState" NOT NULL DEFAULT 'STARTING',
    "reason" TEXT,
    "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
    "restarts_in_window" INTEGER NOT NULL DEFAULT 0,
    "next_action_at" TIMESTAMPTZ(3),
    "maintenance_until" TIMESTAMPTZ(3),
    "memory" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "gone_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "heal_targets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "heal_attempts" (
    "id" UUID NOT NULL,
    "target_id" UUID NOT NULL,
    "container" TEXT NOT NULL,
    "container_id" TEXT,
    "action" TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "number" INTEGER NOT NULL DEFAULT 1,
    "outcome" "HealOutcome",
    "message" TEXT NOT NULL DEFAULT '',
    "token" BIGINT NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "duration_ms" DOUBLE PRECISION,
    "exit_code" INTEGER,
    "oom_killed" BOOLEAN,
    "log_tail" TEXT,
    "still_healthy_after" BOOLEAN,
    "requested_by_kind" "ActorKind",
    "requested_by_id" TEXT,

    CONSTRAINT "heal_attempts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "healer" (
    "id" INTEGER NOT NULL,
    "token" BIGINT NOT NULL DEFAULT 0,
    "holder" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "docker_status" "HealthStatus" NOT NULL DEFAULT 'UNKNOWN',
    "docker_message" TEXT,
    "docker_latency_ms" DOUBLE PRECISION,
    "last_check_at" TIMESTAMPTZ(3),
    "mode" TEXT NOT NULL DEFAULT 'off',
    "interval_seconds" INTEGER NOT NULL DEFAULT 0,
    "storm_since" TIMESTAMPTZ(3),

    CONSTRAINT "healer_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "services_name_key" ON "services"("name");

-- CreateIndex
CREATE INDEX "services_next_check_at_idx" ON "services"("next_check_at");

-- CreateIndex
CREATE INDEX "health_hours_hour_idx" ON "health_hours"("hour");

-- CreateIndex
CREATE UNIQUE INDEX "heal_targets_container_key" ON "heal_targets"("container");

-- CreateIndex
CREATE INDEX "heal_attempts_target_id_id_idx" ON "heal_attempts"("target_id", "id");

-- CreateIndex
CREATE INDEX "heal_attempts_container_id_idx" ON "heal_attempts"("container", "id");

-- The one row of the healer: leases are taken by updating it.
INSERT INTO "healer" ("id") VALUES (1);
-- Attempts that are under way, or whose second look is due: few at any time.
CREATE INDEX "heal_attempts_open_idx" ON "heal_attempts"("target_id") WHERE "outcome" IS NULL;
