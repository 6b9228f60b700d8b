-- The milliseconds since the epoch in a UUIDv7.
CREATE OR REPLACE FUNCTION uuid7_ms(id UUID) RETURNS BIGINT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint
$$;
