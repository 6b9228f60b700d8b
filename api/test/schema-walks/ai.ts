import { register } from './register.ts'

register('ai', {
  tables: { ai_tenant_providers: {} },
  mutations: {
    orchestrate: {
      args: ({ tenantId }) => `input: { intent: "classify-intent", input: { text: "help" }, tenantId: "${tenantId}" }`,
      action: 'ai.orchestrate',
      targetType: 'aiIntent',
      targetId: () => 'classify-intent',
    },
    explainIncident: {
      on: 'webhook',
      args: ({ id }) => `input: { webhookId: "${id}" }`,
      action: 'ai.explainIncident',
      targetType: 'webhook',
    },
    drillProviders: { action: 'ai.drill', targetType: 'aiProviders', targetId: 'all', tenantId: null },
    setTenantAiProviders: {
      on: 'tenant',
      args: ({ id }) => `tenantId: "${id}", providers: ["local"]`,
      action: 'tenant.setAiProviders',
      tenantId: ({ id }) => id,
    },
  },
  async many(app) {
    await app.ok('mutation { drillProviders { ok } }')
  },
  bounded: ['aiProviders'],
  outOfReach: ['IncidentLine'],
})
