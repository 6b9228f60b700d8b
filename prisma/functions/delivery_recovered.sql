-- Queues a recovered delivery for the totals of outcomes and failures (deliveries/totals).
CREATE OR REPLACE FUNCTION delivery_recovered() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_recoveries (id, tenant_id, webhook_id, event_type, changed_at, error_kind, status_code, unrecovered)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.changed_at, new.last_error_kind, new.last_status_code,
      new.status = 'DEAD_LETTER' AND new.rescues_id IS NULL)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
