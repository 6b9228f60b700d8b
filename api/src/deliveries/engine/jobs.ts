import { z } from 'zod'
import type { JobKind, Jobs } from '../../kit/jobs.ts'

/** Deliveries to look at now: [id, attempts made, webhook]. Several to a job: a job's own cost is shared. */
export const DELIVER: JobKind<{ d: [string, number, string][] }> = {
  name: 'deliver',
  payload: z.object({ d: z.array(z.tuple([z.string(), z.number(), z.string()])) }),
  hint: true,
}

const PER_JOB = 64

/** Hands deliveries to the workers. What does not get through is found by the sweep. */
export function enqueueDeliveries(
  jobs: Jobs,
  deliveries: readonly [id: string, attempts: number, webhookId: string][],
): Promise<boolean> {
  const payloads: { d: [string, number, string][] }[] = []
  for (let i = 0; i < deliveries.length; i += PER_JOB) payloads.push({ d: deliveries.slice(i, i + PER_JOB) })
  return jobs.add(DELIVER, payloads)
}
