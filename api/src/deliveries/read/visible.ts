import type { Context } from '../../graphql/context.ts'
import { anyWebhookLoader } from '../../webhooks/loaders.ts'
import { seesSecretUrls, visibleText, visibleUrl } from '../../webhooks/visible-url.ts'

/** Something that a webhook's requests left behind; `targetUrl` is where they went, if it is known. */
interface Trace {
  webhookId: string
  targetUrl?: string
}

/** An error or an answer of a webhook's receiver, without its URL where that is a secret to the context's identity. */
export async function shownText(context: Context, { webhookId, targetUrl }: Trace, text: string): Promise<string> {
  const { identity } = context
  if (seesSecretUrls(identity)) return text
  const webhook = await anyWebhookLoader(context).load(webhookId)
  if (!webhook) return '…'
  return visibleText(identity, webhook, text, targetUrl === undefined ? [webhook.url] : [webhook.url, targetUrl])
}

/** The same for response headers. */
export async function shownHeaders<Headers>(context: Context, trace: Trace, headers: Headers): Promise<Headers> {
  if (seesSecretUrls(context.identity)) return headers
  return JSON.parse(await shownText(context, trace, JSON.stringify(headers)))
}

/** The URL that a delivery was sent to, as the context's identity may see it. */
export async function shownTarget(context: Context, trace: Required<Trace>): Promise<string> {
  if (seesSecretUrls(context.identity)) return trace.targetUrl
  const webhook = await anyWebhookLoader(context).load(trace.webhookId)
  return webhook ? visibleUrl(context.identity, webhook, trace.targetUrl) : '…'
}
