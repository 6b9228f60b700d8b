import type { AppContext } from '../../app-context.ts'
import { systemCaller } from '../../audit/entry.ts'
import { SettingsError } from '../../env.ts'
import { AppError } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import type { AlertWebhookSetting } from '../../settings/alert-webhooks.ts'
import { createWebhook } from '../../webhooks/create.ts'

/** Shorter than the usual 15 s, so that a slow receiver of alerts does not occupy a slot for long. It gets a retry. */
const TIMEOUT_MS = 5_000
const EVENT_TYPES = ['ops.alert.*']

/**
 * Creates an installation-wide webhook for each URL of ALERT_WEBHOOKS. A URL that an installation-wide webhook has, or
 * had before its deletion, is skipped, so webhooks that an operator changed, paused or deleted stay as they are. An
 * advisory lock prevents duplicates when processes start together. Throws SettingsError for a URL that webhooks may not
 * reach.
 */
export async function ensureConfiguredWebhooks(core: AppContext): Promise<void> {
  const configured = core.env.ALERT_WEBHOOKS
  if (configured.length === 0) return
  await core.db.transaction(async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('aetherlink.alert-webhooks'))`)
    const { rows } = await client.query<{ url: string }>(
      'SELECT url FROM webhooks WHERE tenant_id IS NULL AND url = ANY ($1::text[])',
      [configured.map(({ url }) => url)],
    )
    const urls = new Set(rows.map(({ url }) => url))
    for (const [i, webhook] of configured.entries()) {
      if (urls.has(webhook.url)) continue
      urls.add(webhook.url)
      await create(core, webhook, i)
    }
  })
}

async function create(core: AppContext, { url, kind }: AlertWebhookSetting, index: number): Promise<void> {
  const { host } = new URL(url)
  try {
    const { webhook } = await createWebhook(core, systemCaller('alerts'), {
      name: `Alerts to ${host}`,
      url,
      kind,
      eventTypes: EVENT_TYPES,
      timeoutMs: TIMEOUT_MS,
    })
    core.log.info({ webhook: publicId('whk', webhook.id), host }, 'created a webhook of ALERT_WEBHOOKS')
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new SettingsError(`ALERT_WEBHOOKS: entry ${index + 1} (${host}) is refused: ${error.message}`)
  }
}
