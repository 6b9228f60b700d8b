import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RenderableEvent, renderBody } from './index.ts'

const healed: RenderableEvent = {
  id: 'evt_01h455vb4pex5vsknk084sn02q',
  type: 'autoheal.failed',
  source: 'aether-auto-heal',
  severity: 'ERROR',
  subject: 'aether-crm',
  tenantId: 'tenant-acme',
  payloadText: '{"big":12345678901234567890, "container":"aether-crm"}',
  occurredAt: new Date('2026-03-01T12:00:00.123Z'),
  receivedAt: new Date('2026-03-01T12:00:01Z'),
  correlationId: 'corr-1',
  causationId: null,
}

const alert: RenderableEvent = {
  ...healed,
  type: 'ops.alert.raised',
  source: 'aetherlink',
  severity: 'CRITICAL',
  subject: null,
  payloadText: JSON.stringify({
    rule: 'rul_1',
    ruleName: 'autoheal-failures-spike',
    severity: 'critical',
    source: 'aether-auto-heal',
    matched: 4,
    threshold: 3,
    windowSeconds: 300,
    filters: { eventType: 'autoheal.failed', source: null, severity: 'error' },
  }),
}

const render = (kind: Parameters<typeof renderBody>[0], event: RenderableEvent) =>
  JSON.parse(renderBody(kind, event).body)

test('STANDARD contains the event, with the unmodified payload', () => {
  const { body, contentType } = renderBody('STANDARD', healed)
  expect(contentType).toBe('application/json')
  expect(body).toBe(
    '{"id":"evt_01h455vb4pex5vsknk084sn02q","type":"autoheal.failed","timestamp":"2026-03-01T12:00:00.123Z",' +
      '"source":"aether-auto-heal","severity":"ERROR","subject":"aether-crm","tenantId":"tenant-acme","correlationId":"corr-1",' +
      '"data":{"big":12345678901234567890, "container":"aether-crm"}}',
  )
})

test('an alert message has the rule, severity, source, count, window, filters, tenant and time', () => {
  expect(render('SLACK', alert).text).toBe(
    [
      ':rotating_light: *AetherLink Alert Triggered*',
      '*Rule:* `autoheal-failures-spike`',
      '*Severity:* CRITICAL',
      '*Source:* `aether-auto-heal`',
      '*Matched:* 4/3 events in 300s',
      '*Filters:* event type `autoheal.failed`, source `any`, severity `ERROR`',
      '*Tenant:* `tenant-acme`',
      '*Time:* 2026-03-01T12:00:00.123Z',
    ].join('\n'),
  )
  const card = render('TEAMS', alert)
  expect(card).toMatchObject({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard', version: '1.4' } },
    ],
  })
  expect(card.attachments[0].content.body[0].text).toBe('🚨 AetherLink Alert Triggered')
  expect(card.attachments[0].content.body[1].facts).toEqual([
    { title: 'Rule', value: 'autoheal-failures-spike' },
    { title: 'Severity', value: 'CRITICAL' },
    { title: 'Source', value: 'aether-auto-heal' },
    { title: 'Matched', value: '4/3 events in 300s' },
    { title: 'Filters', value: 'event type autoheal.failed, source any, severity ERROR' },
    { title: 'Tenant', value: 'tenant-acme' },
    { title: 'Time', value: '2026-03-01T12:00:00.123Z' },
  ])
  const discord = render('DISCORD', alert)
  expect(discord.content).toBe('🚨 **AetherLink Alert Triggered**')
  expect(discord.embeds[0].fields).toContainEqual({ name: 'Matched', value: '4/3 events in 300s', inline: true })
  expect(discord.embeds[0].timestamp).toBe('2026-03-01T12:00:00.123Z')
})

test('an alert message also has its group, its reason, further alerts, the newest events and a link', () => {
  const link = 'https://console.example/alerts/alr_1'
  const payloadText = JSON.stringify({
    ...JSON.parse(alert.payloadText),
    group: { source: 'aether-auto-heal', 'payload.host': null },
    reason: '4 events matched within 5 min; the threshold is 3.',
    events: [
      { type: 'autoheal.failed', source: 'aether-auto-heal', subject: 'crm', receivedAt: '2026-03-01T12:00:00.000Z' },
    ],
    alertCount: 2,
    alerts: [
      { alert: 'alr_1', group: { source: 'a' }, matched: 4 },
      { alert: 'alr_2', group: { source: 'b' }, matched: 3 },
    ],
    link,
  })
  const told = { ...alert, payloadText }
  const slack = render('SLACK', told).text.split('\n')
  expect(slack[0]).toBe(':rotating_light: *AetherLink Alert Triggered: 2 alerts*')
  expect(slack).toEqual(
    expect.arrayContaining([
      '*Group:* `source=aether-auto-heal, payload.host=(none)`',
      '*Reason:* `4 events matched within 5 min; the threshold is 3.`',
      '• `source=b`: 3 events',
      '• `autoheal.failed` from `aether-auto-heal` about `crm` at `2026-03-01T12:00:00.000Z`',
      `<${link}|Open in AetherLink>`,
    ]),
  )
  const card = render('TEAMS', told).attachments[0].content
  expect(card.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open in AetherLink', url: link }])
  expect(JSON.stringify(card.body)).toContain('- autoheal.failed from aether-auto-heal about crm')
  const [embed] = render('DISCORD', told).embeds
  expect(embed.url).toBe(link)
  expect(embed.fields).toContainEqual({
    name: 'Alerts',
    value: '• `source=a`: 4 events\n• `source=b`: 3 events',
    inline: false,
  })
})

test.each([
  ['ops.alert.repeated', ':rotating_light: *AetherLink Alert Still Firing*'],
  ['ops.alert.acknowledged', ':eyes: *AetherLink Alert Acknowledged*'],
  ['ops.alert.resolved', ':white_check_mark: *AetherLink Alert Resolved*'],
])('%s says what became of the alert', (type, title) => {
  expect(render('SLACK', { ...alert, type, severity: 'INFO' }).text.split('\n')[0]).toBe(title)
})

test.each([
  'javascript:alert(1)',
  'https://x.example/a|b',
  'https://x.example/)',
  'no link',
  `https://x.example/${'a'.repeat(600)}`,
])('an alert does not lead to %s', (link) => {
  const told = { ...alert, payloadText: JSON.stringify({ ruleName: 'r', link }) }
  for (const kind of ['SLACK', 'TEAMS', 'DISCORD'] as const)
    expect(JSON.stringify(render(kind, told))).not.toContain('Open in')
})

test('the message of any other event describes it and shows the beginning of its payload', () => {
  expect(render('SLACK', healed).text).toBe(
    [
      ':x: *autoheal.failed*',
      '*Severity:* ERROR',
      '*Source:* `aether-auto-heal`',
      '*Subject:* `aether-crm`',
      '*Tenant:* `tenant-acme`',
      '*Time:* 2026-03-01T12:00:00.123Z',
      '```{"big":12345678901234567890, "container":"aether-crm"}```',
    ].join('\n'),
  )
  expect(render('DISCORD', healed).embeds[0].description).toBe(
    '```json\n{"big":12345678901234567890, "container":"aether-crm"}\n```',
  )
  expect(render('TEAMS', { ...healed, payloadText: '{}' }).attachments[0].content.body).toHaveLength(2)
})

test('external text never becomes a mention, a link or markup', () => {
  const nasty = '<!channel> [click](http://evil) @everyone `code` & *bold*'
  const event = { ...healed, type: nasty, source: nasty, payloadText: JSON.stringify({ nasty: `${nasty}\`\`\`` }) }
  const slack = render('SLACK', event).text
  expect(slack).not.toMatch(/<!|<http|````/)
  expect(slack).toContain("`&lt;!channel&gt; [click](http://evil) @everyone 'code' &amp; *bold*`")
  const discord = render('DISCORD', event)
  expect(discord.allowed_mentions).toEqual({ parse: [] })
  expect(discord.content).toContain('\\[click\\]\\(http')
  expect(discord.embeds[0].description.match(/```/g)).toHaveLength(2)
  expect(JSON.stringify(render('TEAMS', event))).not.toContain('](')
})

test("any event gives valid JSON, the same each time, within the vendors' limits", () => {
  const text = fc.string({ unit: 'binary', maxLength: 5000 })
  const event = fc.record({
    type: fc.oneof(fc.constantFrom('ops.alert.raised', 'ops.alert.resolved'), text),
    source: text,
    subject: fc.option(text),
    payloadText: fc.oneof(
      fc.json(),
      text.map((long) => {
        const group = { [long]: long, source: long }
        const item = { type: long, source: long, subject: long, receivedAt: long }
        return JSON.stringify({
          ruleName: long,
          filters: { eventType: long, source: long },
          group,
          reason: long,
          events: Array.from({ length: 20 }, () => item),
          alerts: Array.from({ length: 60 }, () => ({ alert: long, group, matched: 3 })),
          link: long,
          long,
        })
      }),
    ),
  })
  fc.assert(
    fc.property(event, (parts) => {
      const whole = { ...healed, ...parts }
      for (const kind of ['STANDARD', 'SLACK', 'TEAMS', 'DISCORD'] as const) {
        expect(renderBody(kind, { ...whole })).toEqual(renderBody(kind, whole))
      }
      expect(render('STANDARD', whole)).toMatchObject({ type: whole.type, data: JSON.parse(whole.payloadText) })
      expect(render('SLACK', whole).text.length).toBeLessThan(40_000)
      expect(Buffer.byteLength(renderBody('TEAMS', whole).body)).toBeLessThan(28 * 1024)
      const discord = render('DISCORD', whole)
      expect(discord.content.length).toBeLessThanOrEqual(2000)
      expect(discord.embeds[0].description?.length ?? 0).toBeLessThanOrEqual(4096)
      let total = discord.embeds[0].description?.length ?? 0
      for (const { name, value } of discord.embeds[0].fields) {
        expect(value.length).toBeGreaterThan(0)
        expect(value.length).toBeLessThanOrEqual(1024)
        total += name.length + value.length
      }
      expect(total).toBeLessThanOrEqual(6000)
    }),
    { numRuns: 300 },
  )
})

test('chat messages are cut between visible characters, after white space is collapsed', () => {
  const family = '👨‍👩‍👧‍👦'
  for (const kind of ['SLACK', 'TEAMS', 'DISCORD'] as const) {
    for (let before = 280; before < 300; before++) {
      const subject = `${'a'.repeat(before)}${family}${family}${family}`
      const { body } = renderBody(kind, { ...healed, subject })
      const shown = /a{280,}([^"`*]*?)…/u.exec(body)?.[1] ?? ''
      expect(shown.replaceAll(family, '')).toBe('')
    }
    const spaced = renderBody(kind, { ...healed, payloadText: `{${' '.repeat(5_000)}"word": 1}` }).body
    expect(spaced).toContain('word')
  }
})
