-- The histogram bucket of a latency: eight buckets per doubling, starting at 0.1 ms. See api/src/deliveries/totals/latency.ts.
CREATE OR REPLACE FUNCTION latency_bucket(ms DOUBLE PRECISION) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT floor(ln(greatest(ms, 0.1) / 0.1) / ln(2.0::float8) * 8)::int
$$;
