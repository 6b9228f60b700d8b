import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import type { Context } from '../../graphql/context.ts'
import { byId } from '../../graphql/loader.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { notFound } from '../../kit/errors.ts'
import { uuidOf } from '../../kit/ids.ts'
import { recordVerification } from '../restore/record-verification.ts'
import { type Restored, restoreArchive } from '../restore/restore-archive.ts'
import { type ArchiveVerification, verifyArchive } from '../restore/verify-archive.ts'
import { type ArchiveRow, archivesById, listArchives } from './list-archives.ts'
import type { ArchiveStore } from './store.ts'

declare module '../../graphql/context.ts' {
  interface Services {
    archiveStore: ArchiveStore
  }
}

const ArchiveFile = builder.objectRef<ArchiveRow>('ArchiveFile').implement({
  description:
    'A file with the events of one tenant and day: NDJSON of CloudEvents, gzip. It was read back and verified before an event was deleted.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with arc_.', resolve: idOf('arc') }),
    tenantId: t.string({
      description: 'The tenant; null: events of none.',
      nullable: true,
      resolve: ({ tenantId }) => (tenantId === '' ? null : tenantId),
    }),
    day: t.exposeString('day', { description: 'YYYY-MM-DD, in UTC, by when events were received.' }),
    part: t.exposeInt('part', {
      description: '1, unless events of the day were received after its first file was written.',
    }),
    events: t.exposeInt('events', { description: 'Events in it.' }),
    bytes: t.exposeFloat('bytes', { description: 'Its size as it is stored.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the stored file, in hex.' }),
    location: t.exposeString('location', { description: 'Where it is: a file: or s3: URL.' }),
    createdAt: t.expose('createdAt', { description: 'When it was written.', type: 'DateTime' }),
    verifiedAt: t.expose('verifiedAt', { description: 'When it was found to be whole last.', type: 'DateTime' }),
    restoredAt: t.expose('restoredAt', {
      description: 'When its day was restored last, for as long as restored events are kept.',
      type: 'DateTime',
      nullable: true,
    }),
  }),
})

registerNode('arc', ArchiveFile, async (ids, { core, identity }) =>
  byId(await archivesById(core.db.query, identity, ids)),
)

const ArchiveFileConnection = connectionType(ArchiveFile)

builder.queryField('archives', (t) =>
  t.field({
    description: 'Archive files within reach, the one written last first.',
    type: ArchiveFileConnection,
    authScopes: { viewer: true },
    args: {
      tenantId: t.arg.string({ description: 'Only those of this tenant.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { tenantId, ...page }, { core, identity }) =>
      connection(page, listArchives(core.db.query, identity, tenantId)),
  }),
)

const VerifyArchivePayload = builder.objectRef<ArchiveVerification>('VerifyArchivePayload').implement({
  description: 'The result of verifying an archive file.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether it holds exactly what was written.' }),
    events: t.exposeInt('events', { description: 'Events that were found in it.' }),
    error: t.exposeString('error', { description: 'The fault of the file; null if it is intact.', nullable: true }),
  }),
})

const RestoreArchivePayload = builder.objectRef<Restored>('RestoreArchivePayload').implement({
  description: 'The result of restoring an archive file.',
  fields: (t) => ({
    restored: t.exposeInt('restored', { description: 'Events that were brought back.' }),
    skipped: t.exposeInt('skipped', { description: 'Events that were there already.' }),
  }),
})

const idArg = { required: true, description: 'arc_...' } as const

builder.mutationFields((t) => ({
  verifyArchive: t.field({
    description: 'Reads an archive file from its store and compares it with what was written.',
    type: VerifyArchivePayload,
    authScopes: { operator: true },
    audit: { action: 'archive.verify', target: 'archive' },
    args: { id: t.arg.id(idArg) },
    resolve: async (_root, { id }, context) => {
      const archive = await archiveOf(id, context)
      const verification = await verifyArchive(context.archiveStore, archive)
      await recordVerification(context.core, context, archive, verification)
      return verification
    },
  }),
  restoreArchive: t.field({
    description:
      'Brings the events of an archive file back, at their old places in the feed and marked as restored. They are delivered to no one, and kept for as long again as the retention says. Events that are there already are skipped, so it may be called again. CONFLICT when the file is missing or damaged.',
    type: RestoreArchivePayload,
    authScopes: { admin: true },
    audit: { action: 'archive.restore', target: 'archive' },
    args: { id: t.arg.id(idArg) },
    resolve: async (_root, { id }, context) =>
      restoreArchive(context.core, context.archiveStore, context, await archiveOf(id, context)),
  }),
}))

/** Throws BAD_USER_INPUT for what is no id, NOT_FOUND for a file that is not within reach. */
async function archiveOf(id: string, { core, identity }: Context): Promise<ArchiveRow> {
  const [archive] = await archivesById(core.db.query, identity, [uuidOf('arc', id, 'id')])
  if (!archive) throw notFound('archive', id)
  return archive
}
