import type { Adapter, AdapterPayload } from 'oidc-provider'

/** Stores everything in one map. The provider checks itself whether an entry has expired. */
export function createAdapter(model: string, stored: Map<string, AdapterPayload>): Adapter {
  const key = (id: string) => `${model}:${id}`
  const first = (holds: (payload: AdapterPayload) => boolean) =>
    [...stored].find(([name, payload]) => name.startsWith(`${model}:`) && holds(payload))?.[1]
  return {
    upsert: async (id, payload) => void stored.set(key(id), payload),
    find: async (id) => stored.get(key(id)),
    findByUid: async (uid) => first((payload) => payload.uid === uid),
    findByUserCode: async (code) => first((payload) => payload.userCode === code),
    consume: async (id) => void Object.assign(stored.get(key(id)) ?? {}, { consumed: Math.floor(Date.now() / 1_000) }),
    destroy: async (id) => void stored.delete(key(id)),
    async revokeByGrantId(grantId) {
      for (const [name, payload] of stored) if (payload.grantId === grantId) stored.delete(name)
    },
  }
}
