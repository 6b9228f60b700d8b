import { builder } from '../graphql/builder.ts'
import type { EventFeed, FeedRow } from './feed/event-feed.ts'
import { followEvents } from './feed/follow.ts'
import { Event } from './graphql.ts'
import { EventFilter } from './graphql-inputs.ts'

declare module '../graphql/context.ts' {
  interface Services {
    feed: EventFeed
  }
}

const EventFrame = builder.objectRef<FeedRow>('EventFrame').implement({
  description: 'An event of the feed with its position.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Cursor of this event; pass it as `after` to continue.',
      resolve: (row, _args, { publisher }) => publisher.cursorOf(row),
    }),
    event: t.field({ description: 'The event.', type: Event, resolve: (row) => row }),
  }),
})

builder.subscriptionField('events', (t) =>
  t.field({
    description:
      'Visible events as they are stored: each once, in order, without gaps. With `after`, events since that cursor come first, so that an interrupted client can continue; without it, the stream starts now. CURSOR_EXPIRED if events after the cursor have been pruned.',
    type: EventFrame,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ type: EventFilter, description: 'Filter; conditions are combined with AND.' }),
      after: t.arg.string({ description: 'Cursor of the last received event.' }),
    },
    subscribe: (_root, { filter, after }, context) => followEvents(context, context.identity, filter, after),
    resolve: (row) => row,
  }),
)
