import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { publicId } from '../kit/ids.ts'
import { loadLead, lockLead, shownLead } from './load.ts'

/** Deletes a lead and its activities permanently. Throws NOT_FOUND. */
export async function deleteLead(core: AppContext, caller: Caller, id: string): Promise<void> {
  await audited(core, caller, 'lead.delete', async (tx) => {
    await lockLead(tx, id)
    const lead = await loadLead(tx, caller.identity, id)
    const activities = await tx.activity.count({ where: { leadId: id } })
    await tx.lead.delete({ where: { id } })
    return {
      result: undefined,
      target: { type: 'lead', id: publicId('lead', id) },
      tenantId: lead.tenantId,
      before: { ...shownLead(lead), activities },
    }
  })
}
