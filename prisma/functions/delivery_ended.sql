-- Queues a delivery that reached a final state for the totals of deliveries (deliveries/read/totals.ts).
CREATE OR REPLACE FUNCTION delivery_ended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO delivery_ends (id, tenant_id, webhook_id, event_type, status)
    VALUES (new.id, new.tenant_id, new.webhook_id, new.event_type, new.status) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
