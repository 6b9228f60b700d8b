import { z } from 'zod'
import { DEFAULT_ROWS, deliveryFilter, filterOf, id, instant, page, severities, tenantId, window } from './inputs.ts'
import { dataOf, READS, reading, type Tool, tool } from './tool.ts'

const EVENT = 'id type source severity subject tenantId occurredAt receivedAt correlationId causationId traceId'
const DELIVERY = `id status holdReason eventType tenantId targetUrl attemptCount maxAttempts nextAttemptAt createdAt completedAt
  lastStatusCode lastErrorKind lastError webhook { id name } event { id subject }`
const PAGE = 'pageInfo { hasNextPage endCursor }'

/** The GraphQL documents of the tools. */
const VIEWER = '{ viewer { actor { kind id name } roles tenantId } }'
const EVENTS = `query McpEvents($filter: EventFilter, $first: Int, $after: String) {
  events(filter: $filter, first: $first, after: $after) { nodes { ${EVENT} } ${PAGE} } }`
const EVENT_BY_ID = `query McpEvent($id: ID!) { node(id: $id) { ... on Event { ${EVENT} payload publishedBy { kind name } } } }`
const EXPLAIN_DELIVERY = `query McpEventExplanation($id: ID!) { node(id: $id) { ... on Event { ${EVENT}
  deliveryExplanation { outcome reason webhook { id name } delivery { id status lastError } } } } }`
const DELIVERIES = `query McpDeliveries($filter: DeliveryFilter, $first: Int, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) { nodes { ${DELIVERY} } ${PAGE} } }`
const DELIVERY_BY_ID = `query McpDelivery($id: ID!) { node(id: $id) { ... on Delivery { ${DELIVERY}
  forecast { likelihood basis } replayOf { id status } replays { id status }
  attempts { number startedAt durationMs statusCode errorKind error responseBody } } } }`
const DELIVERY_STATS = `query McpDeliveryStats($filter: DeliveryFilter) { deliveryStats(filter: $filter) {
  pending nearFailure delivered failed deadLetter successRate oldestPendingAt deliveredPerSecond latencyP95Ms } }`
const FAILURE_CAUSES = `query McpFailureCauses($tenantId: String, $first: Int) { failureCauses(tenantId: $tenantId, first: $first) {
  errorKind statusCode unrecovered open oldestAt newestAt sampleError likelihood basis webhook { id name } } }`
const WEBHOOKS = `query McpWebhooks($filter: WebhookFilter, $first: Int, $after: String) {
  webhooks(filter: $filter, first: $first, after: $after) { nodes { id name url kind tenantId eventTypes minSeverity state
    disabledReason circuit health { status total delivered failed deadLetter successRate latencyP95Ms lastFailureAt lastError } } ${PAGE} } }`
const PLATFORM_HEALTH = `{ platformHealth { status checkedAt components { name status latencyMs message }
  services { name status version lastSeen lastCheckedAt latencyMs } } }`
const ALERTS = `query McpAlerts($filter: AlertFilter, $first: Int, $after: String) {
  alerts(filter: $filter, first: $first, after: $after) { nodes { id status severity tenantId group matched threshold startedAt
    acknowledgedAt resolvedAt rule { id name } } ${PAGE} } }`
const ALERT_BY_ID = `query McpAlert($id: ID!) { node(id: $id) { ... on Alert { id status severity tenantId group matched threshold
  startedAt lastNotifiedAt acknowledgedAt resolvedAt rule { id name description eventType source windowSeconds threshold }
  timeline { at status note } events(first: 10) { ${EVENT} } } } }`
const AI_PROVIDERS = `{ aiProviders { name vendor model configured healthy circuit cooldownUntil lastError totalCalls failedCalls successRate latencyP95Ms } }`
const EXPLAIN_INCIDENT = `mutation McpExplainIncident($input: ExplainIncidentInput!) { explainIncident(input: $input) {
  lines { text links { target id filter } } facts { id kind text } usedProvider } }`

const rows = ({ first, after }: { first?: number | undefined; after?: string | undefined }) => ({
  first: first ?? DEFAULT_ROWS,
  ...(after !== undefined && { after }),
})
const DELIVERY_FIELDS = Object.keys(deliveryFilter)

/** Maximum length of the response body of the last attempt. The bodies of earlier attempts are left out. */
const MAX_BODY = 2_000

const delivery = tool({
  name: 'get_delivery',
  title: 'Get a delivery',
  description: 'A delivery with its attempts, the response to the last one, its replays and the forecast of a replay.',
  input: { id: id('dlv', 'the delivery') },
  annotations: READS,
  documents: [DELIVERY_BY_ID],
  async run(execute, input) {
    const data = await dataOf(execute, DELIVERY_BY_ID, input)
    const node = data.node as { attempts?: { responseBody: string | null }[] } | null
    const attempts = node?.attempts?.map(({ responseBody, ...attempt }, index, all) => ({
      ...attempt,
      ...(index === all.length - 1 && { responseBody: responseBody?.slice(0, MAX_BODY) ?? null }),
    }))
    return { node: node && { ...node, attempts } }
  },
})

const incident = tool({
  name: 'explain_incident',
  title: 'Explain an incident',
  description:
    'Five lines about an alert, a webhook or a time range: what fails, how, since when, whom it affects, what changed before. Every number in them is checked against gathered facts. Requires the role AGENT; sends the facts to an AI provider.',
  input: {
    alertId: z.string().optional().describe('an alert (alr_...)'),
    webhookId: z.string().optional().describe('a webhook (whk_...)'),
    since: instant('the beginning of the range'),
    until: instant('the end of the range; default: now'),
    tenantId,
  },
  // `openWorldHint`, because the facts are sent to an AI provider, which may be a third party.
  annotations: { ...READS, openWorldHint: true },
  documents: [EXPLAIN_INCIDENT],
  run: (execute, input) => dataOf(execute, EXPLAIN_INCIDENT, { input }),
})

/** Tools that change nothing. */
export const READ_TOOLS: readonly Tool[] = [
  reading({
    name: 'who_am_i',
    title: 'Who am I',
    description: 'The identity of this assistant, its roles and its tenant.',
    input: {},
    document: VIEWER,
  }),
  reading(
    {
      name: 'search_events',
      title: 'Search events',
      description: 'Events, newest first, without their payloads.',
      input: {
        types: z.array(z.string()).optional().describe('types, exact or a prefix such as autoheal.*'),
        sources: z.array(z.string()).optional(),
        severities,
        window,
        since: instant('received at this instant or later'),
        until: instant('received before this instant'),
        correlationId: z.string().optional(),
        search: z.string().optional().describe('a part of type, source, subject or payload'),
        tenantId,
        ...page,
      },
      document: EVENTS,
    },
    (input) => ({
      filter: filterOf(input, [
        'types',
        'sources',
        'severities',
        'window',
        'since',
        'until',
        'correlationId',
        'search',
        'tenantId',
      ]),
      ...rows(input),
    }),
  ),
  reading({
    name: 'get_event',
    title: 'Get an event',
    description: 'An event with its payload.',
    input: { id: id('evt', 'the event') },
    document: EVENT_BY_ID,
  }),
  reading({
    name: 'explain_event_delivery',
    title: 'Explain which webhooks received an event',
    description: 'For each webhook that could have received an event: whether it did, and the reason.',
    input: { id: id('evt', 'the event') },
    document: EXPLAIN_DELIVERY,
  }),
  reading(
    {
      name: 'search_deliveries',
      title: 'Search deliveries',
      description: 'Deliveries of events to webhooks, newest first.',
      input: { ...deliveryFilter, ...page },
      document: DELIVERIES,
    },
    (input) => ({ filter: filterOf(input, DELIVERY_FIELDS), ...rows(input) }),
  ),
  delivery,
  reading(
    {
      name: 'delivery_stats',
      title: 'Figures of deliveries',
      description: 'Numbers of waiting, delivered, failed and dead deliveries, the success rate and the latency.',
      input: deliveryFilter,
      document: DELIVERY_STATS,
    },
    (input) => ({ filter: filterOf(input, DELIVERY_FIELDS) }),
  ),
  reading({
    name: 'failure_causes',
    title: 'What is broken now',
    description:
      'Failures grouped by webhook and error, worst first, with the likelihood that a replay would arrive now.',
    input: { tenantId, first: page.first },
    document: FAILURE_CAUSES,
  }),
  reading(
    {
      name: 'list_webhooks',
      title: 'Webhooks and their health',
      description: 'Webhooks with state, circuit and health of the last 24 hours.',
      input: {
        states: z.array(z.enum(['ENABLED', 'PAUSED', 'DISABLED'])).optional(),
        search: z.string().optional().describe('a part of the name or the URL'),
        tenantId,
        ...page,
      },
      document: WEBHOOKS,
    },
    (input) => ({ filter: filterOf(input, ['states', 'search', 'tenantId']), ...rows(input) }),
  ),
  reading({
    name: 'platform_health',
    title: 'Health of the platform',
    description: 'The status of PostgreSQL, Redis, the queues and every registered service.',
    input: {},
    document: PLATFORM_HEALTH,
  }),
  reading(
    {
      name: 'search_alerts',
      title: 'Search alerts',
      description: 'Alerts, newest first.',
      input: {
        statuses: z.array(z.enum(['FIRING', 'ACKNOWLEDGED', 'RESOLVED'])).optional(),
        severities,
        window,
        tenantId,
        ...page,
      },
      document: ALERTS,
    },
    (input) => ({ filter: filterOf(input, ['statuses', 'severities', 'window', 'tenantId']), ...rows(input) }),
  ),
  reading({
    name: 'get_alert',
    title: 'Get an alert',
    description: 'An alert with its rule, its timeline and its latest events.',
    input: { id: id('alr', 'the alert') },
    document: ALERT_BY_ID,
  }),
  reading({
    name: 'ai_providers',
    title: 'AI providers and their health',
    description: 'The AI providers in their order, with their configuration and the end of their cooldown.',
    input: {},
    document: AI_PROVIDERS,
  }),
  incident,
]
