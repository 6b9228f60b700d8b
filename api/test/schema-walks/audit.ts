import { register } from './register.ts'

// Audit entries need no setup: the walks themselves create them.
register('audit', {
  tables: { audit_entries: { ids: 'aud' } },
  filters: { targetId: ({ ids }) => `"${ids.webhook}"` },
})
