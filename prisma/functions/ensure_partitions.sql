-- Creates the missing daily partitions (UTC) from `from_day` to `to_day`. A day that already has rows in the default
-- partition stays there. Returns the number of new partitions.
CREATE OR REPLACE FUNCTION ensure_partitions(from_day DATE, to_day DATE) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT; day DATE; part TEXT; made INTEGER := 0;
BEGIN
  -- If several processes start together, one creates the partitions. The others wait and then find them.
  PERFORM pg_advisory_xact_lock(hashtext('aetherlink.partitions'));
  FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'delivery_attempts'] LOOP
    FOR day IN SELECT generate_series(from_day, to_day, '1 day')::date LOOP
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)%s', part, parent,
          uuid7_floor(day::timestamp AT TIME ZONE 'UTC'), uuid7_floor((day + 1)::timestamp AT TIME ZONE 'UTC'),
          -- Claims change no indexed column, so they are HOT updates if the page has free space.
          CASE WHEN parent = 'deliveries' THEN ' WITH (fillfactor = 75)' ELSE '' END);
        made := made + 1;
      EXCEPTION WHEN check_violation THEN
        RAISE NOTICE 'the rows of % stay in the default partition of %', day, parent;
      END;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
