-- Resets the totals, for rows that were inserted into the past or removed manually. Figures are read from the rows
-- until the worker has counted again.
CREATE OR REPLACE FUNCTION recount_totals() RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals_progress SET until = 0 WHERE name IN ('events', 'deliveries', 'attempts');
  DELETE FROM event_totals;
  DELETE FROM delivery_totals;
  DELETE FROM delivery_outcome_totals;
  DELETE FROM delivery_failure_totals;
  DELETE FROM attempt_totals;
END $$;
