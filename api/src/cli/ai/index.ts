import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addAiDrill } from './drill.ts'
import { addAiProviders } from './providers.ts'

export function addAi(program: Command, io: Io): void {
  const group = program.command('ai').description('AI providers and their fallback')
  addAiProviders(group, io)
  addAiDrill(group, io)
}
