-- Records the results of attempts: each attempt together with the delivery's new state. `p_numbers` includes the
-- attempt itself. If another worker finished a delivery after the lease ended, nothing is stored for it. Returns the
-- ids of those deliveries, and of the deliveries that were recovered. A request keeps its slot until this call returns. So the
-- job of a bulk replay marks what its replays recover, many at a time: see `recovery_deferred`.
CREATE OR REPLACE FUNCTION record_outcomes(
  p_ids UUID[], p_numbers INTEGER[], p_statuses "DeliveryStatus"[], p_max INTEGER[], p_retry_ms DOUBLE PRECISION[],
  p_urls TEXT[], p_codes INTEGER[], p_errors TEXT[], p_kinds "ErrorKind"[],
  p_attempt_ids UUID[], p_webhooks UUID[], p_started TIMESTAMPTZ[], p_durations DOUBLE PRECISION[], p_request_headers TEXT[],
  p_response_headers TEXT[], p_bodies TEXT[], p_truncated BOOLEAN[],
  OUT left_alone UUID[], OUT recovered UUID[]
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  written UUID[]; arrived UUID[];
BEGIN
  WITH done AS (
    UPDATE deliveries d SET
      status = o.status, attempt_count = o.number, max_attempts = o.max,
      next_attempt_at = db_now() + make_interval(secs => o.retry_ms / 1000.0), wake_at = db_now() + make_interval(secs => o.retry_ms / 1000.0),
      lease_until = NULL, lease_owner = NULL, hold_reason = NULL, completed_at = CASE WHEN o.retry_ms IS NULL THEN db_now() END,
      last_attempt_at = db_now(), target_url = o.url, last_status_code = o.code, last_error = o.error, last_error_kind = o.kind
    FROM unnest(p_ids, p_numbers, p_statuses, p_max, p_retry_ms, p_urls, p_codes, p_errors, p_kinds)
      AS o(id, number, status, max, retry_ms, url, code, error, kind)
    WHERE d.id = o.id AND d.attempt_count = o.number - 1 AND d.completed_at IS NULL
    RETURNING d.id, d.status = 'DELIVERED' AND d.replay_of_id IS NOT NULL AND NOT (d.recovery_deferred AND o.number = 1) AS recovers
  )
  SELECT array_agg(id), array_agg(id) FILTER (WHERE recovers) INTO written, arrived FROM done;

  INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error,
      request_headers, response_headers, response_body, response_body_truncated)
    SELECT a.id, a.delivery, a.webhook, a.number, a.started, a.duration, a.code, a.kind, a.error,
      a.request_headers::json, a.response_headers::json, a.body, a.truncated
    FROM unnest(p_attempt_ids, p_ids, p_webhooks, p_numbers, p_started, p_durations, p_codes, p_kinds, p_errors,
      p_request_headers, p_response_headers, p_bodies, p_truncated)
      AS a(id, delivery, webhook, number, started, duration, code, kind, error, request_headers, response_headers, body, truncated)
    WHERE coalesce(cardinality(written), 0) = cardinality(p_ids) OR a.delivery = ANY (written);

  recovered := CASE WHEN arrived IS NULL THEN '{}' ELSE mark_recovered(arrived) END;
  left_alone := CASE WHEN coalesce(cardinality(written), 0) = cardinality(p_ids) THEN '{}'
    ELSE ARRAY(SELECT unnest(p_ids) EXCEPT SELECT unnest(written)) END;
END $$;
