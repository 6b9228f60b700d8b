import { span } from '@/lib/format/time.ts'
import type { BulkReplayRowFragment } from '@/lib/graphql.ts'
import { actorText, counted, SKIP_REASONS, totalText } from './words.ts'

/** Escapes characters that have a meaning in Markdown. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/\s+/g, ' ')

const utc = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`

/** The result of a bulk replay as Markdown for a chat. `url` is its page in the console. */
export function summaryMarkdown(replay: BulkReplayRowFragment, url: string): string {
  const { delivered, failed, replayed, skips, startedBy, reason, createdAt, finishedAt, status, error } = replay
  const took = finishedAt ? `, finished after ${span(Date.parse(finishedAt) - Date.parse(createdAt))}` : ''
  const open = replayed - delivered - failed
  const lines = [
    `**Bulk replay${status === 'CANCELLED' ? ' (stopped)' : ''}: ${counted(delivered)} of ${totalText(replay)} arrived**`,
    `- Started ${utc(createdAt)} by ${escaped(actorText(startedBy))}${took}`,
    ...(reason ? [`- Reason: ${escaped(reason)}`] : []),
    ...(failed > 0 ? [`- ${counted(failed)} failed`] : []),
    ...(open > 0 ? [`- ${counted(open)} on the way`] : []),
    ...skips.map(({ reason: why, count }) => `- ${counted(count)} skipped: ${SKIP_REASONS[why]}`),
    ...(error ? [`- Error: ${escaped(error)}`] : []),
    `- [Details](${url})`,
  ]
  return lines.join('\n')
}
