/** An entry of ALERT_WEBHOOKS. `url` is a secret: it is never logged. */
export interface AlertWebhookSetting {
  kind: 'STANDARD' | 'SLACK' | 'TEAMS' | 'DISCORD'
  url: string
}

/** Prefixes that name the format of a URL whose host does not show it: slack+https://relay.internal/alerts. */
const PREFIXES: Readonly<Record<string, AlertWebhookSetting['kind']>> = {
  slack: 'SLACK',
  teams: 'TEAMS',
  discord: 'DISCORD',
  json: 'STANDARD',
}
const PREFIXED = /^([a-z]+)\+(https?:.*)$/i

/**
 * How the URLs of each service's incoming webhooks look: the hosts, including their subdomains, and the start of the
 * path.
 */
const SERVICES: readonly { kind: AlertWebhookSetting['kind']; hosts: readonly string[]; path: string }[] = [
  { kind: 'SLACK', hosts: ['hooks.slack.com', 'hooks.slack-gov.com'], path: '/' },
  { kind: 'TEAMS', hosts: ['webhook.office.com', 'logic.azure.com', 'powerplatform.com'], path: '/' },
  { kind: 'TEAMS', hosts: ['outlook.office.com', 'outlook.office365.com'], path: '/webhook' },
  { kind: 'DISCORD', hosts: ['discord.com', 'discordapp.com'], path: '/api/webhooks/' },
]

/** Reads one entry of ALERT_WEBHOOKS; null if it is not an http or https URL, or names an unknown format. */
export function readAlertWebhook(entry: string): AlertWebhookSetting | null {
  const [, prefix, rest] = PREFIXED.exec(entry) ?? []
  const text = rest ?? entry
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) return null
  if (prefix === undefined) return { kind: kindOf(url), url: text }
  const kind = PREFIXES[prefix.toLowerCase()]
  return kind ? { kind, url: text } : null
}

function kindOf({ hostname, pathname }: URL): AlertWebhookSetting['kind'] {
  const service = SERVICES.find(
    ({ hosts, path }) =>
      pathname.startsWith(path) && hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`)),
  )
  return service?.kind ?? 'STANDARD'
}
