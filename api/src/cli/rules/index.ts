import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addRulesCreate } from './create.ts'
import { addRulesDelete } from './delete.ts'
import { addRulesDisable } from './disable.ts'
import { addRulesEnable } from './enable.ts'
import { addRulesEvaluate } from './evaluate.ts'
import { addRulesGet } from './get.ts'
import { addRulesList } from './list.ts'
import { addRulesLog } from './log.ts'
import { addRulesPreview } from './preview.ts'
import { addRulesUpdate } from './update.ts'

export function addRules(program: Command, io: Io): void {
  const group = program.command('rules').description('patterns in events that raise alerts')
  addRulesList(group, io)
  addRulesGet(group, io)
  addRulesPreview(group, io)
  addRulesCreate(group, io)
  addRulesUpdate(group, io)
  addRulesEnable(group, io)
  addRulesDisable(group, io)
  addRulesDelete(group, io)
  addRulesEvaluate(group, io)
  addRulesLog(group, io)
}
