-- Health, drills and tenant policies of AI providers; leads and activities; events of the CRM that are still to be published.
-- CreateEnum
CREATE TYPE "LeadStatus" AS ENUM ('NEW', 'CONTACTED', 'QUALIFIED', 'WON', 'LOST');

-- CreateEnum
CREATE TYPE "ActivityKind" AS ENUM ('CALL', 'EMAIL', 'MEETING', 'NOTE');

-- CreateTable
CREATE TABLE "ai_provider_health" (
    "name" TEXT NOT NULL,
    "total_calls" BIGINT NOT NULL DEFAULT 0,
    "failed_calls" BIGINT NOT NULL DEFAULT 0,
    "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "last_checked_at" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),
    "cooldown_until" TIMESTAMPTZ(3),
    "cooldowns" INTEGER NOT NULL DEFAULT 0,
    "probe_until" TIMESTAMPTZ(3),
    "latencies" DOUBLE PRECISION[] DEFAULT ARRAY[]::DOUBLE PRECISION[],

    CONSTRAINT "ai_provider_health_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "ai_drills" (
    "id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "ok" BOOLEAN NOT NULL,
    "latency_ms" DOUBLE PRECISION,
    "error" TEXT,

    CONSTRAINT "ai_drills_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ai_tenant_providers" (
    "tenant_id" TEXT NOT NULL,
    "providers" TEXT[],
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ai_tenant_providers_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "leads" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "phone" TEXT,
    "company" TEXT,
    "status" "LeadStatus" NOT NULL DEFAULT 'NEW',
    "source" TEXT,
    "notes" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leads_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "activities" (
    "id" UUID NOT NULL,
    "lead_id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "kind" "ActivityKind" NOT NULL,
    "body" TEXT NOT NULL,
    "summary" TEXT,
    "summarized_by" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "activities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "crm_outbox" (
    "id" UUID NOT NULL,
    "event" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "crm_outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ai_drills_provider_id_idx" ON "ai_drills"("provider", "id");

-- CreateIndex
CREATE INDEX "leads_tenant_id_id_idx" ON "leads"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "activities_lead_id_id_idx" ON "activities"("lead_id", "id");

-- AddForeignKey
ALTER TABLE "activities" ADD CONSTRAINT "activities_lead_id_fkey" FOREIGN KEY ("lead_id") REFERENCES "leads"("id") ON DELETE CASCADE ON UPDATE CASCADE;
