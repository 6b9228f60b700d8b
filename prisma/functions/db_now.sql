-- The only clock of deliveries. Tests replace it to travel in time; nothing else may. It returns whole milliseconds,
-- like the columns: a column would round more digits up, and a new delivery would not be due yet when the bell names it.
CREATE OR REPLACE FUNCTION db_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT date_trunc('milliseconds', now()) $$;
