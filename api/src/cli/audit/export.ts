import { type Command, Option } from 'commander'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { auditFlags } from '../flags/filters.ts'
import { text } from '../flags/parsers.ts'
import { download } from '../session/download.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

interface ExportOptions {
  format: 'ndjson' | 'csv'
  output?: string
}

export function addAuditExport(parent: Command, io: Io): void {
  const command = parent
    .command('export')
    .description('write every matching entry of the audit trail, oldest first, with the hashes of the chain')
    .addOption(new Option('--format <FORMAT>', 'format of the output').choices(['ndjson', 'csv']).default('ndjson'))
    .option('--output <FILE>', 'file to write instead of standard output; it appears when it is complete', text)
  addFilter(command, auditFlags).action(
    withSession(io, async (session, { format, output, ...options }: ExportOptions) => {
      await download(session, '/exports/audit', { format, ...filterFrom(auditFlags, options) }, output)
    }),
  )
}
