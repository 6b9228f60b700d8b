import { graphql } from '@/lib/graphql.ts'

export const ProviderCard = graphql(`
  fragment ProviderCard on AiProvider {
    name
    vendor
    model
    tier
    priority
    weight
    capabilities
    configured
    healthy
    circuit
    cooldownUntil
    totalCalls
    failedCalls
    successRate
    latencyP95Ms
    timeoutMs
    lastError
    lastCheckedAt
    lastSuccessAt
    drills(first: 5) {
      at
      ok
      error
      latencyMs
    }
  }
`)

export const ProvidersQuery = graphql(`
  query AiProviders {
    aiProviders {
      ...ProviderCard
    }
  }
`)

export const DrillProviders = graphql(`
  mutation DrillProviders {
    drillProviders {
      provider
      ok
      error
      latencyMs
      at
    }
  }
`)

export const ExplainIncident = graphql(`
  mutation ExplainIncident($input: ExplainIncidentInput!) {
    explainIncident(input: $input) {
      usedProvider
      lines {
        text
        links {
          target
          id
          filter
        }
      }
      attempts {
        ...AttemptRow
      }
    }
  }
`)

export const AttemptRow = graphql(`
  fragment AttemptRow on AiAttempt {
    provider
    ok
    skipped
    error
    latencyMs
  }
`)
