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
  description: 'An event of the feed, and where it stands there.',
  fields: (t) => ({
    cursor: t.string({
      description: 'To go on from after this event: what `after` takes.',
      resolve: (row, _args, { publisher }) => publisher.cursorOf(row),
    }),
    event: t.field({ description: 'The event.', type: Event, resolve: (row) => row }),
  }),
})

builder.subscriptionField('events', (t) =>
  t.field({
    description:
      'Events within reach as they come: each once, in order, none left out. With `after` those since that cursor come first, so that one who was cut off goes on where it stopped; without it, from now on. CURSOR_EXPIRED when events after the cursor have been pruned.',
    type: EventFrame,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ type: EventFilter, description: 'Which; conditions are combined by "and".' }),
      after: t.arg.string({ description: 'The cursor of the last event that was seen.' }),
    },
    subscribe: (_root, { filter, after }, context) => followEvents(context, context.identity, filter, after),
    resolve: (row) => row,
  }),
)
