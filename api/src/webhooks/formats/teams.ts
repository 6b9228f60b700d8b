import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { Fact, Message } from './message.ts'

const COLORS: Readonly<Record<Severity, string>> = {
  INFO: 'accent',
  WARNING: 'warning',
  ERROR: 'attention',
  CRITICAL: 'attention',
}

/**
 * A message for Microsoft Teams (incoming webhooks and workflows), with an Adaptive Card. The limit of 28 KB cannot be
 * reached, because the parts of a message are much shorter. See
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
 */
export function renderTeams(message: Message): string {
  const { title, severity, emoji, facts, lists, excerpt, link, time } = message
  const body: unknown[] = [
    {
      type: 'TextBlock',
      size: 'Medium',
      weight: 'Bolder',
      wrap: true,
      color: COLORS[severity],
      text: `${emoji.sign} ${plain(title)}`,
    },
    {
      type: 'FactSet',
      facts: [...facts.map((fact) => ({ title: fact.name, value: factText(fact) })), { title: 'Time', value: time }],
    },
  ]
  for (const { name, items } of lists) {
    const lines = items.map((value) => `- ${factText({ name, value })}`)
    body.push({ type: 'TextBlock', wrap: true, text: `${name}:\n\n${lines.join('\n')}` })
  }
  if (excerpt !== null)
    body.push({ type: 'TextBlock', wrap: true, fontType: 'Monospace', size: 'Small', text: plain(excerpt) })
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    ...(link !== null && { actions: [{ type: 'Action.OpenUrl', title: link.text, url: link.url }] }),
  }
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return JSON.stringify({ type: 'message', attachments: [attachment] })
}

const factText = (fact: Fact) => fact.value.map(({ kind, text }) => (kind === 'external' ? plain(text) : text)).join('')

/**
 * Cards support some Markdown, and some clients ignore escape characters. So text that would become a link is separated
 * by a space.
 */
const plain = (text: string) => text.replaceAll('](', '] (')
