import { NEW_TARGET } from '../../src/healing/decide/state.ts'
import { NEW_RUN } from '../../src/healing/targets/memory.ts'
import { newId, publicId } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'
import { type Mutation, register } from './register.ts'

const SET_HEALER = `UPDATE healer SET mode = 'heal', interval_seconds = 15, docker_status = 'OK', docker_message = 'x', docker_latency_ms = 1,
  last_check_at = $1`

/**
 * Creates a target in a given state. A healer is registered as running; a requested attempt at the target ends at once.
 */
const newTarget = (state: string) => async (app: TestApp) => {
  const id = newId()
  const memory = { state: { ...NEW_TARGET, state }, run: NEW_RUN }
  await app.sql(
    `INSERT INTO heal_targets (id, container, origin, state, memory) VALUES ($1::uuid, $1::text, 'LABEL', $2, $3)`,
    [id, state, JSON.stringify(memory)],
  )
  await app.sql(SET_HEALER, [new Date(app.core.clock())])
  await app.sql(`CREATE OR REPLACE FUNCTION end_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN new.outcome := 'SUCCEEDED'; RETURN new; END $$`)
  await app.sql(
    'CREATE OR REPLACE TRIGGER ended BEFORE INSERT ON heal_attempts FOR EACH ROW EXECUTE FUNCTION end_at_once()',
  )
  return publicId('tgt', id)
}

const onTarget = (kind: string, action: string, more = ''): Mutation => ({
  on: kind,
  args: ({ id }) => `targetId: "${id}"${more}`,
  action,
  targetType: 'healTarget',
  tenantId: null,
})

register('healing', {
  fresh: { healTarget: newTarget('HEALTHY'), givenUpHealTarget: newTarget('GIVEN_UP') },
  mutations: {
    healNow: onTarget('healTarget', 'healTarget.heal'),
    setHealMaintenance: onTarget('healTarget', 'healTarget.setMaintenance', ', until: null'),
    releaseHealTarget: onTarget('givenUpHealTarget', 'healTarget.release'),
  },
  subscriptions: { healAttempts: { select: '{ container }', ownTest: true } },
  async many(app, numbers) {
    await app.sql(
      `WITH t AS (
         INSERT INTO heal_targets (id, container, origin, services, health_url, depends_on, reason, next_action_at, maintenance_until, memory)
         SELECT t.id, 'c' || t.n, 'LABEL', ARRAY['s' || t.n], 'http://a.invalid', '{c0}', 'x', now(), now(), '{}'
         FROM unnest($1::uuid[], $2::int[]) AS t (id, n) RETURNING id, container
       ) INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, message, started_at, duration_ms, exit_code,
           oom_killed, log_tail, still_healthy_after)
         SELECT id, id, container, 'restart', 'probe', 'x', 'SUCCEEDED', 'x', now(), 1, 1, true, 'x', true FROM t`,
      [numbers.map(newId), numbers],
    )
    await app.sql(SET_HEALER, [new Date()])
  },
})
