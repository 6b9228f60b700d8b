import { graphql } from '@/lib/graphql.ts'

export const PauseWebhook = graphql(`
  mutation PauseWebhook($id: ID!) {
    pauseWebhook(id: $id) {
      webhook {
        ...WebhookState
      }
    }
  }
`)

export const ResumeWebhook = graphql(`
  mutation ResumeWebhook($id: ID!) {
    resumeWebhook(id: $id) {
      webhook {
        ...WebhookState
      }
    }
  }
`)

export const ProbeWebhook = graphql(`
  mutation ProbeWebhook($id: ID!) {
    probeWebhook(id: $id) {
      attempt {
        ...TestAttempt
      }
    }
  }
`)

export const TestWebhook = graphql(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      attempt {
        ...TestAttempt
      }
    }
  }
`)

export const WebhookStateFields = graphql(`
  fragment WebhookState on Webhook {
    id
    state
    circuit
    nextProbeAt
    disabledReason
    failingSince
  }
`)

export const TestAttempt = graphql(`
  fragment TestAttempt on DeliveryAttempt {
    id
    startedAt
    durationMs
    statusCode
    errorKind
    error
    requestHeaders
    responseHeaders
    responseBody
    responseBodyTruncated
  }
`)
