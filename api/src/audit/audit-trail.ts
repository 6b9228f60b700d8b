import { isTransientError } from '../db/transient-errors.ts'
import type { AuditTrail, Context } from '../graphql/context.ts'
import { AppError } from '../kit/errors.ts'
import type { Denials } from './denials.ts'
import type { Entry } from './entry.ts'
import { recordedOf } from './record.ts'
import { recordEntry } from './record-entry.ts'

/** The audit trail, as the schema's audit plugin needs it. */
export function createAuditTrail(denials: Denials): AuditTrail {
  return {
    entryCount: recordedOf,
    recordDenial: (context, act, error) => denials.note(context, act, error),
    async recordFailure(context, { action, target }, error) {
      const isTransient = isTransientError(error)
      const code = error instanceof AppError ? error.code : isTransient ? 'UNAVAILABLE' : 'INTERNAL'
      const path = error instanceof AppError && error.extensions.path
      const after = { code, ...(Array.isArray(path) && { path: path.join('.') }) }
      const recording = recordAlone(context, { action, target, outcome: 'FAILED', after })
      // If the failure is an outage, the entry's database may be down too, so the client does not wait for the entry.
      if (!isTransient) await recording
    },
    async recordMissing(context, { action, target }) {
      // The change was made, so an entry without details is better than none. The log line reports the bug.
      context.core.log.error({ action }, 'a mutation has not recorded itself in the transaction of its change')
      await recordAlone(context, { action, target, outcome: 'ALLOWED', after: null })
    },
  }
}

/** Appends an entry outside of any transaction. If that fails, the failure is logged. */
async function recordAlone(context: Context, entry: Omit<Entry, 'before' | 'tenantId'>): Promise<void> {
  const { core, identity, requestId } = context
  try {
    await recordEntry(core, context, { ...entry, tenantId: identity.tenantId, before: null })
  } catch (error) {
    const { kind, id, tenantId } = identity
    core.log.warn(
      { err: error, actor: { kind, id }, tenantId, ...entry, requestId },
      'an entry could not be written to the audit trail',
    )
  }
}
