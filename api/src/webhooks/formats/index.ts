import type { WebhookKind } from '../../../../prisma/generated/client/enums.ts'
import { alertMessage, isAlertEvent } from './alert-message.ts'
import { renderDiscord } from './discord.ts'
import type { RenderableEvent, RenderedBody } from './event.ts'
import { eventMessage, type Message } from './message.ts'
import { renderSlack } from './slack.ts'
import { renderStandard } from './standard.ts'
import { renderTeams } from './teams.ts'

export type { RenderableEvent, RenderedBody } from './event.ts'

const messageOf = (event: RenderableEvent): Message => (isAlertEvent(event) ? alertMessage(event) : eventMessage(event))

const RENDERERS: Readonly<Record<WebhookKind, (event: RenderableEvent) => string>> = {
  STANDARD: renderStandard,
  SLACK: (event) => renderSlack(messageOf(event)),
  TEAMS: (event) => renderTeams(messageOf(event)),
  DISCORD: (event) => renderDiscord(messageOf(event)),
}

/**
 * The body of the request for an event. An event always gives the same bytes, at every retry and replay, because
 * receivers may compare them.
 */
export function renderBody(kind: WebhookKind, event: RenderableEvent): RenderedBody {
  return { body: RENDERERS[kind](event), contentType: 'application/json' }
}
