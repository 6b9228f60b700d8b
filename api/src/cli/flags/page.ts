import type { Command } from 'commander'
import type { Output } from '../output/output.ts'
import { count } from '../output/text.ts'
import { text, whole } from './parsers.ts'

export interface PageOptions {
  first: number
  after?: string
}

interface Page<Node> {
  nodes: readonly Node[]
  totalCount?: number
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}

/** The API's maximum number of rows in a page. */
const LARGEST_PAGE = 200

export const addPaging = (command: Command): Command =>
  command
    .option('--first <NUMBER>', 'maximum number of rows; more than 200 require several requests', whole(1), 50)
    .option('--after <CURSOR>', 'only rows after this position: `endCursor` of an earlier page', text)

/** Reads the first rows of a list, in as many pages as needed. A page has at most `largest` rows. */
export async function collect<Node>(
  { first, after }: PageOptions,
  read: (page: { first: number; after: string | undefined }) => Promise<Page<Node>>,
  largest = LARGEST_PAGE,
): Promise<Page<Node>> {
  const nodes: Node[] = []
  let place = after
  for (;;) {
    const page = await read({ first: Math.min(largest, first - nodes.length), after: place })
    nodes.push(...page.nodes)
    place = page.pageInfo.endCursor ?? undefined
    if (!page.pageInfo.hasNextPage || nodes.length >= first || place === undefined) return { ...page, nodes }
  }
}

/** If a list has more rows than were shown, prints how to see them. */
export function noteRest<Node>(out: Output, { nodes, totalCount, pageInfo }: Page<Node>): void {
  if (!pageInfo.hasNextPage) return
  const all = totalCount === undefined ? '' : ` of ${count(totalCount)}`
  out.note(`${count(nodes.length)}${all} shown; more with --first, or --after ${pageInfo.endCursor}`)
}
