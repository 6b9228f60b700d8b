-- The only clock of deliveries. Tests replace it to change the time; nothing else may replace it. It returns whole
-- milliseconds, like the columns. A column would round a more precise time, possibly up, and a new delivery would not be
-- due yet when the bell announces it.
CREATE OR REPLACE FUNCTION db_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT date_trunc('milliseconds', now()) $$;
