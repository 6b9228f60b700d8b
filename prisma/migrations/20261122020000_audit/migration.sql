-- The audit trail: who did what, or was refused. An entry is appended in the transaction of the change it records, and is
-- part of the hash chain of its tenant (chain ''; the installation's own), so that a change of any of them shows. See
-- docs/audit.md, which says what exactly is hashed.

CREATE TYPE "AuditOutcome" AS ENUM ('ALLOWED', 'DENIED', 'FAILED');

CREATE TABLE "audit_entries" (
  "id" UUID NOT NULL,
  "chain" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "actor_kind" "ActorKind" NOT NULL,
  "actor_id" TEXT NOT NULL,
  "actor_name" TEXT,
  "roles" "Role"[],
  "tenant_id" TEXT,
  "action" TEXT NOT NULL,
  "target_type" TEXT,
  "target_id" TEXT,
  "outcome" "AuditOutcome" NOT NULL,
  "before" JSON,
  "after" JSON,
  "client_ip" TEXT,
  "request_id" TEXT,
  "prev_hash" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "audit_entries_chain_seq_key" ON "audit_entries"("chain", "seq");
CREATE INDEX "audit_entries_tenant_id_id_idx" ON "audit_entries"("tenant_id", "id");
CREATE INDEX "audit_entries_actor_id_id_idx" ON "audit_entries"("actor_id", "id");
CREATE INDEX "audit_entries_target_id_id_idx" ON "audit_entries"("target_id", "id");

-- The newest entry of each chain: what an append takes as its lock, and what shows that the newest entries were removed.
CREATE TABLE "audit_chains" (
  "chain" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "hash" TEXT NOT NULL,
  "entry_id" UUID,
  CONSTRAINT "audit_chains_pkey" PRIMARY KEY ("chain")
);

-- How often what was asked for and what came of it, by day (UTC); tenant_id '': no tenant.
CREATE TABLE "audit_request_stats" (
  "tenant_id" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "operation" TEXT NOT NULL,
  "status" INTEGER NOT NULL,
  "count" BIGINT NOT NULL,
  CONSTRAINT "audit_request_stats_pkey" PRIMARY KEY ("tenant_id", "day", "operation", "status")
);

-- One part of what is hashed: a netstring of its bytes in UTF-8 (https://cr.yp.to/proto/netstrings.txt), or '-,' for NULL.
CREATE FUNCTION audit_part(part TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(octet_length(convert_to(part, 'UTF8')) || ':' || part || ',', '-,')
$$;

-- Appends an entry to the chain of its tenant. The chain is the transaction's from here to its end: called last, it is held
-- for no longer than a commit, and who appends to several chains takes them in the order of their names.
CREATE FUNCTION append_audit(
  p_id UUID, p_at TIMESTAMPTZ(3), p_actor_kind "ActorKind", p_actor_id TEXT, p_actor_name TEXT, p_roles "Role"[], p_tenant TEXT,
  p_action TEXT, p_target_type TEXT, p_target_id TEXT, p_outcome "AuditOutcome", p_before JSON, p_after JSON, p_ip TEXT, p_request TEXT
) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  v_chain TEXT := coalesce(p_tenant, '');
  -- A parameter's precision is not enforced; what is hashed has to be what is stored.
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

-- Nobody changes or removes an entry, the owner of the table included, short of taking the trigger off.
CREATE FUNCTION audit_refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the audit trail is only appended to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chains_kept BEFORE DELETE OR TRUNCATE ON audit_chains
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chains_forward BEFORE UPDATE ON audit_chains
  FOR EACH ROW WHEN (new.chain <> old.chain OR new.seq <> old.seq + 1) EXECUTE FUNCTION audit_refuse();
-- Also where a session says that it only replicates (session_replication_role).
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_append_only;
ALTER TABLE audit_chains ENABLE ALWAYS TRIGGER audit_chains_kept;
ALTER TABLE audit_chains ENABLE ALWAYS TRIGGER audit_chains_forward;

REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM PUBLIC, CURRENT_USER;
REVOKE DELETE, TRUNCATE ON audit_chains FROM PUBLIC, CURRENT_USER;
