import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { compileGlobs } from '../../kit/globs.ts'
import { publicId } from '../../kit/ids.ts'

/** The matchers of a silence. All given matchers have to match; an absent one matches anything. */
export interface Matchers {
  /** The id of a rule, or a glob of its name. */
  rule?: string
  severity?: Severity
  /** A glob. */
  source?: string
  /** A glob for each group field. A field that the alert does not have never matches. */
  group?: Record<string, string>
}

export interface SilenceScope {
  /** Null: the silence applies to alerts of every tenant. */
  tenantId: string | null
  matchers: Matchers
}

/** The fields of an alert that the matchers of a silence use. */
export interface MatchedAlert {
  ruleId: string
  ruleName: string
  tenantId: string | null
  severity: Severity
  source: string | null
  group: Readonly<Record<string, string | null>>
}

export function silenceMatches({ tenantId, matchers }: SilenceScope, alert: MatchedAlert): boolean {
  if (tenantId !== null && tenantId !== alert.tenantId) return false
  const { rule, severity, source, group } = matchers
  if (rule !== undefined && rule !== publicId('rul', alert.ruleId) && !globMatches(rule, alert.ruleName)) return false
  if (severity !== undefined && severity !== alert.severity) return false
  if (source !== undefined && !globMatches(source, alert.source)) return false
  return Object.entries(group ?? {}).every(([field, glob]) => globMatches(glob, alert.group[field] ?? null))
}

const globMatches = (glob: string, text: string | null) => text !== null && compileGlobs([glob])(text)
