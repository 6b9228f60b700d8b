import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The pages for users (README.md and docs/), as data for tests. */

export const ROOT = join(import.meta.dirname, '../../..')

/** Paths from the root of the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .toSorted(),
]

export const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

export interface Block {
  /** The word after the opening fence: sh, graphql, python. */
  language: string
  text: string
  /** The line number of the opening fence, counted from 1. */
  line: number
}

/** The fenced code blocks of a page, including those in lists. */
export function codeOf(markdown: string): Block[] {
  return Array.from(
    markdown.matchAll(/^( *)```(\w+)[^\n]*\n([\s\S]*?)^\1```$/gm),
    ({ index, 2: language = '', 3: text = '' }) => ({
      language,
      text,
      line: markdown.slice(0, index).split('\n').length,
    }),
  )
}

export interface Inline {
  text: string
  line: number
}

/** The inline code in running text and in tables. In tables, `|` is escaped. */
export function inlineCodeOf(markdown: string): Inline[] {
  const prose = markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, (code) => code.replace(/[^\n]/g, ''))
  return prose
    .split('\n')
    .flatMap((text, i) =>
      Array.from(text.matchAll(/`([^`]+)`/g), ([, code = '']) => ({ text: code.replaceAll('\\|', '|'), line: i + 1 })),
    )
}
