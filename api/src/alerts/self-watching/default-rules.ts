import { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { systemCaller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { databaseTime } from '../lifecycle/resolve-open.ts'
import { checkNewRule } from '../rules/create-rule.ts'
import { ruleSnapshot } from '../rules/rule.ts'
import { type BuiltinTemplate, SELF_WATCHING } from '../templates/builtin-templates.ts'

const CALLER = systemCaller('alerts')

/**
 * Creates an enabled, installation-wide rule from each self-watching template that never had one. Rules that an
 * operator changed, disabled or deleted stay as they are: the row of a deleted rule remains and still names its
 * template.
 */
export async function ensureDefaultRules(core: AppContext): Promise<void> {
  const rows = await core.db.query<{ slug: string }>(
    'SELECT default_of AS slug FROM alert_rules WHERE default_of IS NOT NULL',
  )
  const existing = new Set(rows.map(({ slug }) => slug))
  for (const template of SELF_WATCHING) if (!existing.has(template.slug)) await createDefaultRule(core, template)
}

async function createDefaultRule(core: AppContext, { slug, rule }: BuiltinTemplate): Promise<void> {
  const data = await checkNewRule(core, CALLER, rule)
  try {
    const id = await audited(core, CALLER, 'alertRule.create', async (tx) => {
      const now = await databaseTime(core, tx)
      const created = await tx.alertRule.create({
        data: { ...data, id: newId(), defaultOf: slug, rebuildAt: now, createdAt: now, updatedAt: now },
      })
      const target = { type: 'alertRule', id: publicId('rul', created.id) }
      return { result: created.id, target, tenantId: null, after: ruleSnapshot(created) }
    })
    core.pubsub.publish(CHANNELS.alertRules, id)
  } catch (error) {
    // Another process, which started at the same time, has created the rule.
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
  }
}
