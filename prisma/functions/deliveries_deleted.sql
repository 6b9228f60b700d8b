-- Subtracts deleted deliveries from the totals of outcomes and failures, in the transaction that deletes them. The totals of
-- dropped partitions are deleted by `born`, the day of creation.
CREATE OR REPLACE FUNCTION deliveries_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  -- A worker that is counting these rows finishes first; a later one waits until they are deleted.
  counted UUID := (SELECT uuid7_floor(to_timestamp(until / 1000.0)) FROM totals_progress WHERE name = 'deliveries' FOR SHARE);
  counted_rows counted_delivery[]; recoveries counted_delivery[];
  -- Only the last day has detailed totals per minute. Older details are per ten minutes.
  finest INTEGER := coalesce((SELECT start FROM delivery_outcome_totals WHERE detail AND span = 1 ORDER BY start LIMIT 1), 2147483647);
BEGIN
  -- A delivery with a row in delivery_ends is skipped: the totals do not include its end yet.
  SELECT array_agg(ROW(d.id, d.tenant_id, d.webhook_id, d.event_type, d.status, d.changed_at, d.last_error_kind, d.last_status_code,
      d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL,
      d.status <> 'DELIVERED' AND d.recovered_by_id IS NOT NULL)::counted_delivery)
    INTO counted_rows FROM gone d
    WHERE d.id < counted AND d.status NOT IN ('PENDING', 'FAILED') AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  -- The totals do not include the recoveries in delivery_recoveries yet. They are added first, because the deliveries are
  -- then subtracted as recovered.
  SELECT array_agg(ROW(r.id, r.tenant_id, r.webhook_id, r.event_type, 'DEAD_LETTER', r.changed_at, r.error_kind, r.status_code,
      r.unrecovered, false)::counted_delivery)
    INTO recoveries FROM gone d JOIN delivery_recoveries r ON r.id = d.id
    WHERE d.id < counted AND NOT EXISTS (SELECT FROM delivery_ends e WHERE e.id = d.id);
  IF recoveries IS NOT NULL THEN PERFORM shift_outcome_totals(1, '{}', recoveries, finest); END IF;
  IF counted_rows IS NOT NULL THEN PERFORM shift_outcome_totals(-1, counted_rows, '{}', finest); END IF;
  DELETE FROM delivery_recoveries r USING gone d WHERE r.id = d.id;
  RETURN NULL;
END $$;
