import type { AppContext } from '../../app-context.ts'
import { type AttemptSign, type CircuitChange, updateCircuit } from './circuit-store.ts'

export interface CircuitUpdates {
  /** Resolves when the sign has been applied. Rejects when it could not be: the next sign of the webhook starts anew. */
  note(webhookId: string, sign: AttemptSign): Promise<void>
  /** Signs of this webhook are being applied. */
  isBusy(webhookId: string): boolean
}

/** Applies signs webhook by webhook, one transaction at a time; those that come meanwhile go together with the next. */
export function createCircuitUpdates(
  core: AppContext,
  act: (webhookId: string, verdict: CircuitChange) => void,
): CircuitUpdates {
  const signs = new Map<string, AttemptSign[]>()
  const judging = new Map<string, Promise<void>>()

  const judge = async (webhookId: string) => {
    for (let list = signs.get(webhookId); list; list = signs.get(webhookId)) {
      signs.delete(webhookId)
      act(webhookId, await updateCircuit(core, webhookId, list))
    }
  }

  return {
    note(webhookId, sign) {
      const list = signs.get(webhookId)
      if (list) list.push(sign)
      else signs.set(webhookId, [sign])
      let under = judging.get(webhookId)
      if (!under) {
        under = judge(webhookId).finally(() => judging.delete(webhookId))
        judging.set(webhookId, under)
      }
      return under
    },
    isBusy: (webhookId) => judging.has(webhookId),
  }
}
