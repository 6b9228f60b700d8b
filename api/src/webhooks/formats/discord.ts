import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { truncateText } from './event.ts'
import type { Fact, Message } from './message.ts'

/** Limits of Discord: https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const MAX_CONTENT = 2000
const MAX_DESCRIPTION = 4096
const MAX_FIELD = 1024

const COLORS: Readonly<Record<Severity, number>> = {
  INFO: 0x3498db,
  WARNING: 0xf1c40f,
  ERROR: 0xe67e22,
  CRITICAL: 0xe74c3c,
}

/** A message for a Discord webhook: one line as the content, the rest as an embed. Mentions are disabled. */
export function renderDiscord(message: Message): string {
  return JSON.stringify({
    content: truncateText(`${message.emoji.sign} **${escaped(message.title)}**`, MAX_CONTENT),
    embeds: [
      {
        color: COLORS[message.severity],
        ...(message.excerpt !== null && {
          description: truncateText(`\`\`\`json\n${code(message.excerpt)}\n\`\`\``, MAX_DESCRIPTION),
        }),
        ...(message.link !== null && { title: message.link.text, url: message.link.url }),
        fields: [
          ...message.facts.map((fact) => ({
            name: fact.name,
            value: truncateText(factText(fact), MAX_FIELD),
            inline: fact.value.length === 1,
          })),
          ...message.lists.map(({ name, items }) => ({
            name,
            value: truncateText(items.map((value) => `• ${factText({ name, value })}`).join('\n'), MAX_FIELD),
            inline: false,
          })),
        ],
        timestamp: message.time,
      },
    ],
    allowed_mentions: { parse: [] },
  })
}

const factText = (fact: Fact) =>
  fact.value.map(({ kind, text }) => (kind === 'external' ? `\`${code(text)}\`` : text)).join('')

const code = (text: string) => text.replaceAll('`', "'")

const escaped = (text: string) => text.replace(/[\\*_~`|<>[\]()#:@-]/g, '\\$&')
