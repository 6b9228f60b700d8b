import type { Requests } from '../../audit/requests.ts'

/** Replaces audit/requests.ts. Requests are not recorded. */
export const createRequests = (): Requests => ({
  done() {},
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
})
