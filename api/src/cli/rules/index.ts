import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addRulesDisable } from './disable.ts'
import { addRulesEnable } from './enable.ts'
import { addRulesList } from './list.ts'
import { addRulesPreview } from './preview.ts'

export function addRules(program: Command, io: Io): void {
  const group = program.command('rules').description('patterns in events that raise alerts')
  addRulesList(group, io)
  addRulesPreview(group, io)
  addRulesEnable(group, io)
  addRulesDisable(group, io)
}
