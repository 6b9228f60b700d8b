import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { costs } from '../graphql/limits/cost.ts'
import { badInput } from '../kit/errors.ts'
import { archiveTarget } from './archive/create-store.ts'
import './archive/graphql.ts'
import {
  type InstallationPolicy,
  LegalHold,
  RetentionPolicyType,
  RetentionSubject,
  TenantRetention,
} from './policies/graphql.ts'
import { type LegalHoldRow, readLegalHolds } from './policies/legal-hold.ts'
import { daysOf, MAX_DAYS, type Policies } from './policies/policy.ts'
import { type PolicyRow, policiesOf, readPolicyRows } from './policies/read-policies.ts'
import { setRetention } from './policies/set-retention.ts'
import { PruneRun } from './prune/graphql.ts'
import { lastRun } from './prune/list-runs.ts'
import { readTableSizes, type TableSize } from './sizes/table-sizes.ts'

/** The retention settings that the caller may see. */
interface Settings {
  rows: readonly PolicyRow[]
  holds: readonly LegalHoldRow[]
  policies: Policies
}

const SUBJECTS = ['EVENTS', 'SYSTEM_EVENTS', 'AUDIT', 'ALERTS'] as const
const MAX_SIZE_DAYS = 400

const TableSizeType = builder.objectRef<TableSize>('TableSize').implement({
  description: 'The size of a table at a time.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The table.' }),
    at: t.expose('at', { description: 'When.', type: 'DateTime' }),
    bytes: t.exposeFloat('bytes', { description: 'Bytes, with all partitions and indexes.' }),
    rows: t.exposeFloat('rows', { description: 'Number of rows, as the database estimates it.' }),
  }),
})

const RetentionSettings = builder.objectRef<Settings>('RetentionSettings').implement({
  description: 'How long rows are kept, and whether events are archived before they are deleted.',
  fields: (t) => ({
    globalDefaultDays: t.int({
      description: 'Days for which the events of tenants without their own retention are kept.',
      resolve: ({ policies }) => policies.events,
    }),
    policies: t.field({
      description: 'The policies of the installation, by subject: EVENTS is the default of all tenants.',
      type: [RetentionPolicyType],
      extensions: costs({ rows: SUBJECTS.length }),
      resolve: installationPolicies,
    }),
    tenantPolicies: t.field({
      description: 'Visible tenants that have their own retention, by slug.',
      type: [TenantRetention],
      extensions: costs({ rows: 50 }),
      resolve: ({ rows }, _args, { identity }) =>
        rows.filter(({ tenantId }) => tenantId !== '' && isWithinReach(identity, tenantId)),
    }),
    legalHolds: t.field({
      description: 'Visible tenants that are under legal hold.',
      type: [LegalHold],
      extensions: costs({ rows: 10 }),
      resolve: ({ holds }, _args, { identity }) => holds.filter(({ tenantId }) => isWithinReach(identity, tenantId)),
    }),
    archiveEnabled: t.boolean({
      description: 'Whether events are archived before they are pruned (EVENT_ARCHIVE_ENABLED).',
      resolve: (_settings, _args, { core }) => core.env.EVENT_ARCHIVE_ENABLED,
    }),
    archiveTarget: t.string({
      description:
        'The target of the archive. Null while archiving is off, and for identities that are bound to a tenant.',
      nullable: true,
      resolve: (_settings, _args, { core, identity }) =>
        core.env.EVENT_ARCHIVE_ENABLED && identity.tenantId === null ? archiveTarget(core.env) : null,
    }),
    lastPrune: t.field({
      description: 'The newest run that was no dry run; null: there was none.',
      type: PruneRun,
      nullable: true,
      resolve: (_settings, _args, { core }) => lastRun(core.db.query),
    }),
    nextPruneAt: t.field({
      description: 'When the next run is due.',
      type: 'DateTime',
      nullable: true,
      resolve: (_settings, _args, { core }) => nextPrune(core.clock(), core.env.EVENT_RETENTION_CRON_SECONDS * 1_000),
    }),
    tableSizes: t.field({
      description:
        'Table sizes over time, oldest first: every hour of the last two weeks, every day before. Empty for identities that are bound to a tenant.',
      type: [TableSizeType],
      extensions: costs({ self: 100, rows: 200 }),
      args: { days: t.arg.int({ defaultValue: 30, description: `Of the last days, 1 to ${MAX_SIZE_DAYS}.` }) },
      resolve: (_settings, { days }, { core, identity }) => {
        const wanted = days ?? 30
        if (wanted < 1 || wanted > MAX_SIZE_DAYS) throw badInput('days', `is ${wanted}; expected 1 to ${MAX_SIZE_DAYS}`)
        return identity.tenantId === null ? readTableSizes(core, wanted) : []
      },
    }),
  }),
})

const isWithinReach = ({ tenantId }: Context['identity'], tenant: string) => tenantId === null || tenantId === tenant

/** When the next run begins: at a multiple of the interval (`every` in kit/jobs/jobs.ts). */
const nextPrune = (now: number, intervalMs: number) => new Date((Math.floor(now / intervalMs) + 1) * intervalMs)

function installationPolicies({ rows, policies }: Settings): InstallationPolicy[] {
  return SUBJECTS.map((subject) => ({
    subject,
    retentionDays: subject === 'EVENTS' ? policies.events : daysOf(policies, subject, null),
    row: rows.find((row) => row.subject === subject && row.tenantId === '') ?? null,
  }))
}

async function readSettings({ core }: Context): Promise<Settings> {
  const [rows, holds] = await Promise.all([readPolicyRows(core.db.query), readLegalHolds(core.db.query)])
  const held = holds.map(({ tenantId }) => tenantId)
  return { rows, holds, policies: policiesOf(rows, held, core.env) }
}

builder.queryField('retention', (t) =>
  t.field({
    description: 'How long rows are kept, what is archived, and when the next prune run is due.',
    type: RetentionSettings,
    authScopes: { viewer: true },
    resolve: (_root, _args, context) => readSettings(context),
  }),
)

const RetentionSettingsPayload = builder.objectRef<{ retention: Settings }>('RetentionSettingsPayload').implement({
  description: 'The settings after a change.',
  fields: (t) => ({
    retention: t.expose('retention', { description: 'The settings after the change.', type: RetentionSettings }),
  }),
})

builder.mutationField('setRetention', (t) =>
  t.field({
    description:
      'Sets how long the rows of a subject are kept in the whole installation; EVENTS is the default of all tenants. It takes effect with the next prune run. Only for identities without a tenant.',
    type: RetentionSettingsPayload,
    authScopes: { admin: true },
    audit: { action: 'retention.set', target: 'retention' },
    args: {
      subject: t.arg({ type: RetentionSubject, required: true, description: 'The subject of the policy.' }),
      retentionDays: t.arg.int({ description: `Days, 1 to ${MAX_DAYS}; null: the value of the settings.` }),
    },
    resolve: async (_root, { subject, retentionDays }, context) => {
      await setRetention(context.core, context, subject, retentionDays ?? null)
      return { retention: await readSettings(context) }
    },
  }),
)
