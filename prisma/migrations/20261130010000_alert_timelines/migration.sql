-- Retention prunes alerts with their timelines, and a notification keeps the webhooks that its rule chose.

-- AlterTable
ALTER TABLE "alert_transitions" ADD COLUMN     "webhook_ids" UUID[];

-- CreateIndex
CREATE INDEX "alert_transitions_event_id_idx" ON "alert_transitions"("event_id");

-- Timelines whose alert has been pruned.
DELETE FROM "alert_transitions" t WHERE NOT EXISTS (SELECT 1 FROM "alerts" a WHERE a."id" = t."alert_id");

-- AddForeignKey
ALTER TABLE "alert_transitions" ADD CONSTRAINT "alert_transitions_alert_id_fkey" FOREIGN KEY ("alert_id") REFERENCES "alerts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
