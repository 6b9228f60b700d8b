import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import { type DeliveryTrigger, IllegalTransition, isFinal, TRANSITIONS, transition } from './state-machine.ts'

const statuses = Object.keys(TRANSITIONS) as DeliveryStatus[]
const triggers = Object.keys(TRANSITIONS.PENDING ?? {}) as DeliveryTrigger[]

test('no sequence of triggers leaves a final state', () => {
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.array(fc.constantFrom(...triggers)), (from, sequence) => {
      let status = from
      for (const trigger of sequence) {
        if (isFinal(status)) expect(() => transition(status, trigger)).toThrow(IllegalTransition)
        else status = transition(status, trigger)
      }
      expect(['DELIVERED', 'DEAD_LETTER', 'CANCELLED'].includes(status)).toBe(isFinal(status))
    }),
  )
})
