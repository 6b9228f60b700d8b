import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

/** Part of Node.js, but typed only in TypeScript's DOM library. */
declare const WebAssembly: {
  instantiate(file: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

let loaded: Promise<void> | undefined

/** Instantiates Prisma's schema engine from its WebAssembly file, which Node 20 cannot import as a module. */
async function instantiate(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const file = await readFile(entry.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(file, { './schema_engine_bg.js': { ...bindings } })
  // Receives the engine's panic message; the panic then ends the process.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (words: string) => console.error(words) } })
  bindings.__wbg_set_wasm(instance.exports)
  const start = instance.exports.__wbindgen_start
  if (typeof start === 'function') start()
}

async function withAdapter<T>(
  factory: SqlMigrationAwareDriverAdapterFactory,
  work: (engine: bindings.SchemaEngine) => T,
) {
  loaded ??= instantiate()
  await loaded
  const adapter = bindMigrationAwareSqlAdapterFactory(factory)
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
  try {
    return await work(engine)
  } finally {
    engine.free()
  }
}

/** OID of PostgreSQL's "char", the type of a single byte that its catalogue uses. */
const CHAR = 18
/**
 * Catalogue types that the adapter cannot name, with their substitutes: "char" and name (19) are read as text (25),
 * their arrays (1002, 1003) as text arrays (1009). Without this, inspecting an existing database fails.
 */
const READ_AS: Record<number, number> = { [CHAR]: 25, 19: 25, 1002: 1009, 1003: 1009 }

const FINISH = `DO $$ BEGIN
  IF to_regclass('_prisma_migrations') IS NOT NULL THEN
    UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;
  END IF;
END $$`

/** Thrown for a script that PostgreSQL refused. The message is PostgreSQL's, with the failing line. */
export class ScriptError extends Error {
  constructor(
    readonly script: string,
    cause: Error,
  ) {
    const position = cause instanceof pg.DatabaseError && cause.position ? Number(cause.position) : undefined
    const line = position === undefined ? '' : ` (line ${script.slice(0, position).split('\n').length})`
    super(`${cause.message}${line}`, { cause })
  }
}

/**
 * Runs `work` with Prisma's schema engine on a database, without the engine that Prisma's CLI downloads. Throws
 * ScriptError for failing SQL; other errors come from Prisma.
 */
export async function withEngine<T>(
  databaseUrl: string,
  work: (engine: bindings.SchemaEngine) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  const query = pool.query.bind(pool)
  const characterColumns = new WeakMap<unknown[], number[]>()
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config)
      const characters: number[] = []
      for (const [index, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID === CHAR) characters.push(index)
        field.dataTypeID = READ_AS[field.dataTypeID] ?? field.dataTypeID
      }
      characterColumns.set(result.rows, characters)
      return result
    },
  })
  let refused: ScriptError | undefined
  const factory = new PrismaPg(pool)
  const connect = async () => {
    const connection = await factory.connect()
    const queryRaw = connection.queryRaw.bind(connection)
    // The engine expects the column type Character for columns of the type "char".
    connection.queryRaw = async (params) => {
      const result = await queryRaw(params)
      for (const index of characterColumns.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character
      return result
    }
    // The adapter would split a script at semicolons, which breaks functions. Here the script is sent as a whole, so it
    // is one transaction, which also marks the migration's row as finished. An unfinished row therefore means that
    // nothing was applied.
    connection.executeScript = async (script) => {
      await query(`${script};\n${FINISH}`).catch((error: Error) => {
        refused = new ScriptError(script, error)
        throw error
      })
    }
    return connection
  }
  try {
    return await withAdapter({ ...named(factory), connect, connectToShadowDb: () => factory.connectToShadowDb() }, work)
  } catch (error) {
    throw refused ?? error // the error of the engine does not contain the cause
  } finally {
    await pool.end()
  }
}

/** A connection without a database, for comparing schemas. The engine queries the server version and gets no rows. */
const NOBODY: SqlDriverAdapter = {
  provider: 'postgres',
  adapterName: 'none',
  queryRaw: async () => ({ columnNames: [], columnTypes: [], rows: [] }),
  executeRaw: async () => 0,
  executeScript: async () => {},
  startTransaction: () => Promise.reject(new Error('there is no database')),
  dispose: async () => {},
}

/** The SQL that migrates one Prisma schema to another; empty if they are equal. Needs no database. */
export async function diffSchemas(before: string, after: string): Promise<string> {
  const connect = async () => NOBODY
  const { stdout } = await withAdapter({ ...named(NOBODY), connect, connectToShadowDb: connect }, (engine) =>
    engine.diff({
      from: datamodel(before),
      to: datamodel(after),
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  )
  return stdout && !stdout.startsWith('-- This is an empty migration') ? stdout : ''
}

const named = ({ provider, adapterName }: { provider: SqlDriverAdapter['provider']; adapterName: string }) => ({
  provider,
  adapterName,
})

const datamodel = (content: string) => ({
  tag: 'schemaDatamodel' as const,
  files: [{ path: 'schema.prisma', content }],
})

/** The Prisma schema of a database. */
export async function introspect(databaseUrl: string): Promise<string> {
  const empty = { path: 'schema.prisma', content: 'datasource db {\n  provider = "postgresql"\n}\n' }
  const { schema } = await withEngine(databaseUrl, (engine) =>
    engine.introspect({
      schema: { files: [empty] },
      baseDirectoryPath: '/',
      force: true,
      compositeTypeDepth: 0,
      namespaces: null,
    }),
  )
  return schema.files.map((file) => file.content).join('\n')
}

/** The migrations of a directory in the format of Prisma's engine. `names` are their directory names in order. */
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
