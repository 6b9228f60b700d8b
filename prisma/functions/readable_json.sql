-- A payload's JSON text with the escapes of its strings decoded, as people read it and search for it. U+0000 and
-- unpaired surrogates, which text cannot contain, become U+FFFD. api/src/events/search/readable-json.ts does the same in memory.
-- During the conversion U+0001 represents a backslash, because JSON text cannot contain U+0001.
CREATE OR REPLACE FUNCTION readable_json(payload json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  t text := payload::text;
BEGIN
  IF position('\' IN t) = 0 THEN
    RETURN t;
  END IF;
  t := replace(t, '\\', chr(1));
  t := replace(replace(t, '\"', '"'), '\/', '/');
  t := replace(replace(replace(t, '\n', chr(10)), '\r', chr(13)), '\t', chr(9));
  t := replace(replace(t, '\b', chr(8)), '\f', chr(12));
  IF position('\' IN t) > 0 THEN
    t := regexp_replace(t, '\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})', U&'\FFFD', 'gi');
    t := regexp_replace(t, '(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}', U&'\FFFD', 'gi');
    t := unistr(t);
  END IF;
  RETURN replace(t, chr(1), '\');
END
$$;
