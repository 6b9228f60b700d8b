import { afterEach } from 'vitest'
import { parsePolicy, type Resolver } from '../../src/webhooks/send/address-guard.ts'
import { createSender, type Sender, type SendRequest, type SendResult } from '../../src/webhooks/send/send.ts'
import { type Behaviour, type Receiver, startReceiver } from '../servers/receivers.ts'

export const LOOPBACK = parsePolicy({ allowedCidrs: ['127.0.0.0/8', '::1/128'], httpsOnly: false })

/** A request to a webhook's URL. */
export const requestTo = (url: string, more: Partial<SendRequest> = {}): SendRequest => ({
  url,
  headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
  body: '{"type":"größe"}',
  timeoutMs: 10_000,
  ...more,
})

/**
 * Creates senders and receivers, and closes them after each test. To be called once in a test file, outside of its
 * tests.
 */
export function senders() {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  function sender(policy = LOOPBACK, resolver?: Resolver): Sender {
    const made = createSender(resolver ? { policy, resolver } : { policy })
    closing.push(() => made.close())
    return made
  }

  async function receiver(...how: Parameters<typeof startReceiver>): Promise<Receiver> {
    const made = await startReceiver(...how)
    closing.push(() => made.close())
    return made
  }

  return {
    sender,
    receiver,
    /** One POST to a receiver with this behaviour. */
    sendTo: async (behaviour: Behaviour, more: Partial<SendRequest> = {}): Promise<SendResult> =>
      sender().send(requestTo((await receiver(behaviour)).url, more)),
    /** Closes something else after the test. */
    closeAfterTest: (close: () => Promise<void>) => void closing.push(close),
  }
}
