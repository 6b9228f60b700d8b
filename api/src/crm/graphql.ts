import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { ActivityKind, LeadFilter, LeadStatus } from './graphql-inputs.ts'
import { activitiesPage, activityCountLoader } from './list-activities.ts'
import { listLeads } from './list-leads.ts'
import { type ActivityRow, activityLoader, type LeadRow, leadLoader } from './load.ts'
import './crm.ts'

export const Lead = builder.objectRef<LeadRow>('Lead').implement({
  description: 'A possible customer of a tenant.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with lead_.', resolve: idOf('lead') }),
    tenantId: t.exposeString('tenantId', { description: 'The tenant of the lead.' }),
    name: t.exposeString('name', { description: "The person's name." }),
    email: t.exposeString('email', { description: 'Mail address.', nullable: true }),
    phone: t.exposeString('phone', { description: 'Telephone number.', nullable: true }),
    company: t.exposeString('company', { description: 'The company of the person.', nullable: true }),
    status: t.expose('status', { description: 'Its status.', type: LeadStatus }),
    source: t.exposeString('source', { description: 'Its source.', nullable: true }),
    notes: t.exposeString('notes', { description: 'Notes.', nullable: true }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { description: 'When it was last changed.', type: 'DateTime' }),
  }),
})

export const Activity = builder.objectRef<ActivityRow>('Activity').implement({
  description: 'A contact with a lead, or a note about it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with act_.', resolve: idOf('act') }),
    lead: t.field({
      description: 'The lead that it belongs to.',
      type: Lead,
      resolve: async ({ id, leadId }, _args, context) => {
        const lead = await leadLoader(context).load(leadId)
        if (!lead) throw new Error(`activity ${id} has no lead`)
        return lead
      },
    }),
    kind: t.expose('kind', { description: 'The kind of contact.', type: ActivityKind }),
    body: t.exposeString('body', { description: 'The content of the contact.' }),
    summary: t.exposeString('summary', {
      description: 'A summary by an AI provider; null: none yet.',
      nullable: true,
    }),
    summarizedBy: t.exposeString('summarizedBy', {
      description: 'The AI provider that wrote the summary.',
      nullable: true,
    }),
    occurredAt: t.expose('occurredAt', { description: 'The time of the contact.', type: 'DateTime' }),
    createdAt: t.expose('createdAt', { description: 'When it was entered.', type: 'DateTime' }),
  }),
})

const rowsById = <Row extends { id: string }>(rows: readonly (Row | null | Error)[]) =>
  new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row] as const])))

registerNode('lead', Lead, async (ids, context) => rowsById(await leadLoader(context).loadMany([...ids])))
registerNode('act', Activity, async (ids, context) => rowsById(await activityLoader(context).loadMany([...ids])))

const LeadConnection = connectionType(Lead, { totalCount: true })
const ActivityConnection = connectionType(Activity, { totalCount: true })

builder.objectField(Lead, 'activities', (t) =>
  t.field({
    description: 'Its activities, latest entry first.',
    type: ActivityConnection,
    args: pageArgs(t),
    resolve: ({ id }, page, context) =>
      connection(
        page,
        activitiesPage(context, id, null),
        async () => (await activityCountLoader(context).load(id)) ?? 0,
      ),
  }),
)

builder.queryField('leads', (t) =>
  t.field({
    description: 'Visible leads, newest first.',
    type: LeadConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: LeadFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listLeads(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)
