import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { SettingsError } from '../../env.ts'
import { INTENT_NAMES } from '../intents.ts'

/** The protocol of a provider: the vendor's own API, or the OpenAI-compatible chat completions of many servers. */
export const VENDORS = ['anthropic', 'openai', 'openai-compatible', 'ollama', 'local'] as const
export type Vendor = (typeof VENDORS)[number]

/** The longest timeout that a provider may have. No request has a longer one. */
const MAX_TIMEOUT_MS = 120_000
const DAY_SECONDS = 86_400

const whole = (min: number, max: number) => z.number().int().min(min).max(max)

const circuit = z.strictObject({
  failures: whole(1, 100).default(1),
  cooldownSeconds: whole(1, DAY_SECONDS).default(30),
  maxCooldownSeconds: whole(1, DAY_SECONDS).default(600),
})
export type CircuitSettings = z.output<typeof circuit>

const provider = z.strictObject({
  vendor: z.enum(VENDORS),
  tier: z.string().min(1).max(40).default('standard'),
  model: z.string().min(1).max(200),
  url: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
  apiKeyFile: z.string().min(1).optional(),
  capabilities: z.array(z.enum(INTENT_NAMES)).min(1),
  timeoutMs: whole(50, MAX_TIMEOUT_MS).default(8_000),
  weight: whole(1, 1_000).default(1),
  concurrency: whole(1, 1_000).default(8),
  circuit: circuit.prefault({}),
  healthCheckSeconds: whole(0, DAY_SECONDS).optional(),
})
export type ProviderSettings = z.output<typeof provider>

export const PROVIDER_NAME = /^[a-z][a-z0-9-]{0,30}$/
const name = z.string().regex(PROVIDER_NAME, 'expected a name of lower-case letters, digits and -')

const descriptor = z.strictObject({
  version: z.literal(1),
  order: z.array(z.union([name, z.array(name).min(1)])).min(1),
  providers: z.record(name, provider),
})

export interface Descriptor {
  /** The file that the descriptor was read from. A relative `apiKeyFile` is resolved against this file's folder. */
  path: string
  /**
   * Groups of providers in the order in which they are tried. The providers of a group share the load by their weights.
   */
  order: readonly (readonly string[])[]
  providers: ReadonlyMap<string, ProviderSettings>
}

/**
 * Reads and checks a descriptor of providers; `path` null reads the one that AetherLink ships. `order` is
 * PROVIDER_ORDER, which replaces the order in the file. Throws SettingsError with every wrong field, its value and the
 * expected one.
 */
export function loadDescriptor(path: string | null, order: Descriptor['order'] | null): Descriptor {
  const file = path === null ? shippedFile() : resolve(path)
  const parsed = descriptor.safeParse(readYaml(file))
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`)
    throw new SettingsError(`AI_PROVIDERS_FILE ${file} is invalid:\n  ${lines.join('\n  ')}`)
  }
  const providers = new Map(Object.entries(parsed.data.providers))
  const groups = order ?? parsed.data.order.map((group) => (Array.isArray(group) ? group : [group]))
  const named = groups.flat()
  const setting = order === null ? `order in ${file}` : 'PROVIDER_ORDER'
  const unknown = named.filter((one) => !providers.has(one))
  if (unknown.length > 0)
    throw new SettingsError(
      `${setting} names ${unknown.join(', ')}; expected the providers of ${file}: ${[...providers.keys()].join(', ')}`,
    )
  const repeated = named.filter((one, i) => named.indexOf(one) !== i)
  if (repeated.length > 0) throw new SettingsError(`${setting} names ${repeated.join(', ')} more than once`)
  return { path: file, order: groups, providers }
}

/**
 * The key in `apiKeyFile`, without a final line break. Throws SettingsError when the file is empty or cannot be read.
 */
export function readApiKey(descriptorPath: string, providerName: string, apiKeyFile: string): string {
  const file = resolve(dirname(descriptorPath), apiKeyFile)
  let key: string
  try {
    key = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new SettingsError(`providers.${providerName}.apiKeyFile: ${file} cannot be read: ${messageOf(error)}`)
  }
  if (key === '') throw new SettingsError(`providers.${providerName}.apiKeyFile: ${file} is empty; expected an API key`)
  return key
}

function readYaml(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SettingsError(`AI_PROVIDERS_FILE names ${file}, which cannot be read: ${messageOf(error)}`)
  }
  try {
    return parse(text)
  } catch (error) {
    throw new SettingsError(`AI_PROVIDERS_FILE ${file} is not valid YAML: ${messageOf(error)}`)
  }
}

/**
 * The path of the shipped descriptor. It is searched upwards, because the sources and the bundle lie at different
 * depths below the folder that holds ops/.
 */
function shippedFile(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'ops/ai-providers.yaml')
    if (existsSync(file)) return file
    if (dirname(folder) === folder)
      throw new SettingsError('ops/ai-providers.yaml is missing; set AI_PROVIDERS_FILE to the path of a descriptor')
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
