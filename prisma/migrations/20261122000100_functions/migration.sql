-- The hot path's statements as functions: one round trip and one plan each.

-- The least UUIDv7 of an instant.
CREATE FUNCTION uuid7_floor(at TIMESTAMPTZ) RETURNS UUID LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the daily partitions (UTC) of `from_day` to `to_day` where they are missing. A day whose rows already lie in the
-- default partition is left there. Returns how many were made.
CREATE FUNCTION ensure_partitions(from_day DATE, to_day DATE) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT; day DATE; part TEXT; made INTEGER := 0;
BEGIN
  -- Several processes start together: one makes the partitions, the others wait and find them.
  PERFORM pg_advisory_xact_lock(hashtext('aetherlink.partitions'));
  FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'delivery_attempts'] LOOP
    FOR day IN SELECT generate_series(from_day, to_day, '1 day')::date LOOP
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)%s', part, parent,
          uuid7_floor(day::timestamp AT TIME ZONE 'UTC'), uuid7_floor((day + 1)::timestamp AT TIME ZONE 'UTC'),
          -- Claims change no indexed column: with room on the page they are HOT updates.
          CASE WHEN parent = 'deliveries' THEN ' WITH (fillfactor = 75)' ELSE '' END);
        made := made + 1;
      EXCEPTION WHEN check_violation THEN
        RAISE NOTICE 'the rows of % stay in the default partition of %', day, parent;
      END;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

-- Every change to what a fan-out depends on starts a new epoch. The circuit and the counters beside it do not.
CREATE FUNCTION webhooks_next_epoch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fanout_epoch SET epoch = epoch + 1 WHERE id = 1;
  RETURN NULL;
END $$;
CREATE TRIGGER webhooks_changed AFTER INSERT OR DELETE OR UPDATE OF
  tenant_id, url, event_types, min_severity, state, retry_schedule, deleted_at
  ON webhooks FOR EACH STATEMENT EXECUTE FUNCTION webhooks_next_epoch();
CREATE TRIGGER event_types_changed AFTER INSERT OR DELETE OR UPDATE OF tenant_visible
  ON event_types FOR EACH STATEMENT EXECUTE FUNCTION webhooks_next_epoch();

-- Superseded by 20261122030000_append: the current text is prisma/functions/append_events.sql.
-- Appends a batch of events with their deliveries.
--
-- `p_epoch` is the epoch the fan-out was computed with: when it is stale nothing is written and `stale` is true; the
-- caller computes it anew. A webhook that exists when an event is appended is thus never missed, whatever any cache holds.
-- Idempotency: an event whose key (tenant, source, key) was used within 24 hours is not appended; `duplicates` maps its
-- position (from 1) to the first event's id. Its deliveries are left out too. Keys are taken in order, and before the lock,
-- so that two batches with the same keys cannot deadlock.
-- The lock makes commit order the order of `seq`: a reader that has seen n will never find a smaller one later. It is held
-- from here to the commit, which follows at once.
CREATE FUNCTION append_events(
  p_epoch BIGINT, p_ids UUID[], p_tenants TEXT[], p_types TEXT[], p_sources TEXT[], p_severities "Severity"[],
  p_subjects TEXT[], p_payloads TEXT[], p_occurred TIMESTAMPTZ[], p_received TIMESTAMPTZ[], p_actor_kinds "ActorKind"[],
  p_actor_ids TEXT[], p_actor_names TEXT[], p_ips TEXT[], p_correlations TEXT[], p_causations TEXT[], p_keys TEXT[],
  p_delivery_ids UUID[], p_delivery_events INTEGER[], p_delivery_webhooks UUID[], p_delivery_tenants TEXT[],
  p_delivery_urls TEXT[], p_delivery_max INTEGER[], p_wake_at TIMESTAMPTZ,
  OUT stale BOOLEAN, OUT first_seq BIGINT, OUT duplicates JSONB
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  n INTEGER := cardinality(p_ids);
  fresh INTEGER;
BEGIN
  stale := (SELECT epoch <> p_epoch FROM fanout_epoch WHERE id = 1);
  IF stale THEN RETURN; END IF;

  IF p_keys IS NOT NULL THEN
    INSERT INTO idempotency_keys AS k (tenant_id, source, key, event_id)
      SELECT DISTINCT ON (1, 2, 3) coalesce(p_tenants[i], ''), p_sources[i], p_keys[i], p_ids[i]
      FROM generate_series(1, n) i WHERE p_keys[i] IS NOT NULL ORDER BY 1, 2, 3, i
      ON CONFLICT (tenant_id, source, key) DO UPDATE SET event_id = excluded.event_id, created_at = now()
        WHERE k.created_at < now() - interval '24 hours';
    SELECT jsonb_object_agg(i, k.event_id) INTO duplicates
      FROM generate_series(1, n) i
      JOIN idempotency_keys k ON k.tenant_id = coalesce(p_tenants[i], '') AND k.source = p_sources[i] AND k.key = p_keys[i]
      WHERE p_keys[i] IS NOT NULL AND k.event_id <> p_ids[i];
  END IF;
  fresh := n - coalesce((SELECT count(*) FROM jsonb_object_keys(duplicates)), 0);
  IF fresh = 0 THEN RETURN; END IF;

  PERFORM pg_advisory_xact_lock(hashtext('aetherlink.feed'));
  first_seq := nextval('events_seq');
  IF fresh > 1 THEN PERFORM setval('events_seq', first_seq + fresh - 1); END IF;

  INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at,
      published_by_kind, published_by_id, published_by_name, client_ip, correlation_id, causation_id)
    SELECT e.id, first_seq - 1 + row_number() OVER (ORDER BY e.i), e.tenant, e.type, e.source, e.severity, e.subject,
      e.payload::json, e.occurred, e.received, e.kind, e.actor, e.actor_name, e.ip, e.correlation, e.causation
    FROM unnest(p_ids, p_tenants, p_types, p_sources, p_severities, p_subjects, p_payloads, p_occurred, p_received,
      p_actor_kinds, p_actor_ids, p_actor_names, p_ips, p_correlations, p_causations) WITH ORDINALITY
      AS e(id, tenant, type, source, severity, subject, payload, occurred, received, kind, actor, actor_name, ip, correlation, causation, i)
    WHERE duplicates IS NULL OR NOT duplicates ? e.i::text;

  IF cardinality(p_delivery_ids) > 0 THEN
    INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, max_attempts, next_attempt_at,
        wake_at, created_at)
      SELECT d.id, p_ids[d.e], d.webhook, d.tenant, p_types[d.e], d.url, d.max, p_received[d.e], p_wake_at, p_received[d.e]
      FROM unnest(p_delivery_ids, p_delivery_events, p_delivery_webhooks, p_delivery_tenants, p_delivery_urls, p_delivery_max)
        AS d(id, e, webhook, tenant, url, max)
      WHERE duplicates IS NULL OR NOT duplicates ? d.e::text;
  END IF;
END $$;
