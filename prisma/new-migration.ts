import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diffSchemas } from './engine.ts'

/**
 * Writes the migration that leads from the schema of the last commit to the one on disk. What Prisma cannot express (partial
 * indexes, partitions, functions) is added to it by hand; prisma/schema.test.ts says when the two disagree.
 */
const name = process.argv[2]
if (!name || !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error(
    `A migration's name takes small letters, digits and _, as in add_alert_rules; this is ${JSON.stringify(name ?? '')}.`,
  )
  process.exit(1)
}
const root = join(import.meta.dirname, '..')
const before = execFileSync('git', ['show', 'HEAD:prisma/schema.prisma'], { cwd: root, encoding: 'utf8' })
const sql = await diffSchemas(before, readFileSync(join(root, 'prisma/schema.prisma'), 'utf8'))
if (!sql) {
  console.log('prisma/schema.prisma says the same as in the last commit: there is nothing to migrate')
} else {
  const directory = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`
  mkdirSync(join(root, 'prisma/migrations', directory))
  writeFileSync(join(root, 'prisma/migrations', directory, 'migration.sql'), sql)
  console.log(`prisma/migrations/${directory}`)
}
