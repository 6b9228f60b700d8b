import { register } from './register.ts'

// Its rows are made by what the walks do.
register('audit', {
  tables: { audit_entries: { ids: 'aud' } },
  filters: { targetId: ({ ids }) => `"${ids.webhook}"` },
})
