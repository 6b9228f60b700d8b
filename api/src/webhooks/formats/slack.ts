import type { Fact, Message } from './message.ts'

/**
 * A message for a Slack webhook, as mrkdwn text. Slack's limit of 40,000 characters cannot be reached, because the
 * parts of a message are much shorter.
 */
export function renderSlack(message: Message): string {
  const lines = [`:${message.emoji.name}: *${escaped(message.title)}*`]
  for (const fact of message.facts) lines.push(`*${fact.name}:* ${factText(fact)}`)
  lines.push(`*Time:* ${message.time}`)
  for (const { name, items } of message.lists)
    lines.push(`*${name}:*`, ...items.map((value) => `• ${factText({ name, value })}`))
  if (message.link !== null) lines.push(`<${message.link.url}|${escaped(message.link.text)}>`)
  if (message.excerpt !== null) lines.push(`\`\`\`${code(message.excerpt)}\`\`\``)
  return JSON.stringify({ text: lines.join('\n') })
}

const factText = (fact: Fact) =>
  fact.value.map(({ kind, text }) => (kind === 'external' ? `\`${code(text)}\`` : escaped(text))).join('')

/** A value in code formatting. There, only the backtick and Slack's own escapes (links, mentions) have a meaning. */
const code = (text: string) => escaped(text.replaceAll('`', "'"))

/** Escapes text for Slack: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
