import { parseArgs } from 'node:util'
import { bin, ROOT } from '../paths.mjs'
import { run } from '../processes/processes.mjs'
import { explain, Steps, say } from '../steps.mjs'
import { generateClient, generateDocuments, printSchema, writeCliReference, writeSettings } from './build.mjs'
import { installPackages } from './install.mjs'

const USAGE = `npm run generate                       Prisma's client, codegen/schema.graphql, typed documents, generated pages of docs/
npm run generate -- --migration NAME   first a new migration: what changed in prisma/schema.prisma since the last commit`

/**
 * Generates the generated files again.
 * @param {string[]} args
 */
export async function main(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { migration: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) return say(USAGE)
    const steps = new Steps()
    await steps.run('Packages', async (note) => note(await installPackages()))
    if (values.migration !== undefined) {
      const name = values.migration
      await steps.run('Migration', async (note) =>
        note((await run(bin('tsx'), ['prisma/new-migration.ts', name], { cwd: ROOT })).trim()),
      )
    }
    await steps.run('Prisma client', async (note) => note((await generateClient()) ? '' : 'up to date'))
    await steps.run('API schema', () => printSchema())
    await steps.run('docs/settings.md', () => writeSettings())
    await steps.run('Typed documents', async (note) => note((await generateDocuments()) ? '' : 'up to date'))
    await steps.run('docs/cli.md', () => writeCliReference())
  } catch (error) {
    explain(error)
    process.exit(1)
  }
}
