import type { DeliveryAttempt as AttemptRow } from '../../../prisma/generated/client/client.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { ErrorKind } from './graphql-inputs.ts'
import { attemptLoader, loaded } from './read/loaders.ts'
import { shownHeaders, shownText } from './read/visible.ts'

export const DeliveryAttempt = builder.objectRef<AttemptRow>('DeliveryAttempt').implement({
  description:
    'One request to a webhook, and what came back. URLs of chat services are secrets: below OPERATOR they are masked in errors and answers.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with att_.', resolve: idOf('att') }),
    number: t.exposeInt('number', { description: 'Counted from 1.' }),
    startedAt: t.expose('startedAt', { description: 'When the request began.', type: 'DateTime' }),
    durationMs: t.exposeFloat('durationMs', { description: 'Milliseconds that the whole request took.' }),
    statusCode: t.exposeInt('statusCode', {
      description: 'The status of the answer; null when none came.',
      nullable: true,
    }),
    errorKind: t.expose('errorKind', {
      description: 'Why it failed; null when it arrived.',
      type: ErrorKind,
      nullable: true,
    }),
    error: t.string({
      description: 'Why it failed, in words.',
      nullable: true,
      resolve: (attempt, _args, context) => attempt.error && shownText(context, attempt, attempt.error),
    }),
    requestHeaders: t.field({
      description: 'What was sent. Values whose name speaks of a secret read "[redacted]".',
      type: 'JSON',
      resolve: (attempt) => attempt.requestHeaders,
    }),
    responseHeaders: t.field({
      description: 'What was answered; null when nothing was.',
      type: 'JSON',
      nullable: true,
      resolve: (attempt, _args, context) =>
        attempt.responseHeaders && shownHeaders(context, attempt, attempt.responseHeaders),
    }),
    responseBody: t.string({
      description: 'The first 16 KiB of what was answered; null when nothing was.',
      extensions: costs({ self: 20 }),
      nullable: true,
      resolve: (attempt, _args, context) => attempt.responseBody && shownText(context, attempt, attempt.responseBody),
    }),
    responseBodyTruncated: t.exposeBoolean('responseBodyTruncated', { description: 'Whether there was more of it.' }),
  }),
})

registerNode('att', DeliveryAttempt, async (ids, context) => loaded(await attemptLoader(context).loadMany(ids)))
