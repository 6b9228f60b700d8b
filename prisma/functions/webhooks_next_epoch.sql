-- Starts a new epoch on every change that a fan-out depends on. The circuit and the counters beside it are not among them.
CREATE OR REPLACE FUNCTION webhooks_next_epoch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fanout_epoch SET epoch = epoch + 1 WHERE id = 1;
  RETURN NULL;
END $$;
