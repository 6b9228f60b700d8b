import { newId } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'
import { byId, create, register, type Tenant } from './register.ts'

const leadOf = ({ tenantId, mark }: Tenant) => `input: { name: "${mark}", notes: "${mark}", tenantId: "${tenantId}" }`

const newLead = (app: TestApp, tenant: Tenant) => create(app, `createLead(${leadOf(tenant)}) { created: lead { id } }`)

register('crm', {
  fresh: {
    lead: newLead,
    activity: async (app, tenant) =>
      create(
        app,
        `createActivity(input: { leadId: "${await newLead(app, tenant)}", kind: NOTE, body: "${tenant.mark}" }) { created: activity { id } }`,
      ),
  },
  tables: { leads: { ids: 'lead' }, activities: { ids: 'act' } },
  mutations: {
    createLead: { args: leadOf, action: 'lead.create' },
    updateLead: byId('lead.update', ', input: { name: "Another", status: WON }'),
    deleteLead: byId('lead.delete'),
    extractLead: {
      args: ({ tenantId }) => `input: { text: "I am Ada Example", tenantId: "${tenantId}" }`,
      action: 'lead.extract',
    },
    createActivity: {
      on: 'lead',
      args: ({ id }) => `input: { leadId: "${id}", kind: NOTE, body: "x" }`,
      action: 'activity.create',
      targetId: 'new',
    },
    deleteActivity: byId('activity.delete'),
    summarizeActivity: byId('activity.summarize'),
  },
  /** Creates a lead with an activity for each number. */
  async many(app, numbers) {
    await app.sql(
      `WITH l AS (INSERT INTO leads (id, tenant_id, name, updated_at)
         SELECT id, 'default', 'lead', now() FROM unnest($1::uuid[]) AS l (id) RETURNING id)
       INSERT INTO activities (id, lead_id, tenant_id, kind, body, occurred_at) SELECT id, id, 'default', 'NOTE', 'x', now() FROM l`,
      [numbers.map(newId)],
    )
  },
})
