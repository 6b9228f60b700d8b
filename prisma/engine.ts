import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

export type { SchemaContainer } from '@prisma/schema-engine-wasm/schema_engine_bg'

/**
 * Types of PostgreSQL's catalogue that the adapter cannot name, and what they read as: "char" (18) and name (19) are text
 * (25), their arrays (1002, 1003) are arrays of text (1009). Without this every look at an existing database fails.
 */
const READ_AS: Record<number, number> = { 18: 25, 19: 25, 1002: 1009, 1003: 1009 }

/** Node's own, of which TypeScript only knows in its library for browsers. */
declare const WebAssembly: {
  instantiate(file: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

let loaded: Promise<void> | undefined

/** Instantiates Prisma's schema engine from its WebAssembly file, which Node 20 cannot import as a module. */
async function instantiate(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const file = await readFile(entry.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(file, { './schema_engine_bg.js': { ...bindings } })
  bindings.__wbg_set_wasm(instance.exports)
  const start = instance.exports.__wbindgen_start
  if (typeof start === 'function') start()
}

/**
 * Runs `work` with Prisma's schema engine on a database, without the downloaded engine that Prisma's CLI needs. Errors are
 * Prisma's own, with their code where they have one ("P3018").
 *
 * `datamodels` are the schema files that the engine is to know from the start (for `diff` and `introspect`).
 */
export async function withEngine<T>(
  databaseUrl: string,
  work: (engine: bindings.SchemaEngine) => Promise<T>,
  datamodels?: [path: string, content: string][],
): Promise<T> {
  loaded ??= instantiate()
  await loaded
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  const query = pool.query.bind(pool)
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config)
      for (const field of result.fields ?? []) field.dataTypeID = READ_AS[field.dataTypeID] ?? field.dataTypeID
      return result
    },
  })
  const factory = new PrismaPg(pool)
  const adapter = bindMigrationAwareSqlAdapterFactory({
    provider: factory.provider,
    adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    connect: async () => {
      const connection = await factory.connect()
      // The adapter splits a script at its semicolons, which cuts functions in pieces. Sent whole, it is also one
      // transaction, and in it the migration's row is finished: a row that is not finished says that nothing was applied.
      connection.executeScript = async (script) => {
        await query(`${script};\n${FINISH}`)
      }
      return connection
    },
  })
  try {
    const engine = await bindings.SchemaEngine.new({ datamodels }, () => {}, adapter)
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  } finally {
    await pool.end()
  }
}

const FINISH = `DO $$ BEGIN
  IF to_regclass('_prisma_migrations') IS NOT NULL THEN
    UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;
  END IF;
END $$`

/** The directory of a file as Prisma's engine wants it: name and content of every migration in order of their names. */
export async function readMigrations(directory: string, names: string[]): Promise<bindings.MigrationList> {
  const lockfile = await readFile(join(directory, 'migration_lock.toml'), 'utf8')
  const migrationDirectories = await Promise.all(
    names.map(async (path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(join(directory, path, 'migration.sql'), 'utf8') },
      },
    })),
  )
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: lockfile },
    shadowDbInitScript: '',
    migrationDirectories,
  }
}
