import { graphql } from '@/lib/graphql.ts'

export const HealTargetItem = graphql(`
  fragment HealTargetItem on HealTarget {
    id
    container
    origin
    state
    lastError
    nextActionAt
    maintenanceUntil
    restartsInWindow
    consecutiveFailures
    services
    dependsOn
    healthUrl
  }
`)

export const HealAttemptItem = graphql(`
  fragment HealAttemptItem on HealAttempt {
    id
    container
    action
    trigger
    reason
    message
    outcome
    number
    startedAt
    durationMs
    exitCode
    oomKilled
    logTail
    stillHealthyAfter
  }
`)

export const AutoHealQuery = graphql(`
  query AutoHealOverview($first: Int!) {
    autoHeal {
      enabled
      mode
      stormBrake
      intervalSeconds
      lastCheckAt
      docker {
        name
        status
        message
      }
      stats {
        totalAttempts
        successRate
        successful
        failed
        mostHealed
        services {
          name
          count
        }
      }
      lastDay: stats(window: LAST_24H) {
        totalAttempts
        successRate
        successful
        failed
      }
      reconciliation {
        registered
        monitored
        registeredOnly
        monitoredOnly
      }
      targets {
        id
        ...HealTargetItem
      }
      history(first: $first) {
        totalCount
        nodes {
          id
          ...HealAttemptItem
        }
      }
    }
  }
`)

export const HealAttemptChanges = graphql(`
  subscription HealAttemptChanges {
    healAttempts {
      id
    }
  }
`)

export const HealNow = graphql(`
  mutation HealNow($targetId: ID!) {
    healNow(targetId: $targetId) {
      attempt {
        id
        container
        outcome
        message
      }
    }
  }
`)

export const SetHealMaintenance = graphql(`
  mutation SetHealMaintenance($targetId: ID!, $until: DateTime) {
    setHealMaintenance(targetId: $targetId, until: $until) {
      target {
        id
        ...HealTargetItem
      }
    }
  }
`)

export const ReleaseHealTarget = graphql(`
  mutation ReleaseHealTarget($targetId: ID!) {
    releaseHealTarget(targetId: $targetId) {
      target {
        id
        ...HealTargetItem
      }
    }
  }
`)
