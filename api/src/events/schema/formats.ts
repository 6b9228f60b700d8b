import { fullFormats } from 'ajv-formats/dist/formats.js'
import { createPatterns, type Pattern } from './patterns.ts'

/** The formats that the keyword `format` checks. An unknown format is not checked. */
export type Formats = ReadonlyMap<string, Format>

export interface Format {
  type: 'string' | 'number'
  holds(value: never): boolean
}

/**
 * The formats of ajv-formats. According to measurements with hostile inputs, all of them except `url` take linear time.
 */
export const FORMATS: Formats = new Map([
  ...Object.entries(fullFormats).flatMap(([name, defined]): [string, Format][] => {
    if (typeof defined === 'boolean' || typeof defined === 'string') return []
    const { type = 'string', validate } =
      typeof defined === 'object' && 'validate' in defined ? defined : { validate: defined }
    if (validate instanceof RegExp) return [[name, { type, holds: (text: string) => validate.test(text) }]]
    return typeof validate === 'function' ? [[name, { type, holds: validate as Format['holds'] }]] : []
  }),
  ['url', { type: 'string', holds: (text: string) => url().test(text) }],
])

let compiled: Pattern | undefined

/** The `url` format of ajv-formats without its lookahead: the host is a public IP address or a name with a dot. */
function url(): Pattern {
  if (compiled) return compiled
  const octet = '(?:1?\\d{1,2}|2[0-4]\\d|25[0-5])'
  const last = '(?:[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-4])'
  const free = '(?:[1-9]|1[1-9]|[2-9]\\d|1[013458]\\d|12[0-689]|16[0-8]|17[013-9]|19[013-9]|2[01]\\d|22[0-3])'
  const address = [
    `${free}\\.${octet}`,
    '169\\.(?:1?\\d{1,2}|2[0-4]\\d|25[0-35])',
    '192\\.(?:\\d{1,2}|1[0-57-9]\\d|16[0-79]|2[0-4]\\d|25[0-5])',
    '172\\.(?:\\d|0\\d|1[0-5]|3[2-9]|[4-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])',
  ].join('|')
  const letters = 'A-Za-z\\u{a1}-\\u{ffff}'
  const label = `(?:[${letters}0-9]+-)*[${letters}0-9]+`
  const host = `(?:(?:${address})\\.${octet}\\.${last}|${label}(?:\\.${label})*\\.[${letters}]{2,})`
  const scheme = '(?:[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp])'
  compiled = createPatterns().of(`^${scheme}://(?:\\S+(?::\\S*)?@)?${host}(?::\\d{2,5})?(?:/\\S*)?$`)
  return compiled
}
