import type { Role } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { CONTROL } from '../kit/one-line.ts'
import { truncate } from '../kit/truncate.ts'
import { AddressError, checkUrl, resolveAndCheck } from '../webhooks/send/address-guard.ts'
import { probePolicy } from './probe/policy.ts'

/** The description with which a service registers. Null counts as absent. */
export interface RegisterServiceInput {
  name: string
  url: string
  healthUrl?: string | null
  version?: string | null
  rolesRequired?: readonly Role[] | null
  tags?: readonly string[] | null
  dependsOn?: readonly string[] | null
  owner?: string | null
  ttlSeconds?: number | null
  /** The process that registers. */
  instance?: string | null
}

/** A checked registration, as it is stored. */
export interface Particulars {
  url: string
  /** Empty if the service is not probed. */
  healthUrl: string
  version: string | null
  rolesRequired: Role[]
  tags: string[]
  dependsOn: string[]
  owner: string | null
  ttlSeconds: number | null
}

/** The format of container names and host names, so that a service can have the same name as its container and host. */
const NAME = /^[A-Za-z0-9][\w.-]{0,127}$/
const NAME_FORM = '1 to 128 letters, digits, ., _ and -, beginning with a letter or digit'
const MAX_ITEMS = 50
const MAX_TEXT = 200
const MAX_URL = 2_048
const MIN_TTL = 5
const MAX_TTL = 86_400

/** Checks a name that refers to an existing service. Throws BAD_USER_INPUT. */
export function checkServiceName(name: string, path: readonly string[]): void {
  const issues: InputIssue[] = []
  checkName(name, path, issues)
  if (issues.length > 0) throw badInputs(issues)
}

/** Checks the name of an instance of a service. Throws BAD_USER_INPUT. */
export function checkInstance(instance: string, path: readonly string[]): void {
  const issues: InputIssue[] = []
  checkText(instance, path, issues)
  if (issues.length > 0) throw badInputs(issues)
}

function checkName(name: string, path: readonly string[], issues: InputIssue[]): void {
  if (!NAME.test(name))
    issues.push({ path: [...path], message: `is ${JSON.stringify(truncate(name, 60))}; expected ${NAME_FORM}` })
}

/**
 * Checks a registration. Health probes must be allowed to reach the health URL, both as it is written and as its host
 * name resolves now (which may take 3 s). The default of `healthUrl` is `<url>/ping`. Throws BAD_USER_INPUT with every
 * problem.
 */
export async function checkRegistration(
  core: Pick<AppContext, 'env'>,
  input: RegisterServiceInput,
): Promise<Particulars> {
  const issues: InputIssue[] = []
  const at = (field: string) => ['input', field]
  checkName(input.name, at('name'), issues)
  for (const field of ['version', 'owner', 'instance'] as const) checkText(input[field], at(field), issues)
  checkList(input.tags, at('tags'), issues, checkText)
  checkList(input.dependsOn, at('dependsOn'), issues, checkName)
  const { ttlSeconds = null } = input
  if (ttlSeconds !== null && (ttlSeconds < MIN_TTL || ttlSeconds > MAX_TTL))
    issues.push({ path: at('ttlSeconds'), message: `is ${ttlSeconds}; expected ${MIN_TTL} to ${MAX_TTL}` })
  if (input.healthUrl === '' && ttlSeconds === null)
    issues.push({
      path: at('ttlSeconds'),
      message: 'is missing; it is required without a healthUrl, because then only heartbeats count',
    })
  checkServiceUrl(input, at('url'), issues)
  const healthUrl = input.healthUrl ?? defaultHealthUrl(input.url)
  // The default health URL is derived from the URL. If that is invalid, the same error would be reported twice.
  if (healthUrl !== '' && !issues.some(({ path }) => path[1] === 'url')) {
    const path = input.healthUrl == null ? at('url') : at('healthUrl')
    await resolveAndCheck(healthUrl, probePolicy(core.env)).catch((error: unknown) => {
      if (!(error instanceof AddressError)) throw error
      issues.push({ path, message: error.message })
    })
  }
  if (issues.length > 0) throw badInputs(issues)
  return {
    url: input.url,
    healthUrl,
    version: input.version ?? null,
    rolesRequired: [...new Set(input.rolesRequired ?? [])],
    tags: [...new Set(input.tags ?? [])],
    dependsOn: [...new Set(input.dependsOn ?? [])],
    owner: input.owner ?? null,
    ttlSeconds,
  }
}

/**
 * Checks the URL of a service. If the service is not probed, any protocol is allowed, because the URL is only shown.
 */
function checkServiceUrl({ url, healthUrl }: RegisterServiceInput, path: string[], issues: InputIssue[]): void {
  if (url.length > MAX_URL || CONTROL.test(url) || !URL.canParse(url))
    return void issues.push({
      path,
      message: `is not a URL of at most ${MAX_URL} characters; expected http://host:port`,
    })
  const { protocol, username, password } = new URL(url)
  if (username !== '' || password !== '')
    return void issues.push({
      path,
      message: 'contains a user name or password, which everybody who sees the service would see',
    })
  if (healthUrl == null && protocol !== 'http:' && protocol !== 'https:')
    issues.push({
      path,
      message: `is ${protocol}, which has no /ping to request; set a healthUrl, or "" and a ttlSeconds`,
    })
}

/** The health URL `<url>/ping`, whether or not the URL ends with a slash. */
const defaultHealthUrl = (url: string) => `${url.replace(/\/+$/, '')}/ping`

/** Whether health probes may reach a URL as it is written. Host names are resolved and checked only at the probe. */
export function isProbeable(core: Pick<AppContext, 'env'>, url: string): boolean {
  try {
    checkUrl(url, probePolicy(core.env))
    return true
  } catch (error) {
    if (error instanceof AddressError) return false
    throw error
  }
}

function checkText(text: string | null | undefined, path: readonly string[], issues: InputIssue[]): void {
  if (text == null) return
  if (text.trim() === '' || text.length > MAX_TEXT)
    issues.push({ path: [...path], message: `has ${text.length} characters; expected 1 to ${MAX_TEXT}` })
  else if (CONTROL.test(text)) issues.push({ path: [...path], message: 'has a control character or a line break' })
}

function checkList(
  items: readonly string[] | null | undefined,
  path: readonly string[],
  issues: InputIssue[],
  check: (item: string, path: readonly string[], issues: InputIssue[]) => void,
): void {
  if (items == null) return
  if (items.length > MAX_ITEMS)
    return void issues.push({ path: [...path], message: `has ${items.length} items; expected at most ${MAX_ITEMS}` })
  for (const [i, item] of items.entries()) check(item, [...path, String(i)], issues)
}
