import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Behaviour, hang, ok, type Receiver, redirect, startReceiver } from './receivers.ts'

/** HTTP servers that imitate AI vendors. They can also misbehave. */

export type VendorName = 'claude' | 'ollama' | 'openai'
export const VENDOR_NAMES: readonly VendorName[] = ['claude', 'ollama', 'openai']

export interface VendorServer extends Receiver {
  /** The server's address, in the format of a setting. */
  origin: string
}

export async function startVendor(behaviour: Behaviour = hang()): Promise<VendorServer> {
  const receiver = await startReceiver(behaviour)
  return Object.assign(receiver, { origin: new URL(receiver.url).origin })
}

/** Why the model stopped: it had finished, the answer became too long, or the vendor's filter stopped it. */
type Finish = 'stop' | 'length' | 'filter'

/** A response of the vendor with this `text`. */
export function says(vendor: VendorName, text: string, finish: Finish = 'stop'): Behaviour {
  return ok(200, JSON.stringify(bodyOf(vendor, text, finish)), { 'content-type': 'application/json' })
}

export const answers = (vendor: VendorName, output: unknown): Behaviour => says(vendor, JSON.stringify(output))

/** Announces a complete response, but disconnects in the middle. */
export const breaksOff =
  (vendor: VendorName): Behaviour =>
  ({ response }) => {
    const text = JSON.stringify(bodyOf(vendor, '{"name":"Ada"}', 'stop'))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
    response.write(text.slice(0, text.length / 2), () => response.destroy())
  }

/** An error response of the vendor. */
export function fails(vendor: VendorName, code: number, type: string, headers: Record<string, string> = {}): Behaviour {
  // A vendor's error message may repeat the prompt, so the API must not forward the message.
  const message = `refused: ${SECRET_OF_THE_VENDOR}`
  const body =
    vendor === 'claude'
      ? { type: 'error', error: { type, message } }
      : { error: { message, type, param: null, code: type } }
  return ok(code, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

export const SECRET_OF_THE_VENDOR = 'words-of-a-vendor-that-nobody-sees'

export { hang, redirect }

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', filter: 'refusal' }
const FINISH_REASONS = { stop: 'stop', length: 'length', filter: 'content_filter' }

function bodyOf(vendor: VendorName, text: string, finish: Finish): object {
  if (vendor === 'claude')
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-haiku-4-5',
      content: [{ type: 'text', text }],
      stop_reason: STOP_REASONS[finish],
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 20 },
    }
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: vendor === 'ollama' ? 'llama3.2' : 'gpt-4.1-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: FINISH_REASONS[finish] }],
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  }
}

const ALL = ['extract-lead', 'summarize-activity', 'classify-intent', 'explain-incident']
const VENDOR = { claude: 'anthropic', ollama: 'ollama', openai: 'openai', local: 'local' }
const MODEL = { claude: 'claude-haiku-4-5', ollama: 'llama3.2', openai: 'gpt-4.1-mini', local: 'deterministic' }

/** The text of a descriptor file for the four providers. `over` overrides descriptors by provider name. */
export function descriptorFile(over: Partial<Record<keyof typeof VENDOR, object>> = {}): string {
  const names = ['claude', 'ollama', 'openai', 'local'] as const
  const providers = Object.fromEntries(
    names.map((name) => [
      name,
      { vendor: VENDOR[name], model: MODEL[name], capabilities: ALL, timeoutMs: 5_000, ...over[name] },
    ]),
  )
  const file = join(mkdtempSync(join(tmpdir(), 'ai-')), 'providers.yaml')
  writeFileSync(file, stringify({ version: 1, order: [...names], providers }))
  return file
}
