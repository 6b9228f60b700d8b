import type { ObjectRef } from '@pothos/core'
import {
  DEFAULT_PAGE,
  encodeCursor,
  ID_KEY,
  type KeyKind,
  type KeysetRange,
  keysetPage,
  MAX_PAGE,
  type Page,
  type PageArgs,
} from '../db/keyset.ts'
import { builder, type Types } from './builder.ts'
import { costs } from './limits/cost.ts'

/** What a field that returns a connection answers. Nothing is read before a field of it is asked for, and then once. */
export interface Connection<Row> {
  page: () => Promise<Page<Row>>
  totalCount: () => Promise<number>
  cursorOf: (row: Row) => string
}

/** The keys of a list that is not in the order of ids. */
export interface ListKey<Row> {
  kind: KeyKind
  of: (row: Row) => string
}

/**
 * A newest-first list: checks the arguments at once (throws BAD_USER_INPUT), reads lazily. `totalCount` belongs to types
 * made with `totalCount: true`.
 */
export function connection<Row extends { id: string }>(
  args: PageArgs,
  fetch: (range: KeysetRange) => Promise<Row[]>,
  totalCount?: () => Promise<number>,
  key: ListKey<Row> = { kind: ID_KEY, of: ({ id }) => id },
): Connection<Row> {
  const read = keysetPage(args, fetch, key.kind)
  let page: Promise<Page<Row>> | undefined
  return {
    page: () => {
      page ??= read()
      return page
    },
    totalCount: totalCount ?? (() => Promise.reject(new Error('this connection was made without a count'))),
    cursorOf: (row) => encodeCursor(key.of(row), key.kind),
  }
}

interface PagePosition extends Pick<Page<unknown>, 'hasNextPage' | 'hasPreviousPage'> {
  startCursor: string | null
  endCursor: string | null
}

async function positionOf<Row>({ page, cursorOf }: Connection<Row>): Promise<PagePosition> {
  const { rows, hasNextPage, hasPreviousPage } = await page()
  const [first] = rows
  const last = rows.at(-1)
  return {
    hasNextPage,
    hasPreviousPage,
    startCursor: first ? cursorOf(first) : null,
    endCursor: last ? cursorOf(last) : null,
  }
}

const PageInfo = builder.objectRef<PagePosition>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether the list goes on after this page.',
      resolve: (page) => page.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether there is something before this page.',
      resolve: (page) => page.hasPreviousPage(),
    }),
    startCursor: t.exposeString('startCursor', {
      description: 'Cursor of the first edge, for `before`; null on an empty page.',
      nullable: true,
    }),
    endCursor: t.exposeString('endCursor', {
      description: 'Cursor of the last edge, for `after`; null on an empty page.',
      nullable: true,
    }),
  }),
})

/** The types `XConnection` and `XEdge` of a type X. `totalCount` where an index makes counting cheap. */
export function connectionType<Row extends { id: string }>(
  type: ObjectRef<Types, Row>,
  options: { totalCount?: boolean } = {},
): ObjectRef<Types, Connection<Row>> {
  const { name } = type
  // Pothos cannot check a resolver against a type parameter; that a row has an id is all that is needed here.
  const node: ObjectRef<Types, { id: string }> = type
  const edge = builder.objectRef<{ row: { id: string }; cursor: string }>(`${name}Edge`).implement({
    description: `A ${name} in a list, with its place there.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Its place in the list, for `after` and `before`.' }),
      node: t.field({ description: `The ${name}.`, type: node, resolve: ({ row }) => row }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of a list of ${name}, newest first.`,
    fields: (t) => ({
      edges: t.field({
        description: 'What is on this page, each with its cursor.',
        type: [edge],
        extensions: costs({ rows: 'page' }),
        resolve: async (list) => (await list.page()).rows.map((row) => ({ row, cursor: list.cursorOf(row) })),
      }),
      nodes: t.field({
        description: 'What is on this page.',
        type: [node],
        extensions: costs({ rows: 'page' }),
        resolve: async (list) => (await list.page()).rows,
      }),
      pageInfo: t.field({
        description: 'Where this page lies in the list.',
        type: PageInfo,
        resolve: (list) => positionOf(list),
      }),
      ...(options.totalCount && {
        totalCount: t.int({
          description: 'How many there are on all pages together.',
          extensions: costs({ self: 100 }),
          resolve: (list) => list.totalCount(),
        }),
      }),
    }),
  })
}

/** The arguments of a field that returns a connection: `args: { filter: ..., ...pageArgs(t) }`. */
export const pageArgs = (t: { arg: PothosSchemaTypes.RootFieldBuilder<Types, unknown>['arg'] }) => ({
  first: t.arg.int({
    description: `At most so many from the top of the range, 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} when neither \`first\` nor \`last\` is given.`,
  }),
  after: t.arg.string({ description: 'A cursor: only what comes after it (older).' }),
  last: t.arg.int({
    description: `At most so many from the bottom of the range, 1 to ${MAX_PAGE}; not together with \`first\`.`,
  }),
  before: t.arg.string({ description: 'A cursor: only what comes before it (newer).' }),
})
