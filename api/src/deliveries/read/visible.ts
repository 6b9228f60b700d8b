import type { Context } from '../../graphql/context.ts'
import { anyWebhookLoader } from '../../webhooks/loaders.ts'
import { seesSecretUrls, visibleText, visibleUrl } from '../../webhooks/visible-url.ts'

/** A stored trace of a webhook's requests; `targetUrl` is their URL if known. */
interface Trace {
  webhookId: string
  targetUrl?: string
}

/** An error or response of a webhook's receiver. Its URL is masked if it is a secret to the context's identity. */
export async function shownText(context: Context, { webhookId, targetUrl }: Trace, text: string): Promise<string> {
  const { identity } = context
  if (seesSecretUrls(identity)) return text
  const webhook = await anyWebhookLoader(context).load(webhookId)
  if (!webhook) return '…'
  return visibleText(identity, webhook, text, targetUrl === undefined ? [webhook.url] : [webhook.url, targetUrl])
}

/** Masks the URL in response headers. */
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
