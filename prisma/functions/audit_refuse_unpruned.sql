-- Allows only the deletion of the oldest audit entries, by retention: a chain's checkpoint moves past them first.
CREATE OR REPLACE FUNCTION audit_refuse_unpruned() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF old.seq <= (SELECT pruned_seq FROM audit_chains WHERE chain = old.chain) THEN RETURN old; END IF;
  RAISE EXCEPTION '% on % is refused: the audit trail is only appended to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
