-- Records an attempt that was stored long after it began: the totals may already cover the time at which it began.
CREATE OR REPLACE FUNCTION attempt_noted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO attempt_notes (id, webhook_id, duration_ms, error_kind, status_code)
    VALUES (new.id, new.webhook_id, new.duration_ms, new.error_kind, new.status_code) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
