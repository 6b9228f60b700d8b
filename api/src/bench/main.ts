import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { runBurstSender } from './burst.ts'
import { type Figure, medians, reached, table } from './figures.ts'
import { runBareServer, runReceiver } from './receiver.ts'
import { type Row, warmUp } from './row.ts'
import { access } from './rows/access.ts'
import { ai } from './rows/ai.ts'
import { alerts } from './rows/alerts.ts'
import { audit } from './rows/audit.ts'
import { bulk, bulkByFilter } from './rows/delivery/bulk.ts'
import { deliver } from './rows/delivery/deliver.ts'
import { drain } from './rows/delivery/drain.ts'
import { fanOut, manyWebhooks } from './rows/delivery/fan-out.ts'
import { isolation } from './rows/delivery/isolation.ts'
import { latency } from './rows/delivery/latency.ts'
import { replay } from './rows/delivery/replay.ts'
import { twoWorkers } from './rows/delivery/two-workers.ts'
import { heal } from './rows/heal.ts'
import { lists } from './rows/lists.ts'
import { operatorsMinute } from './rows/operators-minute.ts'
import { pages } from './rows/pages.ts'
import { probes } from './rows/probes.ts'
import { prune } from './rows/prune.ts'
import { batch, cloudevents, publish } from './rows/publish.ts'
import { rollingRestart } from './rows/rolling-restart.ts'
import { scale as scaleRow } from './rows/scale.ts'
import { soak } from './rows/soak.ts'
import { subscriptions } from './rows/subscriptions.ts'
import { tracing } from './rows/tracing.ts'
import { startStack } from './stack.ts'

/** All rows of the bench. A new feature adds its row here. */
const ROWS: readonly Row[] = [
  deliver,
  latency,
  publish,
  cloudevents,
  batch,
  replay,
  bulk,
  bulkByFilter,
  operatorsMinute,
  subscriptions,
  isolation,
  manyWebhooks,
  fanOut,
  twoWorkers,
  rollingRestart,
  drain,
  access,
  audit,
  probes,
  heal,
  lists,
  pages,
  prune,
  alerts,
  tracing,
  ai,
  scaleRow,
  soak,
]

const USAGE = `npm run bench -- [${ROWS.map(({ name }) => name).join(' ')}] [--rounds 3] [--scale 1] [--minutes 30] [--json]
  Without names everything is measured but ${ROWS.filter(({ onlyNamed }) => onlyNamed)
    .map(({ name }) => name)
    .join(', ')}, which lasts for --minutes. --json prints the figures as JSON on stdout, and the rest on stderr.`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      'as-receiver': { type: 'boolean', default: false },
      'as-bare-server': { type: 'boolean', default: false },
      'as-burst-sender': { type: 'boolean', default: false },
    },
  })
  if (values['as-receiver']) return runReceiver()
  if (values['as-bare-server']) return runBareServer()
  if (values['as-burst-sender']) return runBurstSender()
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name))
  const rounds = Number(values.rounds)
  const scale = Number(values.scale)
  const minutes = Number(values.minutes)
  if (
    values.help ||
    unknown.length > 0 ||
    !(Number.isInteger(rounds) && rounds >= 1) ||
    !(scale > 0) ||
    !(minutes > 0)
  ) {
    if (unknown.length > 0) console.error(`There is no ${unknown.join(', ')}.`)
    if (values.help) console.log(USAGE)
    else console.error(USAGE)
    process.exitCode = values.help ? 0 : 2
    return
  }
  if (values.check) return
  const rows =
    positionals.length === 0
      ? ROWS.filter(({ onlyNamed }) => !onlyNamed)
      : ROWS.filter(({ name }) => positionals.includes(name))
  const figures = await measure(rows, rounds, { scale, minutes })
  const machine = {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
  if (values.json)
    console.log(
      JSON.stringify(
        { machine, rounds, scale, figures: figures.map((figure) => ({ ...figure, reached: reached(figure) })) },
        null,
        2,
      ),
    )
  else
    console.log(
      `\n${table(figures)}\n\n${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}; medians of ${rounds}`,
    )
}

async function measure(
  rows: readonly Row[],
  rounds: number,
  size: { scale: number; minutes: number },
): Promise<Figure[]> {
  const figures: Figure[] = []
  let done = 0
  for (const row of rows) {
    const measured: Figure[][] = []
    for (let round = 0; round < (row.once ? 1 : rounds); round++) {
      // Each round has its own processes and database, so that an earlier round cannot slow it down.
      const stack = await startStack()
      try {
        const advance = (part: number) =>
          bar((done + part) / (rows.length * rounds), `${row.name}, round ${round + 1} of ${rounds}`)
        advance(0)
        await warmUp(stack)
        measured.push(await row.run(stack, { ...size, advance }))
        done++
      } finally {
        await stack.stop()
      }
    }
    figures.push(...medians(measured))
  }
  bar(1, 'done')
  process.stderr.write('\n')
  return figures
}

const WIDTH = 30

function bar(part: number, what: string): void {
  if (!process.stderr.isTTY) return
  const full = Math.round(Math.min(1, part) * WIDTH)
  process.stderr.write(
    `\r[${'█'.repeat(full)}${' '.repeat(WIDTH - full)}] ${String(Math.round(part * 100)).padStart(3)} %  ${what.padEnd(40)}`,
  )
}

await main()
