-- Allows only retention to delete audit entries, and only the oldest: the chain's checkpoint must have moved past them.
CREATE OR REPLACE FUNCTION audit_refuse_unpruned() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF old.seq <= (SELECT pruned_seq FROM audit_chains WHERE chain = old.chain) THEN RETURN old; END IF;
  RAISE EXCEPTION '% on % is refused: the audit trail is only appended to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
