import type { ObjectRef } from '@pothos/core'
import { badInput } from '../kit/errors.ts'
import { type IdKind, publicId, tryUuid } from '../kit/ids.ts'
import { builder, type Types } from './builder.ts'
import type { Context } from './context.ts'
import { costs } from './limits/cost.ts'

/** Maximum number of ids per `nodes` field. */
export const MAX_NODES = 200

/** The Node interface. Its types define `id` with `nodeId(t, 'evt')`. */
export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'An object with a global id.',
  resolveType: (row) => typeOf.get(row),
  fields: (t) => ({
    id: t.id({
      description: 'Type-prefixed id that sorts by creation time: a TypeID over a UUIDv7.',
      resolve: () => {
        throw new Error('each type resolves its own id')
      },
    }),
  }),
})

interface NodeKind {
  typename: string
  load: (ids: readonly string[], context: Context) => Promise<ReadonlyMap<string, object>>
}

const kinds = new Map<string, NodeKind>()
/** The type names of rows that `node` and `nodes` have returned. A row itself does not contain its type. */
const typeOf = new WeakMap<object, string>()

/**
 * Makes a type available through `node` and `nodes`. `load` gets UUIDs and returns the rows that exist and that the
 * identity may see; all other ids resolve to null.
 */
export function registerNode<Row extends object>(
  kind: IdKind,
  type: ObjectRef<Types, Row>,
  load: (ids: readonly string[], context: Context) => Promise<ReadonlyMap<string, Row>>,
): void {
  kinds.set(kind, { typename: type.name, load })
}

/** The resolver of `id` for a type whose rows have a UUID column `id`. */
export const idOf =
  (kind: IdKind) =>
  (row: { id: string }): string =>
    publicId(kind, row.id)

/**
 * Loads the nodes with these ids, in the same order. Null for nodes that do not exist or that the identity may not see.
 * Throws BAD_USER_INPUT for an invalid id.
 */
async function loadNodes(ids: readonly string[], path: (index: number) => string[], context: Context) {
  const wanted = ids.map((id, index) => {
    const prefix = id.slice(0, id.lastIndexOf('_'))
    const kind = kinds.get(prefix)
    const uuid = kind && tryUuid(prefix as IdKind, id)
    if (!kind || !uuid) {
      const came = JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id)
      throw badInput(
        path(index),
        `${came} is not an id; expected one of ${[...kinds.keys()].join(', ')}, then _ and 26 characters`,
      )
    }
    return { kind, uuid }
  })
  const uuids = new Map<NodeKind, Set<string>>()
  for (const { kind, uuid } of wanted) uuids.set(kind, (uuids.get(kind) ?? new Set()).add(uuid))
  const rowsByKind = new Map<NodeKind, ReadonlyMap<string, object>>()
  await Promise.all([...uuids].map(async ([kind, set]) => rowsByKind.set(kind, await kind.load([...set], context))))
  return wanted.map(({ kind, uuid }) => {
    const row = rowsByKind.get(kind)?.get(uuid) ?? null
    if (row) typeOf.set(row, kind.typename)
    return row
  })
}

builder.queryFields((t) => ({
  node: t.field({
    description: 'An object by its id; null if it does not exist or is not visible.',
    type: Node,
    nullable: true,
    authScopes: { viewer: true },
    args: { id: t.arg.id({ required: true, description: 'Any id that this API returned.' }) },
    resolve: async (_root, { id }, context) => (await loadNodes([id], () => ['id'], context))[0],
  }),
  nodes: t.field({
    description: `Objects by their ids (at most ${MAX_NODES}), in the order of the ids; null for each that is not visible.`,
    type: [Node],
    nullable: { list: false, items: true },
    authScopes: { viewer: true },
    extensions: costs({ rows: { arg: 'ids', max: MAX_NODES } }),
    args: { ids: t.arg.idList({ required: true, description: 'Ids of any types.' }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > MAX_NODES) throw badInput('ids', `${ids.length} ids; expected at most ${MAX_NODES}`)
      return loadNodes(ids, (index) => ['ids', String(index)], context)
    },
  }),
}))
