import type { Command } from 'commander'
import { EXIT, Failure } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

export function addMcp(program: Command, io: Io): void {
  program
    .command('mcp')
    .description('run an MCP server on standard input and output, for an AI assistant that starts commands')
    .action(
      withSession(io, async ({ api: { url, key } }) => {
        if (key === null)
          throw new Failure('no API key is set', {
            code: 'UNAUTHENTICATED',
            exitCode: EXIT.forbidden,
            hint: 'set AETHERLINK_KEY; the assistant has the role and tenant of that key',
          })
        const { runMcpStdio } = await import('../../mcp/stdio.ts')
        await runMcpStdio({ url, key })
      }),
    )
}
