import type { DeliveryAttempt as AttemptRow } from '../../../prisma/generated/client/client.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { ErrorKind } from './graphql-inputs.ts'
import { attemptLoader, loaded } from './read/loaders.ts'
import { shownHeaders, shownText } from './read/visible.ts'

export const DeliveryAttempt = builder.objectRef<AttemptRow>('DeliveryAttempt').implement({
  description:
    'One request to a webhook and its response. URLs of chat services are secrets: below OPERATOR they are masked in errors and responses.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Attempt id, att_....', resolve: idOf('att') }),
    number: t.exposeInt('number', { description: 'Counted from 1.' }),
    startedAt: t.expose('startedAt', { description: 'When the request started.', type: 'DateTime' }),
    durationMs: t.exposeFloat('durationMs', { description: 'Duration of the request in milliseconds.' }),
    statusCode: t.exposeInt('statusCode', {
      description: 'HTTP status of the response; null without a response.',
      nullable: true,
    }),
    errorKind: t.expose('errorKind', {
      description: 'Kind of the error; null if it succeeded.',
      type: ErrorKind,
      nullable: true,
    }),
    error: t.string({
      description: 'Error message.',
      nullable: true,
      resolve: (attempt, _args, context) => attempt.error && shownText(context, attempt, attempt.error),
    }),
    requestHeaders: t.field({
      description: 'Request headers. Values of headers with a secret are "[redacted]".',
      type: 'JSON',
      resolve: (attempt) => attempt.requestHeaders,
    }),
    responseHeaders: t.field({
      description: 'Response headers; null without a response.',
      type: 'JSON',
      nullable: true,
      resolve: (attempt, _args, context) =>
        attempt.responseHeaders && shownHeaders(context, attempt, attempt.responseHeaders),
    }),
    responseBody: t.string({
      description: 'First 16 KiB of the response body; null without a response.',
      extensions: costs({ self: 20 }),
      nullable: true,
      resolve: (attempt, _args, context) => attempt.responseBody && shownText(context, attempt, attempt.responseBody),
    }),
    responseBodyTruncated: t.exposeBoolean('responseBodyTruncated', { description: 'Whether the body was longer.' }),
  }),
})

registerNode('att', DeliveryAttempt, async (ids, context) => loaded(await attemptLoader(context).loadMany(ids)))
