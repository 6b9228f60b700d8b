import type { Chronicle, DemoEvent } from './events.ts'
import type { Chance } from './random.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SERVICES = ['aether-crm-ui', 'aether-ai-orchestrator', 'aether-command-center', 'billing', 'shop', 'mail-gateway']
const COMPANIES = ['Nordwind GmbH', 'Contoso', 'Globex', 'Initech', 'Umbrella Foods', 'Stark Metals', 'Wayne Logistics']
const PEOPLE = ['Mika Ito', 'Lena Vogt', 'Sam Okafor', 'Ana Souza', 'Tom Berg', 'Priya Nair', 'Jonas Keller']
const PROVIDERS = ['claude', 'ollama', 'openai'] as const

/** The context in which a scenario creates its events. */
export interface Teller {
  chance: Chance
  tell: Chronicle['tell']
  /** A number unique to the scenario. */
  fresh(): number
}

export type Story = (teller: Teller, at: number, tenantId: string) => void

const lead: Story = ({ chance, tell, fresh }, at, tenantId) => {
  const leadId = `lead-${fresh()}`
  const company = chance.pick(COMPANIES)
  const crm = { source: 'aether-crm-ui', subject: leadId, tenantId, correlationId: leadId }
  const origin = chance.pick(['web form', 'import', 'mail'])
  const created = tell(at, {
    ...crm,
    type: 'lead.created',
    payload: { leadId, name: chance.pick(PEOPLE), company, origin },
  })
  const used = askAi({ chance, tell, fresh }, at + chance.between(300, 900), tenantId, 'extract-lead', created)
  if (used) {
    const summary = `${company} asks for an offer; ${chance.pick(['decides this week', 'has a budget', 'knows us from a fair'])}.`
    tell(used.at + chance.between(20, 80), {
      ...crm,
      type: 'ai.summary.created',
      source: 'aether-ai-orchestrator',
      payload: { summary, leadId, provider: used.payload.provider },
      cause: used,
    })
  }
  if (chance.happens(0.5)) {
    const status = chance.pick(['qualified', 'contacted', 'lost', 'won'])
    tell(at + chance.between(10 * MINUTE, 9 * HOUR), {
      ...crm,
      type: 'lead.updated',
      payload: { leadId, changed: ['status'], status },
      cause: created,
    })
  }
}

const activity: Story = (teller, at, tenantId) => {
  const { chance, tell, fresh } = teller
  const activityId = `activity-${fresh()}`
  const kind = chance.pick(['call', 'mail', 'meeting', 'note'])
  const created = tell(at, {
    type: 'activity.created',
    source: 'aether-crm-ui',
    subject: activityId,
    tenantId,
    correlationId: activityId,
    payload: { activityId, leadId: `lead-${chance.between(900, 1_000)}`, kind },
  })
  if (chance.happens(0.6)) askAi(teller, at + chance.between(200, 700), tenantId, 'summarize-activity', created)
}

/**
 * One request to the AI providers, which are tried in order. Returns the event of the provider that answered; null if
 * none did.
 */
function askAi(
  { chance, tell }: Teller,
  at: number,
  tenantId: string,
  intent: string,
  cause: DemoEvent | null,
): DemoEvent | null {
  const ai = { source: 'aether-ai-orchestrator', tenantId, cause }
  const failures = chance.weighted([
    [88, 0],
    [9, 1],
    [2, 2],
    [1, 3],
  ] as const)
  const failed = PROVIDERS.slice(0, failures)
  const latencyMs = Math.round(chance.latency(800) + 900 * failures)
  const error = chance.pick(['answered 529', 'no answer within 10000 ms', 'answered 500'])
  if (failures === 3) {
    tell(at + latencyMs, { ...ai, type: 'ai.fallback.failed', payload: { intent, failed, error } })
    return null
  }
  const provider = PROVIDERS[failures]
  const [type, more] =
    failures === 0 ? (['ai.provider.used', {}] as const) : (['ai.fallback.used', { failed, error }] as const)
  return tell(at + latencyMs, { ...ai, type, payload: { provider, intent, latencyMs, ...more } })
}

export const invoice: Story = ({ chance, tell, fresh }, at, tenantId) => {
  const invoiceId = `inv-${fresh()}`
  const billing = { source: 'billing', subject: invoiceId, tenantId, correlationId: invoiceId }
  const amount = { cents: chance.between(1_900, 480_000), currency: 'EUR' }
  const issued = tell(at, {
    ...billing,
    type: 'invoice.issued',
    payload: { invoiceId, customer: chance.pick(COMPANIES), amount },
  })
  const later = at + chance.between(MINUTE, 20 * HOUR)
  if (chance.happens(0.12)) {
    const failed = tell(later, {
      ...billing,
      type: 'payment.failed',
      severity: 'WARNING',
      payload: { invoiceId, reason: chance.pick(['card declined', 'account closed', 'insufficient funds']) },
      cause: issued,
    })
    if (chance.happens(0.3))
      tell(later + 2 * HOUR, {
        ...billing,
        type: 'payment.chargeback',
        severity: 'ERROR',
        payload: { invoiceId, amount },
        cause: failed,
      })
  } else {
    tell(later, { ...billing, type: 'invoice.paid', payload: { invoiceId, amount }, cause: issued })
  }
}

export const order: Story = ({ chance, tell, fresh }, at, tenantId) => {
  const orderId = `order-${fresh()}`
  const shop = { source: 'shop', subject: orderId, tenantId, correlationId: orderId }
  const created = tell(at, {
    ...shop,
    type: 'order.created',
    payload: { orderId, customer: chance.pick(PEOPLE), lines: chance.between(1, 9) },
  })
  const paid = tell(at + chance.between(20 * SECOND, 5 * MINUTE), {
    ...shop,
    type: 'order.paid',
    payload: { orderId },
    cause: created,
  })
  if (chance.happens(0.7))
    tell(at + chance.between(HOUR, 10 * HOUR), {
      ...shop,
      type: 'order.shipped',
      payload: { orderId, carrier: chance.pick(['DHL', 'UPS', 'GLS']) },
      cause: paid,
    })
}

/** A service becomes unhealthy. It is restarted until it recovers, or until an operator is alerted. */
function outage({ chance, tell, fresh }: Teller, at: number, tenantId: string | null): void {
  const service = chance.pick(SERVICES)
  const about = { subject: service, tenantId, correlationId: `heal-${fresh()}` }
  const error = chance.pick(['answered 503', 'connection refused', 'no answer within 5000 ms'])
  const health = { ...about, type: 'service.health.failed', source: 'aether-command-center' }
  let cause = tell(at, { ...health, payload: { service, error, consecutiveFailures: 1 } })
  cause = tell(at + 15 * SECOND, { ...health, payload: { service, error, consecutiveFailures: 2 }, cause })
  let time = at + 17 * SECOND
  for (let attempt = 1; attempt <= 3; attempt++) {
    const healer = { ...about, source: 'aether-auto-heal' }
    const attempted = tell(time, {
      ...healer,
      type: 'autoheal.attempted',
      payload: { service, reason: error, attempt },
      cause,
    })
    const durationMs = chance.between(2_500, 14_000)
    time += durationMs
    if (chance.happens(attempt === 1 ? 0.8 : 0.35)) {
      tell(time, { ...healer, type: 'autoheal.succeeded', payload: { service, attempt, durationMs }, cause: attempted })
      return
    }
    const failed = 'still unhealthy after the restart'
    cause = tell(time, {
      ...healer,
      type: 'autoheal.failed',
      payload: { service, error: failed, attempt },
      cause: attempted,
    })
    time += 30 * SECOND * attempt
  }
  tell(time, {
    ...about,
    type: 'ops.alert.raised',
    source: 'aetherlink',
    subject: 'autoheal-failures-spike',
    payload: {
      ruleName: 'autoheal-failures-spike',
      severity: 'critical',
      source: 'aether-auto-heal',
      matched: 3,
      threshold: 3,
      windowSeconds: 300,
      filters: { eventType: 'autoheal.failed', source: null, severity: 'error' },
    },
    cause,
  })
}

function deployment({ chance, tell, fresh }: Teller, at: number, tenantId: string | null): void {
  const service = chance.pick(SERVICES)
  const about = { source: 'aether-command-center', subject: service, tenantId, correlationId: `deploy-${fresh()}` }
  const gone = tell(at, { ...about, type: 'service.unregistered', payload: { service, reason: 'it said goodbye' } })
  const payload = {
    service,
    url: `http://${service}:8080`,
    version: `1.${chance.between(20, 24)}.${chance.between(0, 9)}`,
  }
  tell(at + chance.between(8, 50) * SECOND, { ...about, type: 'service.registered', payload, cause: gone })
}

const trespass: Story = ({ chance, tell }, at, tenantId) => {
  const actor = chance.pick(['dana', 'kim', 'reports-job'])
  const action = chance.pick(['replayDelivery', 'deleteWebhook', 'registerEventType'])
  const payload = { actor, action, required: 'OPERATOR', roles: ['VIEWER'] }
  tell(at, { type: 'security.rbac.violation', source: 'aetherlink', subject: actor, tenantId, payload })
}

const job: Story = ({ chance, tell }, at, tenantId) => {
  const name = chance.pick(['backup', 'reports', 'import-rates'])
  const failed = chance.happens(0.1)
  const payload = { job: name, durationMs: chance.between(900, 240_000) }
  tell(at, {
    type: failed ? 'job.failed' : 'job.completed',
    severity: failed ? 'ERROR' : 'INFO',
    source: 'cron',
    subject: name,
    tenantId,
    payload,
  })
}

export function pruning({ chance, tell }: Teller, at: number): void {
  for (const tenantId of [null, 'tenant-1', 'tenant-2', 'tenant-acme', 'tenant-demo']) {
    const retentionDays = tenantId === 'tenant-acme' ? 90 : 30
    const payload = {
      pruned_count: chance.between(300, 1_400),
      cutoff: new Date(at - retentionDays * DAY).toISOString(),
      retention_days: retentionDays,
      archived: false,
      strategy: 'delete',
    }
    tell(at + chance.between(0, 900), { type: 'ops.events.pruned', source: 'aetherlink', tenantId, payload })
  }
}

export function maintenance({ tell }: Teller, at: number): void {
  const payload = {
    from: new Date(at + DAY).toISOString(),
    minutes: 20,
    message: 'The database is moved. Deliveries wait meanwhile.',
  }
  tell(at, { type: 'platform.maintenance.scheduled', source: 'platform', tenantId: null, payload })
}

const platform =
  (story: (teller: Teller, at: number, tenantId: null) => void): Story =>
  (teller, at) =>
    story(teller, at, null)

/** The scenarios, each with its frequency and its tenants. */
export const STORIES: readonly (readonly [weight: number, item: readonly [Story, tenantId: string]])[] = [
  [14, [invoice, 'tenant-1']],
  [8, [lead, 'tenant-1']],
  [2, [outage, 'tenant-1']],
  [14, [order, 'tenant-2']],
  [3, [activity, 'tenant-2']],
  [1, [outage, 'tenant-2']],
  [13, [lead, 'tenant-acme']],
  [8, [activity, 'tenant-acme']],
  [4, [invoice, 'tenant-acme']],
  [2, [outage, 'tenant-acme']],
  [1, [deployment, 'tenant-acme']],
  [13, [order, 'tenant-demo']],
  [3, [lead, 'tenant-demo']],
  [1, [outage, 'tenant-demo']],
  [3, [job, 'default']],
  [1, [trespass, 'tenant-acme']],
  [1, [trespass, 'tenant-1']],
  [3, [platform(outage), '']],
  [1, [platform(deployment), '']],
]
