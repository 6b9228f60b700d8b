-- Tables. `events`, `deliveries` and `delivery_attempts` are partitioned by range of a UUIDv7 id: a day each, made by
-- ensure_partitions() (next migration); the default partition catches what falls outside.

CREATE TYPE "Severity" AS ENUM ('INFO', 'WARNING', 'ERROR', 'CRITICAL');
CREATE TYPE "Role" AS ENUM ('VIEWER', 'AGENT', 'OPERATOR', 'ADMIN');
CREATE TYPE "ActorKind" AS ENUM ('USER', 'API_KEY', 'SYSTEM');
CREATE TYPE "WebhookKind" AS ENUM ('STANDARD', 'SLACK', 'TEAMS', 'DISCORD');
CREATE TYPE "WebhookState" AS ENUM ('ENABLED', 'PAUSED', 'DISABLED');
CREATE TYPE "CircuitState" AS ENUM ('CLOSED', 'OPEN', 'HALF_OPEN');
CREATE TYPE "DeliveryStatus" AS ENUM ('PENDING', 'FAILED', 'DELIVERED', 'DEAD_LETTER', 'CANCELLED');
CREATE TYPE "HoldReason" AS ENUM ('WEBHOOK_PAUSED', 'WEBHOOK_DISABLED', 'CIRCUIT_OPEN', 'RATE_LIMITED', 'CONCURRENCY_LIMITED');
CREATE TYPE "ErrorKind" AS ENUM ('DNS', 'CONNECT', 'TLS', 'TIMEOUT', 'HTTP_4XX', 'HTTP_429', 'HTTP_5XX', 'REDIRECT', 'BLOCKED_ADDRESS', 'BODY_TOO_LARGE', 'INTERNAL');

CREATE TABLE "tenants" (
  "id" TEXT PRIMARY KEY,
  "name" TEXT NOT NULL,
  "retention_days" INTEGER,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE "api_keys" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL,
  "role" "Role" NOT NULL,
  "tenant_id" TEXT,
  "prefix" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "last_used_at" TIMESTAMPTZ(3),
  "expires_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "revoked_at" TIMESTAMPTZ(3)
);
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys" ("hash");

CREATE TABLE "event_types" (
  "name" TEXT PRIMARY KEY,
  "description" TEXT NOT NULL,
  "default_severity" "Severity" NOT NULL DEFAULT 'INFO',
  "schema" JSONB,
  "tenant_visible" BOOLEAN NOT NULL DEFAULT false,
  "version" INTEGER NOT NULL DEFAULT 1,
  "deprecated" BOOLEAN NOT NULL DEFAULT false,
  "example" JSONB,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE "seen_event_types" (
  "tenant_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("tenant_id", "name")
);

CREATE SEQUENCE "events_seq" AS BIGINT;
CREATE TABLE "events" (
  "id" UUID NOT NULL,
  "seq" BIGINT NOT NULL,
  "tenant_id" TEXT,
  "type" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "severity" "Severity" NOT NULL,
  "subject" TEXT,
  "payload" JSON NOT NULL,
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  "received_at" TIMESTAMPTZ(3) NOT NULL,
  "published_by_kind" "ActorKind" NOT NULL,
  "published_by_id" TEXT NOT NULL,
  "published_by_name" TEXT,
  "client_ip" TEXT,
  "correlation_id" TEXT,
  "causation_id" TEXT,
  PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");
CREATE INDEX "events_seq_idx" ON "events" ("seq");
CREATE INDEX "events_tenant_id_id_idx" ON "events" ("tenant_id", "id");
CREATE TABLE "events_default" PARTITION OF "events" DEFAULT;

CREATE TABLE "idempotency_keys" (
  "tenant_id" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "event_id" UUID NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("tenant_id", "source", "key")
);
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys" ("created_at");

CREATE TABLE "webhooks" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL,
  "url" TEXT NOT NULL,
  "kind" "WebhookKind" NOT NULL DEFAULT 'STANDARD',
  "tenant_id" TEXT,
  "event_types" TEXT[],
  "min_severity" "Severity" NOT NULL DEFAULT 'INFO',
  "state" "WebhookState" NOT NULL DEFAULT 'ENABLED',
  "disabled_reason" TEXT,
  "circuit_breaker" BOOLEAN NOT NULL DEFAULT true,
  "circuit" "CircuitState" NOT NULL DEFAULT 'CLOSED',
  "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
  "failing_since" TIMESTAMPTZ(3),
  "circuit_probe_at" TIMESTAMPTZ(3),
  "circuit_openings" INTEGER NOT NULL DEFAULT 0,
  "rate_per_second" INTEGER,
  "max_concurrency" INTEGER NOT NULL DEFAULT 16,
  "timeout_ms" INTEGER NOT NULL DEFAULT 15000,
  "retry_schedule" INTEGER[],
  "headers_sealed" TEXT,
  "secret_sealed" TEXT NOT NULL,
  "previous_secret_sealed" TEXT,
  "previous_secret_expires_at" TIMESTAMPTZ(3),
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "deleted_at" TIMESTAMPTZ(3)
);
CREATE INDEX "webhooks_tenant_id_idx" ON "webhooks" ("tenant_id");

CREATE TABLE "fanout_epoch" (
  "id" INTEGER PRIMARY KEY,
  "epoch" BIGINT NOT NULL
);
INSERT INTO "fanout_epoch" VALUES (1, 1);

CREATE TABLE "deliveries" (
  "id" UUID NOT NULL,
  "event_id" UUID NOT NULL,
  "webhook_id" UUID NOT NULL,
  "tenant_id" TEXT,
  "event_type" TEXT NOT NULL,
  "target_url" TEXT NOT NULL,
  "status" "DeliveryStatus" NOT NULL DEFAULT 'PENDING',
  "hold_reason" "HoldReason",
  "attempt_count" INTEGER NOT NULL DEFAULT 0,
  "max_attempts" INTEGER NOT NULL,
  "next_attempt_at" TIMESTAMPTZ(3),
  "wake_at" TIMESTAMPTZ(3),
  "lease_until" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "completed_at" TIMESTAMPTZ(3),
  "last_status_code" INTEGER,
  "last_error" TEXT,
  "last_error_kind" "ErrorKind",
  "replay_of_id" UUID,
  "rule_id" UUID,
  PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");
CREATE INDEX "deliveries_event_id_idx" ON "deliveries" ("event_id");
-- What the sweep reads, what a webhook's backlog is drained by, what is wrong, and what was replayed. Partial, so that a
-- delivery that succeeds at once leaves nothing in the last two.
CREATE INDEX "deliveries_wake" ON "deliveries" ("wake_at") WHERE "wake_at" IS NOT NULL;
CREATE INDEX "deliveries_open" ON "deliveries" ("webhook_id", "next_attempt_at") WHERE "status" IN ('PENDING', 'FAILED');
CREATE INDEX "deliveries_wrong" ON "deliveries" ("status", "id") WHERE "status" IN ('FAILED', 'DEAD_LETTER', 'CANCELLED');
CREATE INDEX "deliveries_replays" ON "deliveries" ("replay_of_id") WHERE "replay_of_id" IS NOT NULL;
CREATE TABLE "deliveries_default" PARTITION OF "deliveries" DEFAULT;

CREATE TABLE "delivery_attempts" (
  "id" UUID NOT NULL,
  "delivery_id" UUID,
  "webhook_id" UUID NOT NULL,
  "number" INTEGER NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "duration_ms" DOUBLE PRECISION NOT NULL,
  "status_code" INTEGER,
  "error_kind" "ErrorKind",
  "error" TEXT,
  "request_headers" JSON NOT NULL,
  "response_headers" JSON,
  "response_body" TEXT,
  "response_body_truncated" BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");
CREATE INDEX "delivery_attempts_delivery_id_idx" ON "delivery_attempts" ("delivery_id");
CREATE TABLE "delivery_attempts_default" PARTITION OF "delivery_attempts" DEFAULT;
