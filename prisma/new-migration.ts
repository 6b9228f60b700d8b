import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diffSchemas } from './engine.ts'

/**
 * Writes the migration from the committed schema to the current one, followed by the stored functions
 * (prisma/functions) that changed. Statements that Prisma cannot express (partial indexes, partitions, triggers) must
 * be added by hand; prisma/migrate.test.ts and prisma/functions.test.ts fail if a migrated database differs from
 * these files.
 */
const name = process.argv[2]
if (!name || !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error(
    `A migration's name consists of lower-case letters, digits and _, such as add_alert_rules; got ${JSON.stringify(name ?? '')}.`,
  )
  process.exit(1)
}
const root = join(import.meta.dirname, '..')
const before = execFileSync('git', ['show', 'HEAD:prisma/schema.prisma'], { cwd: root, encoding: 'utf8' })
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' })
const changedFunctions = [
  ...git('diff', '--name-only', '--diff-filter=d', 'HEAD', '--', 'prisma/functions').split('\n'),
  ...git('ls-files', '--others', '--exclude-standard', '--', 'prisma/functions').split('\n'),
].filter(Boolean)
const sql = [
  await diffSchemas(before, readFileSync(join(root, 'prisma/schema.prisma'), 'utf8')),
  ...changedFunctions.map((file) => readFileSync(join(root, file), 'utf8')),
]
  .filter(Boolean)
  .join('\n')
if (!sql) {
  console.log(
    'neither prisma/schema.prisma nor prisma/functions changed since the last commit: there is nothing to migrate',
  )
} else {
  const directory = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`
  mkdirSync(join(root, 'prisma/migrations', directory))
  writeFileSync(join(root, 'prisma/migrations', directory, 'migration.sql'), sql)
  console.log(`prisma/migrations/${directory}`)
}
