-- Prunes the entries of a chain that are older than `p_before`, oldest first, at most `p_limit`; the newest entry
-- always stays. Deletion is allowed only within this transaction. Returns the number of deleted entries.
CREATE OR REPLACE FUNCTION prune_audit_chain(p_chain TEXT, p_before UUID, p_limit INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  c audit_chains; through BIGINT; pruned INTEGER;
BEGIN
  SELECT * INTO c FROM audit_chains WHERE chain = p_chain FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  SELECT max(e.seq) INTO through FROM (
    SELECT seq, bool_and(id < p_before) OVER (ORDER BY seq) AS expired FROM (
      SELECT seq, id FROM audit_entries WHERE chain = p_chain AND seq > c.pruned_seq AND seq < c.seq ORDER BY seq LIMIT p_limit) AS n
  ) AS e WHERE e.expired;
  IF through IS NULL THEN RETURN 0; END IF;
  UPDATE audit_chains SET pruned_seq = through,
    pruned_hash = (SELECT hash FROM audit_entries WHERE chain = p_chain AND seq = through) WHERE chain = p_chain;
  EXECUTE 'GRANT DELETE ON audit_entries TO CURRENT_USER';
  DELETE FROM audit_entries WHERE chain = p_chain AND seq <= through;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  EXECUTE 'REVOKE DELETE ON audit_entries FROM CURRENT_USER';
  RETURN pruned;
END $$;
