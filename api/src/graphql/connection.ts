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

/** A connection that is read lazily: rows are read when a field that needs them is resolved, and only once. */
export interface Connection<Row> {
  page: () => Promise<Page<Row>>
  totalCount: () => Promise<number>
  cursorOf: (row: Row) => string
}

/** The key of a list that is not sorted by id. */
export interface ListKey<Row> {
  kind: KeyKind
  textOf: (row: Row) => string
}

/**
 * Creates a connection, newest rows first. Validates the arguments at once (throws BAD_USER_INPUT) and reads rows on
 * demand. `totalCount` is only for types that were created with `totalCount: true`.
 */
export function connection<Row extends { id: string }>(
  args: PageArgs,
  fetch: (range: KeysetRange) => Promise<Row[]>,
  totalCount?: () => Promise<number>,
  key: ListKey<Row> = { kind: ID_KEY, textOf: ({ id }) => id },
): Connection<Row> {
  const read = keysetPage(args, fetch, key.kind)
  let page: Promise<Page<Row>> | undefined
  return {
    page: () => {
      page ??= read()
      return page
    },
    totalCount: totalCount ?? (() => Promise.reject(new Error('this connection was created without a count'))),
    cursorOf: (row) => encodeCursor(key.textOf(row), key.kind),
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
  description: 'Position of a page in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether more rows follow this page.',
      resolve: (page) => page.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether rows precede this page.',
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

/** Defines the types `XConnection` and `XEdge` for a type X. Set `totalCount` only if an index makes counting cheap. */
export function connectionType<Row extends { id: string }>(
  type: ObjectRef<Types, Row>,
  options: { totalCount?: boolean } = {},
): ObjectRef<Types, Connection<Row>> {
  const { name } = type
  // Pothos cannot check a resolver whose type is a type parameter. The code here only needs the id of a row.
  const node: ObjectRef<Types, { id: string }> = type
  const edge = builder.objectRef<{ row: { id: string }; cursor: string }>(`${name}Edge`).implement({
    description: `A ${name} in a list with its cursor.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Position in the list, for `after` and `before`.' }),
      node: t.field({ description: `The ${name}.`, type: node, resolve: ({ row }) => row }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of a list of ${name}, newest first.`,
    fields: (t) => ({
      edges: t.field({
        description: 'Rows of this page with their cursors.',
        type: [edge],
        extensions: costs({ rows: 'page' }),
        resolve: async (list) => (await list.page()).rows.map((row) => ({ row, cursor: list.cursorOf(row) })),
      }),
      nodes: t.field({
        description: 'Rows of this page.',
        type: [node],
        extensions: costs({ rows: 'page' }),
        resolve: async (list) => (await list.page()).rows,
      }),
      pageInfo: t.field({
        description: 'Position of this page in the list.',
        type: PageInfo,
        resolve: (list) => positionOf(list),
      }),
      ...(options.totalCount && {
        totalCount: t.int({
          description: 'Number of rows on all pages.',
          extensions: costs({ self: 100 }),
          resolve: (list) => list.totalCount(),
        }),
      }),
    }),
  })
}

/** Arguments of a connection field: `args: { filter: ..., ...pageArgs(t) }`. */
export const pageArgs = (t: { arg: PothosSchemaTypes.RootFieldBuilder<Types, unknown>['arg'] }) => ({
  first: t.arg.int({
    description: `Maximum number of rows from the start of the range, 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} if neither \`first\` nor \`last\` is given.`,
  }),
  after: t.arg.string({ description: 'A cursor: only rows after it (older ones).' }),
  last: t.arg.int({
    description: `Maximum number of rows from the end of the range, 1 to ${MAX_PAGE}; cannot be combined with \`first\`.`,
  }),
  before: t.arg.string({ description: 'A cursor: only rows before it (newer ones).' }),
})
