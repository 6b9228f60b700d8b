import type { WebhookKind } from '../../../prisma/generated/client/enums.ts'
import { hasRole, type Identity } from '../identity/identity.ts'

/**
 * The URL of a chat service's incoming webhook is a secret, because it grants permission to post. Identities below
 * OPERATOR see its host and last characters, which suffice to distinguish URLs.
 */
export const seesSecretUrls = (identity: Identity): boolean => hasRole(identity, 'OPERATOR')

/** Whether the URL of a webhook is a secret. STANDARD webhooks sign their requests, so that their URL alone is of no use. */
export const hasSecretUrl = ({ kind }: { kind: WebhookKind }): boolean => kind !== 'STANDARD'

/** The same condition on the webhooks row `alias`, as SQL. */
export const secretUrlSql = (alias: string): string => `${alias}.kind <> 'STANDARD'`

/** URLs within a text, as this regular expression of PostgreSQL and of JavaScript finds them. */
export const URL_IN_TEXT = String.raw`https?://[^\s"'<>\\]+`
const URLS = new RegExp(URL_IN_TEXT, 'gi')

const SHOWN_CHARACTERS = 4

/** `https://hooks.slack.com/…x7F2`. A short path is left out as a whole. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return '…'
  const { origin, pathname, search } = new URL(url)
  const secret = pathname + search
  return `${origin}/…${secret.length >= 4 * SHOWN_CHARACTERS ? secret.slice(-SHOWN_CHARACTERS) : ''}`
}

/** A webhook's URL as an identity may see it. */
export const visibleUrl = (identity: Identity, webhook: { kind: WebhookKind }, url: string): string =>
  hasSecretUrl(webhook) && !seesSecretUrls(identity) ? maskUrl(url) : url

/**
 * Text from a webhook's requests (errors, answers) as an identity may see it. `urls` are the URLs it was sent to: a
 * text may contain only the path of one.
 */
export function visibleText(
  identity: Identity,
  webhook: { kind: WebhookKind },
  text: string,
  urls: readonly string[] = [],
): string {
  return seesSecretUrls(identity) ? text : publicText(webhook, text, urls)
}

/** The same for all identities: the form for events. */
export function publicText(webhook: { kind: WebhookKind }, text: string, urls: readonly string[]): string {
  if (!hasSecretUrl(webhook)) return text
  const paths = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).pathname] : [])).filter((path) => path !== '/')
  return paths.reduce((masked, path) => masked.replaceAll(path, '/…'), text.replace(URLS, maskUrl))
}
