import { builder } from '../../graphql/builder.ts'
import { TimeWindow } from '../../graphql/enums.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { ReplaySuggestion } from '../replay/graphql-suggestion.ts'
import { replaySuggestions } from './suggestions.ts'

builder.queryField('replaySuggestions', (t) =>
  t.field({
    description:
      'Unrecovered dead letters by webhook and error, with the reason why a replay is or is not worth it now. Recommended ones lead; at most 100 clusters.',
    type: [ReplaySuggestion],
    authScopes: { viewer: true },
    extensions: costs({ self: 500, rows: 100 }),
    args: {
      window: t.arg({
        description: 'When they died. It begins with the ten minutes that its beginning lies in.',
        type: TimeWindow,
        defaultValue: 'LAST_24H',
      }),
      tenantId: t.arg.string({ description: 'Only failures of this tenant; all within reach when left out.' }),
    },
    resolve: (_root, { window, tenantId }, { core, identity }) =>
      replaySuggestions(core, identity, { window: window ?? 'LAST_24H', tenantId }),
  }),
)
