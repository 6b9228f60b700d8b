import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/types/enums.ts'

export const HealOutcome = builder.enumType('HealOutcome', {
  description: 'The outcome of an attempt to heal.',
  values: {
    SUCCEEDED: { description: 'The container was restarted and is healthy again.' },
    FAILED: { description: 'It could not be restarted, or it is still unhealthy after the restart.' },
    SUPPRESSED: { description: 'It was deliberately not restarted; the message gives the reason.' },
  } as const,
})

export const HealTargetOrigin = builder.enumType('HealTargetOrigin', {
  description: 'The reason why a container is watched. If several apply, the first of these.',
  values: {
    CONFIG: { description: 'AUTOHEAL_SERVICES names it.' },
    LABEL: { description: 'It has the label aetherlink.autoheal=true.' },
    REGISTRY: { description: 'A registered service runs in it.' },
  } as const,
})

export const HealState = builder.enumType('HealState', {
  description: 'The state of a watched container.',
  values: {
    HEALTHY: { description: 'It is healthy.' },
    STARTING: { description: 'It has not run for long enough to be judged.' },
    UNHEALTHY: {
      description: 'It is unhealthy. It is restarted once the threshold is reached, unless the restart is held back.',
    },
    HEALING: { description: 'It is being restarted, or was restarted and must become healthy.' },
    BACKING_OFF: { description: 'It is down; the next restart waits until nextActionAt.' },
    FLAPPING: {
      description:
        'It repeatedly fails after recovering. It is not restarted until it is released or has been stable for some time.',
    },
    GIVEN_UP: {
      description: 'No restart has helped. It is not restarted until it is released or has been stable for some time.',
    },
    MAINTENANCE: {
      description:
        'It is not restarted: it is in maintenance, was stopped or paused by a user, or ended by itself with exit code 0.',
    },
    MISSING: { description: 'There is no such container.' },
  } as const,
})

export const HealAttemptFilter = builder.inputType('HealAttemptFilter', {
  description: 'Filters the history. An empty list does not filter.',
  fields: (t) => ({
    targetId: t.id({ description: 'Only this target (tgt_...).' }),
    containers: t.stringList({ description: 'Only containers with these names.' }),
    outcomes: t.field({ description: 'Only attempts with one of these outcomes.', type: [HealOutcome] }),
    window: t.field({ description: 'Only attempts that began within this window.', type: TimeWindow }),
  }),
})
