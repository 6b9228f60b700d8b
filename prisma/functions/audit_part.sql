-- One part of the hashed text: a netstring of its UTF-8 bytes (https://cr.yp.to/proto/netstrings.txt), or '-,' for
-- NULL.
CREATE OR REPLACE FUNCTION audit_part(part TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(octet_length(convert_to(part, 'UTF8')) || ':' || part || ',', '-,')
$$;
