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
    'A file with the events of one tenant and day: CloudEvents as NDJSON, gzip. It was read back and verified before any event was deleted.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with arc_.', resolve: idOf('arc') }),
    tenantId: t.string({
      description: 'The tenant; null: events without a tenant.',
      nullable: true,
      resolve: ({ tenantId }) => (tenantId === '' ? null : tenantId),
    }),
    day: t.exposeString('day', { description: 'YYYY-MM-DD, in UTC, by the time at which events were received.' }),
    part: t.exposeInt('part', {
      description: '1, unless events of the day were received after its first file was written.',
    }),
    events: t.exposeInt('events', { description: 'Number of events in the file.' }),
    bytes: t.exposeFloat('bytes', { description: 'Size of the stored file in bytes.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the stored file, in hex.' }),
    location: t.exposeString('location', { description: 'Location of the file: a file: or s3: URL.' }),
    createdAt: t.expose('createdAt', { description: 'When the file was written.', type: 'DateTime' }),
    verifiedAt: t.expose('verifiedAt', { description: 'When the file was last verified as intact.', type: 'DateTime' }),
    restoredAt: t.expose('restoredAt', {
      description: 'When its day was last restored; null when no restored events are left.',
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
    description: 'Visible archive files, most recently written first.',
    type: ArchiveFileConnection,
    authScopes: { viewer: true },
    args: {
      tenantId: t.arg.string({ description: 'Only files of this tenant.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { tenantId, ...page }, { core, identity }) =>
      connection(page, listArchives(core.db.query, identity, tenantId)),
  }),
)

const VerifyArchivePayload = builder.objectRef<ArchiveVerification>('VerifyArchivePayload').implement({
  description: 'The result of verifying an archive file.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether the file contains exactly what was written.' }),
    events: t.exposeInt('events', { description: 'Number of events found in the file.' }),
    error: t.exposeString('error', { description: 'The fault of the file; null if it is intact.', nullable: true }),
  }),
})

const RestoreArchivePayload = builder.objectRef<Restored>('RestoreArchivePayload').implement({
  description: 'The result of restoring an archive file.',
  fields: (t) => ({
    restored: t.exposeInt('restored', { description: 'Number of events that were restored.' }),
    skipped: t.exposeInt('skipped', { description: 'Number of events that already existed.' }),
  }),
})

const idArg = { required: true, description: 'arc_...' } as const

builder.mutationFields((t) => ({
  verifyArchive: t.field({
    description: 'Reads an archive file from its store and compares it with the recorded checksums.',
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
      'Restores the events of an archive file at their old places in the feed, marked as restored. They are not delivered, and they are kept for a full retention period again. Events that exist already are skipped, so the mutation may be repeated. CONFLICT when the file is missing or damaged.',
    type: RestoreArchivePayload,
    authScopes: { admin: true },
    audit: { action: 'archive.restore', target: 'archive' },
    args: { id: t.arg.id(idArg) },
    resolve: async (_root, { id }, context) =>
      restoreArchive(context.core, context.archiveStore, context, await archiveOf(id, context)),
  }),
}))

/** Throws BAD_USER_INPUT for an invalid id, NOT_FOUND for a file that the identity may not see. */
async function archiveOf(id: string, { core, identity }: Context): Promise<ArchiveRow> {
  const [archive] = await archivesById(core.db.query, identity, [uuidOf('arc', id, 'id')])
  if (!archive) throw notFound('archive', id)
  return archive
}
