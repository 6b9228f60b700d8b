import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { TimeWindow } from '../../graphql/types/enums.ts'
import { ReplaySuggestion } from '../replay/graphql-suggestion.ts'
import { replaySuggestions } from './suggestions.ts'

builder.queryField('replaySuggestions', (t) =>
  t.field({
    description:
      'Unrecovered dead letters by webhook and error, each with the reason why a replay is or is not recommended now. Recommended clusters come first; at most 100 clusters.',
    type: [ReplaySuggestion],
    authScopes: { viewer: true },
    extensions: costs({ self: 500, rows: 100 }),
    args: {
      window: t.arg({
        description: 'The time of the final failure. The window is extended to a full ten minutes at its beginning.',
        type: TimeWindow,
        defaultValue: 'LAST_24H',
      }),
      tenantId: t.arg.string({ description: 'Only failures of this tenant; default: all visible tenants.' }),
    },
    resolve: (_root, { window, tenantId }, { core, identity }) =>
      replaySuggestions(core, identity, { window: window ?? 'LAST_24H', tenantId }),
  }),
)
