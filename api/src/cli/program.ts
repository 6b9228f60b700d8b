import { Command, Help, type Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addAi } from './ai/index.ts'
import { addAlerts } from './alerts/index.ts'
import { addArchive } from './archive/index.ts'
import { addAudit } from './audit/index.ts'
import { addDeliveries } from './deliveries/index.ts'
import { addDoctor } from './doctor/doctor.ts'
import { addEvents } from './events/index.ts'
import { EXAMPLES } from './examples.ts'
import { addHeal } from './heal/index.ts'
import { addHealth } from './health/health.ts'
import { addLeads } from './leads/index.ts'
import { addMcp } from './mcp/mcp.ts'
import { addPublish } from './publish/publish.ts'
import { addReplay } from './replay/replay.ts'
import { addReplays } from './replays/index.ts'
import { addRetention } from './retention/index.ts'
import { addRules } from './rules/index.ts'
import { addServices } from './services/index.ts'
import type { Io } from './session/io.ts'
import { addSilences } from './silences/index.ts'
import { addTemplates } from './templates/index.ts'
import { addWebhooks } from './webhooks/index.ts'

const HELP_AFTER = `
Environment:
  AETHERLINK_URL  the API; http://127.0.0.1:8010 when unset
  AETHERLINK_KEY  an API key or access token; without it, and for an API on this machine, AETHERLINK_ADMIN_KEY or .aetherlink/admin-key
  NO_COLOR        no colours

Exit codes:
  0  done                      4  forbidden, or no valid key
  1  failed                    5  the API or a server behind it is unavailable
  2  wrong use or input        6  done in part
  3  not found                 130  interrupted`

/** An option in the help of a command. Commander itself does not show which options are required. */
function describe(option: Option): string {
  const description = Help.prototype.optionDescription(option)
  return option.mandatory ? `${description} (required)` : description
}

/**
 * Creates the program with all commands. If the arguments are wrong, commander prints the error and throws
 * CommanderError.
 */
export function createProgram(io: Io): Command {
  const program = new Command('aetherlink')
    .description('Operate an AetherLink installation from a terminal or a script.')
    .version(packageJson.version)
    .option('--json', 'one JSON document, or a JSON object on each line for streams, instead of text for people')
    .option('--url <URL>', 'the API; default: AETHERLINK_URL')
    .option('--no-color', 'no colours')
    .addHelpText('after', HELP_AFTER)
    .showHelpAfterError('(aetherlink COMMAND --help shows its arguments)')
    .configureHelp({ showGlobalOptions: true, optionDescription: describe })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .exitOverride()
  addDeliveries(program, io)
  addReplay(program, io)
  addReplays(program, io)
  addEvents(program, io)
  addPublish(program, io)
  addWebhooks(program, io)
  addAlerts(program, io)
  addRules(program, io)
  addTemplates(program, io)
  addSilences(program, io)
  addServices(program, io)
  addHeal(program, io)
  addHealth(program, io)
  addDoctor(program, io)
  addRetention(program, io)
  addArchive(program, io)
  addAudit(program, io)
  addLeads(program, io)
  addAi(program, io)
  addMcp(program, io)
  for (const [path, command] of commandsOf(program)) {
    const example = EXAMPLES[path]
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  ${example}`)
  }
  return program
}

/** Every command that has an action, with its full name, such as "deliveries list". */
export function commandsOf(parent: Command, path: readonly string[] = []): [string, Command][] {
  return parent.commands.flatMap((command) => {
    const words = [...path, command.name()]
    return command.commands.length > 0 ? commandsOf(command, words) : [[words.join(' '), command]]
  })
}
