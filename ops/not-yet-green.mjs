/**
 * Test files that `npm test` leaves out, because they have not passed on a quiet machine since the features they cover were merged:
 * either nobody has run them on the merged tree, or they failed there. `ALL_TESTS=1 npm test` runs them too. Each line that goes
 * is progress; no line may be added.
 */
export const NOT_YET_GREEN = [
  'api/src/access/graphql-api-keys.test.ts',
  'api/src/access/graphql-tenants.test.ts',
  'api/src/ai/incidents/check-claims.test.ts',
  'api/src/ai/orchestrate.test.ts',
  'api/src/audit/denials.test.ts',
  'api/src/deliveries/live/changes.test.ts',
  'api/src/events/catalogue/undeclared-types.test.ts',
  'api/src/graphql/limits/cost.test.ts',
  'api/src/graphql/limits/deadline.test.ts',
  'api/src/healing/decide/assess.test.ts',
  'api/src/healing/decide/decide.test.ts',
  'api/src/healing/decide/fleet.test.ts',
  'api/src/healing/docker/endings.test.ts',
  'api/src/healing/graphql.test.ts',
  'api/src/healing/look/engine-faults.test.ts',
  'api/src/healing/look/healer.test.ts',
  'api/src/healing/look/observe.test.ts',
  'api/src/healing/targets/merge.test.ts',
  'api/src/http/client-ip.test.ts',
  'api/src/http/slow-clients.test.ts',
  'api/src/retention/prune/prune.test.ts',
  'api/test/chaos/followers.test.ts',
  'api/test/chaos/postgres.test.ts',
  'api/test/isolation.test.ts',
  'api/test/query-counts.test.ts',
  'api/test/slow-readers.test.ts',
]

/** End-to-end tests that are known to pass; `ALL_TESTS=1 npm test` runs the others too. */
export const GREEN_END_TO_END = ['access.spec.ts', 'bodies.spec.ts']
export const NOT_YET_GREEN_TITLES = /signing out ends the session/

export const runsAll = process.env.ALL_TESTS === '1'
