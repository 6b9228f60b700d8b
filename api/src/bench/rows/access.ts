import { median } from '../figures.ts'
import { hammer } from '../load.ts'
import { freshTenant, PUBLISH, type Row, sample } from '../row.ts'

const CONNECTIONS = 64
/** The two APIs are measured in alternating turns, so that both see the same load of the machine. */
const TURNS = 5

/**
 * publishEvent with identities, roles, audit, statistics and request log, compared with an API that was built without
 * them (ops/lib/build/build.mjs) and uses the same servers.
 */
export const access: Row = {
  name: 'access',
  async run(stack, { scale, advance }) {
    const origins = {
      // The request log is part of the measurement, and needs the level info.
      whole: await stack.anotherApi('server.js', { LOG_LEVEL: 'info' }),
      bare: await stack.anotherApi('server-bare.js', {}),
    }
    const total = Math.max(500, Math.round(6_000 * scale))
    const tenantId = freshTenant()
    let sent = 0
    const send = (origin: string, count: number) =>
      hammer({
        origin,
        path: '/graphql',
        headers: stack.headers,
        connections: CONNECTIONS,
        total: count,
        body: () => JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, sent++) } }),
        check: (_status, body) => {
          if (!body.includes('"event"')) throw new Error(`publishEvent answered ${body.slice(0, 300)}`)
        },
      })
    for (const origin of Object.values(origins)) await send(origin, Math.ceil(total / 2))
    const figures = { whole: [] as number[], bare: [] as number[] }
    for (let turn = 0; turn < TURNS; turn++) {
      for (const which of turn % 2 ? (['bare', 'whole'] as const) : (['whole', 'bare'] as const))
        figures[which].push(await send(origins[which], total))
      advance((turn + 1) / TURNS)
    }
    const whole = median(figures.whole)
    const bare = median(figures.bare)
    return [
      {
        name: 'access',
        what: 'publishEvent mutations/s with identities, roles and audit, to those without',
        unit: 'of without',
        value: whole / bare,
        limit: null,
        goal: { value: 0.9, atMost: false },
      },
      {
        name: 'access',
        what: 'publishEvent mutations/s then',
        unit: '/s',
        value: whole,
        limit: { what: 'without', value: bare },
        goal: { value: bare * 0.9, atMost: false },
      },
    ]
  },
}
