import { comparePublishing } from '../compare.ts'
import type { Row } from '../row.ts'

/**
 * publishEvent with identities, roles, audit, statistics and request log, compared with an API that was built without
 * them (ops/lib/build/build.mjs) and uses the same servers.
 */
export const access: Row = {
  name: 'access',
  async run(stack, { scale, advance }) {
    const { whole, bare } = await comparePublishing(
      stack,
      {
        // The request log is part of the measurement, and needs the level info.
        whole: await stack.anotherApi('server.js', { LOG_LEVEL: 'info' }),
        bare: await stack.anotherApi('server-bare.js', {}),
      },
      Math.max(500, Math.round(6_000 * scale)),
      advance,
    )
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
