-- Alert rules, what they counted, alerts with their timeline, silences and templates. See api/src/alerts/README.md.

-- CreateEnum
CREATE TYPE "AlertStatus" AS ENUM ('FIRING', 'ACKNOWLEDGED', 'RESOLVED');

-- CreateEnum
CREATE TYPE "AlertChange" AS ENUM ('RAISED', 'REPEATED', 'ACKNOWLEDGED', 'SILENCED', 'RESOLVED');

-- CreateEnum
CREATE TYPE "EvaluationOutcome" AS ENUM ('BELOW_THRESHOLD', 'RAISED', 'REPEATED', 'STILL_FIRING', 'SILENCED', 'RESOLVED');

-- CreateTable
CREATE TABLE "alert_rules" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "tenant_id" TEXT,
    "event_type" TEXT,
    "source" TEXT,
    "event_severity" "Severity",
    "severity" "Severity" NOT NULL DEFAULT 'CRITICAL',
    "window_seconds" INTEGER NOT NULL,
    "threshold" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "group_by" TEXT[],
    "repeat_interval_seconds" INTEGER NOT NULL,
    "webhook_ids" UUID[],
    "default_of" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "rebuild_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "alert_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_matches" (
    "rule_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "group_key" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "seq" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "event_ids" UUID[],
    "count" INTEGER NOT NULL,

    CONSTRAINT "alert_matches_pkey" PRIMARY KEY ("rule_id","version","group_key","at","seq","tenant_id")
);

-- CreateTable
CREATE TABLE "alerts" (
    "id" UUID NOT NULL,
    "rule_id" UUID NOT NULL,
    "tenant_id" TEXT,
    "group_key" TEXT NOT NULL,
    "group_values" JSON NOT NULL,
    "status" "AlertStatus" NOT NULL DEFAULT 'FIRING',
    "severity" "Severity" NOT NULL,
    "matched" INTEGER NOT NULL,
    "threshold" INTEGER NOT NULL,
    "window_seconds" INTEGER NOT NULL,
    "conditions" JSON NOT NULL,
    "source" TEXT,
    "reason" TEXT NOT NULL,
    "tenants" JSON NOT NULL,
    "event_ids" UUID[],
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_notified_at" TIMESTAMPTZ(3),
    "next_notify_at" TIMESTAMPTZ(3) NOT NULL,
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by_kind" "ActorKind",
    "acknowledged_by_id" TEXT,
    "acknowledged_by_name" TEXT,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by_hand" BOOLEAN NOT NULL DEFAULT false,
    "silence_id" UUID,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_transitions" (
    "id" UUID NOT NULL,
    "alert_id" UUID NOT NULL,
    "rule_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "change" "AlertChange" NOT NULL,
    "status" "AlertStatus" NOT NULL,
    "actor_kind" "ActorKind",
    "actor_id" TEXT,
    "actor_name" TEXT,
    "note" TEXT,
    "matched" INTEGER NOT NULL,
    "notify" BOOLEAN NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "event_id" UUID,
    "message_event_id" UUID,
    "recipients" INTEGER,

    CONSTRAINT "alert_transitions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_evaluations" (
    "rule_id" UUID NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "group_key" TEXT NOT NULL,
    "outcome" "EvaluationOutcome" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "matched" INTEGER NOT NULL,
    "threshold" INTEGER NOT NULL,
    "explanation" TEXT NOT NULL,
    "tenants" JSON NOT NULL,
    "evaluations" INTEGER NOT NULL,

    CONSTRAINT "alert_evaluations_pkey" PRIMARY KEY ("rule_id","minute","group_key","outcome")
);

-- CreateTable
CREATE TABLE "silences" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT,
    "matchers" JSON NOT NULL,
    "reason" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by_kind" "ActorKind" NOT NULL,
    "created_by_id" TEXT NOT NULL,
    "created_by_name" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "held_back" INTEGER NOT NULL DEFAULT 0,
    "warned_at" TIMESTAMPTZ(3),

    CONSTRAINT "silences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_templates" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "rule" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_templates_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_progress" (
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "alert_progress_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "alert_rules_default_of_key" ON "alert_rules"("default_of");

-- CreateIndex
CREATE INDEX "alert_rules_tenant_id_id_idx" ON "alert_rules"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "alerts_tenant_id_id_idx" ON "alerts"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "alerts_rule_id_id_idx" ON "alerts"("rule_id", "id");

-- CreateIndex
CREATE INDEX "alert_transitions_alert_id_id_idx" ON "alert_transitions"("alert_id", "id");

-- CreateIndex
CREATE INDEX "alert_transitions_at_idx" ON "alert_transitions"("at");

-- CreateIndex
CREATE INDEX "alert_evaluations_rule_id_at_idx" ON "alert_evaluations"("rule_id", "at");

-- CreateIndex
CREATE INDEX "silences_tenant_id_id_idx" ON "silences"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "silences_ends_at_idx" ON "silences"("ends_at");

-- CreateIndex
CREATE UNIQUE INDEX "alert_templates_tenant_id_slug_key" ON "alert_templates"("tenant_id", "slug");

-- A rule has at most one open alert for each group, whoever evaluates it.
CREATE UNIQUE INDEX "alerts_open" ON "alerts" ("rule_id", "group_key") WHERE "status" <> 'RESOLVED';
-- The outbox: changes whose events are still to be published.
CREATE INDEX "alert_transitions_due" ON "alert_transitions" ("due_at") WHERE "event_id" IS NULL AND "due_at" IS NOT NULL;
-- Events before an alert was resolved by hand do not count again when matches are rebuilt.
CREATE INDEX "alerts_by_hand" ON "alerts" ("rule_id", "group_key", "resolved_at") WHERE "resolved_by_hand";

-- An append records which rules its events match. Like the fan-out to webhooks, that is worked out from a cache, and the append is
-- refused when the cache is stale: every change to what a rule matches starts a new epoch.
CREATE TRIGGER alert_rules_changed AFTER INSERT OR DELETE OR UPDATE OF
  tenant_id, event_type, source, event_severity, group_by, enabled, version, deleted_at
  ON alert_rules FOR EACH STATEMENT EXECUTE FUNCTION webhooks_next_epoch();
