import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/enums.ts'

export const HealOutcome = builder.enumType('HealOutcome', {
  description: 'The outcome of an attempt to heal.',
  values: {
    SUCCEEDED: { description: 'The container was restarted and is well again.' },
    FAILED: { description: 'It could not be restarted, or is no better for it.' },
    SUPPRESSED: { description: 'It was not restarted, on purpose; the message says why.' },
  } as const,
})

export const HealTargetOrigin = builder.enumType('HealTargetOrigin', {
  description: 'Why a container is watched. Where several reasons name it, the first of these.',
  values: {
    CONFIG: { description: 'AUTOHEAL_SERVICES names it.' },
    LABEL: { description: 'It has the label aetherlink.autoheal=true.' },
    REGISTRY: { description: 'A registered service runs in it.' },
  } as const,
})

export const HealState = builder.enumType('HealState', {
  description: 'How a watched container is doing, and what is done about it.',
  values: {
    HEALTHY: { description: 'It is well.' },
    STARTING: { description: 'It has not been up for long enough to be judged.' },
    UNHEALTHY: {
      description: 'It is not well; it is restarted once that is certain, unless something holds that back.',
    },
    HEALING: { description: 'It is being restarted, or has been and is to become well.' },
    BACKING_OFF: { description: 'It is down; the next restart waits until nextActionAt.' },
    FLAPPING: {
      description: 'It falls again and again. It is restarted no more until it is released, or has long been well.',
    },
    GIVEN_UP: {
      description: 'No restart has helped. It is restarted no more until it is released, or has long been well.',
    },
    MAINTENANCE: {
      description: 'It is left alone: in maintenance, stopped or paused by hand, or ended by itself with exit code 0.',
    },
    MISSING: { description: 'There is no such container.' },
  } as const,
})

export const HealAttemptFilter = builder.inputType('HealAttemptFilter', {
  description: 'Filters the history. An empty list does not filter.',
  fields: (t) => ({
    targetId: t.id({ description: 'Only this target (tgt_...).' }),
    containers: t.stringList({ description: 'Only containers with these names.' }),
    outcomes: t.field({ description: 'With one of these outcomes.', type: [HealOutcome] }),
    window: t.field({ description: 'That began within this window.', type: TimeWindow }),
  }),
})
