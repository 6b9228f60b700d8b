-- Starts a new epoch on every change that affects the fan-out. Changes of the circuit and its counters do not affect it.
CREATE OR REPLACE FUNCTION webhooks_next_epoch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fanout_epoch SET epoch = epoch + 1 WHERE id = 1;
  RETURN NULL;
END $$;
