-- Appends an entry to its tenant's chain. The row lock on the chain is held until the end of the transaction, so call
-- this last. A transaction that appends to several chains locks them in the order of their names, so that two such
-- transactions cannot deadlock.
CREATE OR REPLACE FUNCTION append_audit(
  p_id UUID, p_at TIMESTAMPTZ(3), p_actor_kind "ActorKind", p_actor_id TEXT, p_actor_name TEXT, p_roles "Role"[], p_tenant TEXT,
  p_action TEXT, p_target_type TEXT, p_target_id TEXT, p_outcome "AuditOutcome", p_before JSON, p_after JSON, p_ip TEXT, p_request TEXT
) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  v_chain TEXT := coalesce(p_tenant, '');
  -- PostgreSQL does not enforce the precision of a parameter. The hashed time must equal the stored one.
  v_at TIMESTAMPTZ(3) := p_at;
  v_seq BIGINT; v_prev TEXT; v_hash TEXT;
BEGIN
  LOOP
    SELECT seq + 1, hash INTO v_seq, v_prev FROM audit_chains WHERE chain = v_chain FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO audit_chains (chain, seq, hash) VALUES (v_chain, 0, repeat('0', 64)) ON CONFLICT (chain) DO NOTHING;
  END LOOP;
  v_hash := encode(sha256(convert_to(
    audit_part('aetherlink.audit.v1') || audit_part(v_chain) || audit_part(v_seq::text) || audit_part(v_prev) ||
    audit_part(p_id::text) || audit_part(to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ||
    audit_part(p_actor_kind::text) || audit_part(p_actor_id) || audit_part(p_actor_name) || audit_part(p_roles::text) ||
    audit_part(p_tenant) || audit_part(p_action) || audit_part(p_target_type) || audit_part(p_target_id) ||
    audit_part(p_outcome::text) || audit_part(p_before::text) || audit_part(p_after::text) || audit_part(p_ip) ||
    audit_part(p_request), 'UTF8')), 'hex');
  INSERT INTO audit_entries (id, chain, seq, at, actor_kind, actor_id, actor_name, roles, tenant_id, action, target_type,
      target_id, outcome, before, after, client_ip, request_id, prev_hash, hash)
    VALUES (p_id, v_chain, v_seq, v_at, p_actor_kind, p_actor_id, p_actor_name, p_roles, p_tenant, p_action, p_target_type,
      p_target_id, p_outcome, p_before, p_after, p_ip, p_request, v_prev, v_hash);
  UPDATE audit_chains SET seq = v_seq, hash = v_hash, entry_id = p_id WHERE chain = v_chain;
END $$;
