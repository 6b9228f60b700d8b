/**
 * Operations that GraphiQL opens with, one tab each: the main job from end to end. A test holds them to the schema. GraphiQL
 * fills the variables of a tab in when one changes to it, so the first has its input in the document.
 */
export const EXAMPLES: readonly { query: string; variables?: Record<string, unknown> }[] = [
  {
    query: `# Everything here is described: open the documentation (the book, top left) or press Ctrl-Space while typing.
# 1. Publish an event. Webhooks that take its type get a delivery in the same transaction.
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
    query: `# 2. What became of the latest events: who got them, who did not, and why.
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
    query: `# 3. Where an event is sent. The secret that signs the requests is shown here only.
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
    query: `# 4. Deliveries that went wrong, with every attempt.
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
    query: `# 5. Send one again: a new delivery, linked to the first. Take an id from the tab before.
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
    query: `# 6. The figures.
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
    query: `# 7. Events as they come. Run it, then publish one from the first tab. After a cut, go on with "after": the last cursor.
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
    query: `# 8. Who am I, and what may I see?
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
