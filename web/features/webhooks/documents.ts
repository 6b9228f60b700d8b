import { graphql } from '@/lib/graphql.ts'

export const WebhookRow = graphql(`
  fragment WebhookRow on Webhook {
    id
    name
    url
    kind
    tenantId
    state
    circuit
    nextProbeAt
    backlog
    failingSince
    disabledReason
    eventTypes
    minSeverity
    previousSecretValidUntil
    health(window: $window) {
      status
      total
      delivered
      failed
      successRate
      latencyP95Ms
      lastError
      timeline(buckets: 24) {
        start
        delivered
        failed
      }
    }
  }
`)

export const WebhookList = graphql(`
  query WebhookList($filter: WebhookFilter, $window: TimeWindow!, $first: Int!, $after: String) {
    webhooks(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...WebhookRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** The webhooks with the most failed attempts. */
export const TopFailing = graphql(`
  query TopFailing($tenantId: String, $window: TimeWindow!) {
    failingWebhooks(tenantId: $tenantId, window: $window, first: 5) {
      failed
      successRate
      errors {
        errorKind
        statusCode
        count
      }
      webhook {
        id
        name
      }
    }
  }
`)

/** The editable fields of a webhook, and its other settings. */
export const WebhookSettings = graphql(`
  fragment WebhookSettings on Webhook {
    id
    name
    url
    kind
    tenantId
    eventTypes
    minSeverity
    ratePerSecond
    maxConcurrency
    timeoutMs
    retrySchedule
    circuitBreaker
    headers
    previousSecretValidUntil
    createdAt
    updatedAt
  }
`)

export const WebhookDetails = graphql(`
  query WebhookDetails($id: ID!, $window: TimeWindow!) {
    node(id: $id) {
      __typename
      ... on Webhook {
        ...WebhookState
        ...WebhookSettings
        deletedAt
        health(window: $window) {
          status
          total
          delivered
          failed
          deadLetter
          successRate
          latencyP50Ms
          latencyP95Ms
          lastSuccessAt
          lastFailureAt
          lastError
          errors {
            errorKind
            statusCode
            count
            lastAt
          }
          timeline(buckets: 48) {
            start
            delivered
            failed
            errors {
              errorKind
              count
            }
            latencyP50Ms
            latencyP95Ms
          }
        }
      }
    }
    currentState: deliveryStats(filter: { webhookIds: [$id] }) {
      pending
      held
      unrecovered
      oldestPendingAt
    }
  }
`)

export const CreateWebhook = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      secret
      webhook {
        id
        name
      }
    }
  }
`)

export const UpdateWebhook = graphql(`
  mutation UpdateWebhook($id: ID!, $input: UpdateWebhookInput!) {
    updateWebhook(id: $id, input: $input) {
      webhook {
        ...WebhookSettings
      }
    }
  }
`)

export const DeleteWebhook = graphql(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id) {
      deletedId
    }
  }
`)

export const RotateSecret = graphql(`
  mutation RotateSecret($id: ID!, $graceSeconds: Int!) {
    rotateWebhookSecret(id: $id, graceSeconds: $graceSeconds) {
      secret
      previousValidUntil
      webhook {
        ...WebhookSettings
      }
    }
  }
`)

export const CheckUrl = graphql(`
  query CheckUrl($url: String!) {
    checkWebhookUrl(url: $url) {
      ok
      problem
    }
  }
`)

/** The number of events of the last day that match a subscription. */
export const Matched = graphql(`
  query MatchedEvents($filter: EventFilter) {
    eventStats(filter: $filter) {
      total
      byType(first: 5) {
        name
        count
      }
    }
  }
`)

export const ExampleOfType = graphql(`
  query ExampleOfType($name: String!) {
    eventType(name: $name) {
      name
      example
    }
  }
`)
