-- Queues a delivery that reached a final state for the totals of deliveries (deliveries/read/totals.ts).
CREATE OR REPLACE FUNCTION delivery_ended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_ends (id, tenant_id, webhook_id, event_type, status, changed_at, error_kind, status_code, unrecovered, recovered)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.status, new.changed_at, new.last_error_kind, new.last_status_code,
      new.status = 'DEAD_LETTER' AND new.recovered_by_id IS NULL AND new.rescues_id IS NULL,
      new.status <> 'DELIVERED' AND new.recovered_by_id IS NOT NULL)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
