import { byId, createLoader } from '../../graphql/loader.ts'
import type { SilenceRow } from './create-silence.ts'
import { silencesOf } from './list-silences.ts'
import { type Matchers, silenceMatches } from './match.ts'

export const silenceLoader = createLoader<SilenceRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.silence.findMany({ where: { AND: [{ id: { in: [...ids] } }, silencesOf(identity)] } })),
)

/** Maximum number of open alerts that are compared with silences. */
const MAX_ALERTS = 10_000

/** The number of open alerts that each silence matches. */
export const matchingLoader = createLoader<number>(async (ids, { core, identity }) => {
  const ofTenant = identity.tenantId === null ? {} : { tenantId: identity.tenantId }
  const [silences, alerts] = await Promise.all([
    core.db.prisma.silence.findMany({ where: { id: { in: [...ids] } } }),
    core.db.prisma.alert.findMany({
      where: { AND: [{ status: { not: 'RESOLVED' } }, ofTenant] },
      orderBy: { id: 'desc' },
      take: MAX_ALERTS,
    }),
  ])
  const rules = await core.db.prisma.alertRule.findMany({
    where: { id: { in: [...new Set(alerts.map(({ ruleId }) => ruleId))] } },
    select: { id: true, name: true },
  })
  const names = new Map(rules.map(({ id, name }) => [id, name]))
  const seen = alerts.map(({ ruleId, tenantId, severity, source, group }) => ({
    ruleId,
    ruleName: names.get(ruleId) ?? '',
    tenantId,
    severity,
    source,
    group: group as Record<string, string | null>,
  }))
  return new Map(
    silences.map(({ id, tenantId, matchers }) => [
      id,
      seen.filter((alert) => silenceMatches({ tenantId, matchers: matchers as Matchers }, alert)).length,
    ]),
  )
})
