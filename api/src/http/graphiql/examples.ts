/**
 * The operations that GraphiQL shows at first, one per tab. Together they show the main workflow. A test validates them
 * against the schema. GraphiQL sets the variables of a tab only when the user switches to it, so the first tab has its
 * input in the document.
 */
export const EXAMPLES: readonly { query: string; variables?: Record<string, unknown> }[] = [
  {
    query: `# The schema is documented: open the documentation (the book, top left) or press Ctrl-Space while typing.
# 1. Publish an event. Webhooks that subscribe to its type get a delivery in the same transaction.
mutation PublishEvent {
  publishEvent(
    input: {
      type: "service.health.failed"
      source: "graphiql"
      severity: ERROR
      tenantId: "tenant-acme"
      subject: "checkout"
      payload: { service: "checkout", status: 503, error: "upstream timed out" }
    }
  ) {
    deduplicated
    event {
      id
      type
      severity
      tenantId
      receivedAt
    }
  }
}
`,
  },
  {
    query: `# 2. The latest events: which webhooks received them, which did not, and why.
query LatestEvents($filter: EventFilter) {
  events(first: 10, filter: $filter) {
    nodes {
      id
      type
      source
      severity
      tenantId
      receivedAt
      deliveryExplanation {
        webhook {
          name
        }
        outcome
        reason
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: { filter: { window: 'LAST_24H' } },
  },
  {
    query: `# 3. Create a webhook. The secret that signs its requests is shown only here.
mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    secret
    webhook {
      id
      name
      url
      state
      retrySchedule
    }
  }
}
`,
    variables: {
      input: {
        name: 'My receiver',
        url: 'https://example.com/hooks',
        tenantId: 'tenant-acme',
        eventTypes: ['service.*'],
      },
    },
  },
  {
    query: `# 4. Failed deliveries with all attempts.
query FailedDeliveries($filter: DeliveryFilter) {
  deliveries(first: 20, filter: $filter) {
    nodes {
      id
      status
      eventType
      targetUrl
      attemptCount
      maxAttempts
      nextAttemptAt
      lastErrorKind
      lastError
      attempts {
        number
        startedAt
        durationMs
        statusCode
        error
      }
    }
  }
}
`,
    variables: { filter: { statuses: ['FAILED', 'DEAD_LETTER'] } },
  },
  {
    query: `# 5. Replay a delivery: a new delivery, linked to the original. Take an id from the previous tab.
mutation ReplayDelivery($id: ID!) {
  replayDelivery(id: $id) {
    delivery {
      id
      status
    }
    original {
      id
      status
    }
  }
}
`,
    variables: { id: 'dlv_...' },
  },
  {
    query: `# 6. Statistics.
query Stats {
  eventStats {
    total
    last24h
    bySeverity {
      severity
      count
    }
    byType(first: 5) {
      name
      count
    }
  }
  deliveryStats {
    pending
    nearFailure
    delivered
    failed
    deadLetter
    successRate
    latencyP95Ms
  }
}
`,
  },
  {
    query: `# 7. Live events. Run it, then publish one from the first tab. After an interruption, continue with "after": the last cursor.
subscription LiveEvents($filter: EventFilter, $after: String) {
  events(filter: $filter, after: $after) {
    cursor
    event {
      id
      type
      source
      severity
      tenantId
      payload
    }
  }
}
`,
    variables: { filter: { severities: ['WARNING', 'ERROR', 'CRITICAL'] } },
  },
  {
    query: `# 8. Your identity and the tenants that you may see.
query WhoAmI {
  viewer {
    actor {
      kind
      id
      name
    }
    roles
    tenantId
    tenants {
      id
      name
    }
  }
}
`,
  },
]
