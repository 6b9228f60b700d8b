import type { WebhookKind } from '../../../prisma/generated/client/enums.ts'
import { hasRole, type Identity } from '../identity/identity.ts'

/**
 * Whether an identity may see secret URLs. The URL of a chat webhook is a secret, because anyone who knows it can post
 * messages. Identities below OPERATOR see only its host and last characters, which is enough to tell URLs apart.
 */
export const seesSecretUrls = (identity: Identity): boolean => hasRole(identity, 'OPERATOR')

/**
 * Whether the URL of a webhook is a secret. For STANDARD webhooks it is not: their requests are signed, so the URL
 * alone is useless.
 */
export const hasSecretUrl = ({ kind }: { kind: WebhookKind }): boolean => kind !== 'STANDARD'

/** The condition of `hasSecretUrl` as SQL on a row of webhooks with the alias `alias`. */
export const secretUrlSql = (alias: string): string => `${alias}.kind <> 'STANDARD'`

/** Finds URLs within a text. The expression is used both in PostgreSQL and in JavaScript. */
export const URL_IN_TEXT = String.raw`https?://[^\s"'<>\\]+`
const URLS = new RegExp(URL_IN_TEXT, 'gi')

const SHOWN_CHARACTERS = 4

/** For example `https://hooks.slack.com/…x7F2`. A short path is omitted completely. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return '…'
  const { origin, pathname, search } = new URL(url)
  const secret = pathname + search
  return `${origin}/…${secret.length >= 4 * SHOWN_CHARACTERS ? secret.slice(-SHOWN_CHARACTERS) : ''}`
}

/** The URL of a webhook, as an identity may see it. */
export const visibleUrl = (identity: Identity, webhook: { kind: WebhookKind }, url: string): string =>
  hasSecretUrl(webhook) && !seesSecretUrls(identity) ? maskUrl(url) : url

/**
 * A text from a webhook's requests (error or response), as an identity may see it. `urls` are the URLs to which the
 * requests were sent; they are needed because a text may contain only the path of a URL.
 */
export function visibleText(
  identity: Identity,
  webhook: { kind: WebhookKind },
  text: string,
  urls: readonly string[] = [],
): string {
  return seesSecretUrls(identity) ? text : publicText(webhook, text, urls)
}

/** The text for identities that may not see secret URLs. Events contain this text. */
export function publicText(webhook: { kind: WebhookKind }, text: string, urls: readonly string[]): string {
  if (!hasSecretUrl(webhook)) return text
  const paths = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).pathname] : [])).filter((path) => path !== '/')
  return paths.reduce((masked, path) => masked.replaceAll(path, '/…'), text.replace(URLS, maskUrl))
}
