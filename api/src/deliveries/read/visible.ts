import type { Context } from '../../graphql/context.ts'
import { anyWebhookLoader } from '../../webhooks/loaders.ts'
import { seesSecretUrls, visibleText, visibleUrl } from '../../webhooks/visible-url.ts'

/** Identifies the webhook whose request produced a text. `targetUrl` is the URL of the request, if known. */
interface Trace {
  webhookId: string
  targetUrl?: string
}

/**
 * An error or response from a webhook's receiver, as the identity may see it. The URL is masked if it is a secret and
 * the identity may not see it.
 */
export async function shownText(context: Context, { webhookId, targetUrl }: Trace, text: string): Promise<string> {
  const { identity } = context
  if (seesSecretUrls(identity)) return text
  const webhook = await anyWebhookLoader(context).load(webhookId)
  if (!webhook) return '…'
  return visibleText(identity, webhook, text, targetUrl === undefined ? [webhook.url] : [webhook.url, targetUrl])
}

/** Response headers with the URL masked, if the identity may not see it. */
export async function shownHeaders<Headers>(context: Context, trace: Trace, headers: Headers): Promise<Headers> {
  if (seesSecretUrls(context.identity)) return headers
  return JSON.parse(await shownText(context, trace, JSON.stringify(headers)))
}

/** The URL of a delivery as the context's identity may see it. */
export async function shownTarget(context: Context, trace: Required<Trace>): Promise<string> {
  if (seesSecretUrls(context.identity)) return trace.targetUrl
  const webhook = await anyWebhookLoader(context).load(trace.webhookId)
  return webhook ? visibleUrl(context.identity, webhook, trace.targetUrl) : '…'
}
