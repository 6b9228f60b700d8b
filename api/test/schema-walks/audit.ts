import { register } from './register.ts'

// The walks themselves create its rows.
register('audit', {
  tables: { audit_entries: { ids: 'aud' } },
  filters: { targetId: ({ ids }) => `"${ids.webhook}"` },
})
