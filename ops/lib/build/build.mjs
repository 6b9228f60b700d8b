import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { bin, has, ROOT } from '../paths.mjs'
import { run, which } from '../processes/processes.mjs'
import { unlessCurrent } from './build-cache.mjs'

/**
 * The programs that run for months. Their bundles are split into several files. In a single file, esbuild moves the
 * packages of dynamically imported modules to the top, so that they would all be loaded at the start.
 */
const SERVERS = { server: 'api/src/server.ts', worker: 'api/src/worker.ts' }

/** Entry points of the other bundles in api/dist. */
const ENTRIES = {
  'demo-receiver': 'api/src/demo/receiver.ts',
  bench: 'api/src/bench/main.ts',
  'check-settings': 'api/src/check-settings.ts',
  migrate: 'prisma/migrate.ts',
  seed: 'prisma/seed.ts',
}

/** Generates the Prisma client. Returns whether it was stale. */
export function generateClient() {
  const inputs = ['prisma/schema.prisma', 'node_modules/prisma/package.json']
  return unlessCurrent({ name: 'prisma-client', inputs, outputs: ['prisma/generated/client/client.ts'] }, async () => {
    // Without this setting, Prisma's CLI downloads an engine, although `generate` does not use it. Any executable will
    // do.
    const env = {
      ...process.env,
      PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter), // Prisma's generators are executables of npm packages
      PRISMA_SCHEMA_ENGINE_BINARY: which('true') ?? process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    }
    await run(bin('prisma'), ['generate'], { cwd: ROOT, env })
  })
}

/** Writes the API schema to codegen/schema.graphql, which is committed. */
export async function printSchema() {
  if (!has('codegen/print-schema.ts')) return
  await run(bin('tsx'), ['codegen/print-schema.ts'], { cwd: ROOT })
}

/** Writes the generated table of docs/settings.md. */
export const writeSettings = () => run(bin('tsx'), ['ops/settings-page.ts'], { cwd: ROOT })

/** Writes the generated reference of docs/cli.md. It needs the typed documents of the command line. */
export const writeCliReference = () => run(bin('tsx'), ['ops/cli-page.ts'], { cwd: ROOT })

/**
 * Generates the typed documents of the web console, the e2e tests and the command line from the committed schema.
 * Returns whether they were stale.
 */
export async function generateDocuments() {
  if (!has('codegen.ts') || !has('codegen/schema.graphql')) return false
  const inputs = [
    'codegen.ts',
    'codegen/schema.graphql',
    'web',
    'e2e',
    'api/src/cli',
    'node_modules/@graphql-codegen/client-preset/package.json',
  ]
  const matters = (/** @type {string} */ path) => /\.(tsx?|graphql|json)$/.test(path)
  return unlessCurrent(
    { name: 'documents', inputs, outputs: ['codegen/gql', 'codegen/gql-e2e', 'codegen/gql-cli'], matters },
    () => run(bin('graphql-codegen'), ['--config', 'codegen.ts'], { cwd: ROOT }),
  )
}

/** esbuild options for Node.js programs. Packages are not part of the bundle. */
const NODE_BUNDLE = /** @type {const} */ ({
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  sourcesContent: false, // stack traces need only positions
  logLevel: 'silent', // the thrown error contains the same text
})

/**
 * The GraphQL documents of the web console and of the command line by their SHA-256, and the file in which the API
 * looks for them (api/src/graphql/persisted.ts).
 */
const DOCUMENTS = ['codegen/gql/persisted-documents.json', 'codegen/gql-cli/persisted-documents.json']
/** The documents that the web server itself sends, by name. */
const WEB_SERVER_DOCUMENTS = 'web/server/registration-operations.json'
const OPERATIONS = 'api/dist/operations.json'
const COMPILER = 'api/dist/query-compiler.wasm'

/** Matches the names of the split files in api/dist. The names contain a hash of the contents. */
const PIECE = /-[A-Z0-9]{8}\.js(\.map)?$/

/** Matches the code with which Prisma's generated client reads its query compiler: it decodes base64 text. */
const COMPILER_AS_TEXT =
  /const \{ wasm \} = await import\("(@prisma\/client\/runtime\/query_compiler_[\w.]+\.wasm-base64\.mjs)"\)\s+return await decodeBase64AsWasm\(wasm\)/

/**
 * Puts Prisma's query compiler into a file beside the bundles. As base64 text, each process would keep it in memory
 * twice: 9 MB.
 * @param {string} outdir
 * @returns {import('esbuild').Plugin}
 */
const queryCompilerInFile = (outdir) => ({
  name: 'query-compiler-in-file',
  setup(build) {
    build.onLoad({ filter: /generated[\\/]client[\\/]internal[\\/]class\.ts$/ }, async ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const [found, module] = COMPILER_AS_TEXT.exec(text) ?? []
      if (!found || !module) throw new Error(`${path} reads the query compiler in another way than expected`)
      const { wasm } = await import(module)
      mkdirSync(outdir, { recursive: true })
      writeFileSync(join(ROOT, COMPILER), Buffer.from(wasm, 'base64'))
      const read = `const { readFile } = await import('node:fs/promises')
        return new WebAssembly.Module(await readFile(new URL('query-compiler.wasm', import.meta.url)))`
      return { contents: text.replace(found, read), loader: 'ts' }
    })
  },
})

/** The entry point of api/bin/aetherlink.mjs. */
const CLI = 'api/dist/cli/main.js'

/**
 * Bundles the API, worker, command line, migrations, seed and bench. Packages are not part of the bundles. Returns
 * whether the bundles were stale.
 */
export async function bundle() {
  const isCliStale = await bundleCli()
  const split = Object.entries(SERVERS).filter(([, path]) => has(path))
  const whole = Object.entries(ENTRIES).filter(([, path]) => has(path))
  const entries = [...split, ...whole]
  const outputs = [...entries.map(([name]) => `api/dist/${name}.js`), COMPILER, OPERATIONS]
  const inputs = [
    'api/src',
    'prisma',
    ...DOCUMENTS,
    WEB_SERVER_DOCUMENTS,
    'tsconfig.json',
    'package-lock.json',
    'ops/lib/build/build.mjs',
  ]
  const matters = (/** @type {string} */ path) => !/\.test\.ts$/.test(path)
  const isStale = await unlessCurrent({ name: 'bundle', inputs, outputs, matters }, async () => {
    const esbuild = await import('esbuild')
    const outdir = join(ROOT, 'api/dist')
    const named = (/** @type {string[][]} */ list) =>
      list.map(([out = '', path = '']) => ({ in: join(ROOT, path), out }))
    if (existsSync(outdir)) for (const file of readdirSync(outdir)) if (PIECE.test(file)) rmSync(join(outdir, file))
    await esbuild.build({
      entryPoints: named(split),
      outdir,
      splitting: true,
      ...NODE_BUNDLE,
      plugins: [queryCompilerInFile(outdir)],
    })
    await esbuild.build({ entryPoints: named(whole), outdir, ...NODE_BUNDLE })
    const read = (/** @type {string} */ path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
    const texts = /** @type {string[]} */ (Object.values(read(WEB_SERVER_DOCUMENTS)))
    const ofWebServer = Object.fromEntries(texts.map((text) => [hash('sha256', text), text]))
    writeFileSync(join(ROOT, OPERATIONS), JSON.stringify(Object.assign(ofWebServer, ...DOCUMENTS.map(read))))
  })
  return isStale || isCliStale
}

/**
 * Bundles the command line. Packages are not part of the bundle. Returns whether the bundle was stale. The bundle is
 * split into several files, so that a command loads only the packages that it uses: `aetherlink --help` does not wait
 * for a database driver.
 */
export async function bundleCli() {
  await generateDocuments()
  const inputs = [
    'api/src',
    'api/package.json',
    'codegen/gql-cli',
    'tsconfig.json',
    'package-lock.json',
    'ops/lib/build/build.mjs',
  ]
  return unlessCurrent(
    { name: 'cli', inputs, outputs: [CLI], matters: (path) => !/\.test\.ts$/.test(path) },
    async () => {
      const esbuild = await import('esbuild')
      rmSync(join(ROOT, dirname(CLI)), { recursive: true, force: true })
      await esbuild.build({
        entryPoints: [join(ROOT, 'api/src/cli/main.ts')],
        outdir: join(ROOT, dirname(CLI)),
        splitting: true,
        ...NODE_BUNDLE,
      })
    },
  )
}

/**
 * The modules that the bench's bare API replaces, and their replacements in api/src/bench/bare (see
 * bench/rows/access.ts).
 */
const BARE = {
  'api/src/access/authenticate.ts': 'authenticate.ts',
  'api/src/audit/requests.ts': 'requests.ts',
  'api/src/graphql/mutation-audit.ts': 'plugins.ts',
  '@pothos/plugin-scope-auth': 'plugins.ts',
}

/** Bundles an API without identities, roles and audit, to measure what these cost. Only the bench runs it. */
export async function bundleBareServer() {
  const esbuild = await import('esbuild')
  const missing = new Set(Object.keys(BARE))
  await esbuild.build({
    entryPoints: [{ in: join(ROOT, 'api/src/server.ts'), out: 'server-bare' }],
    outdir: join(ROOT, 'api/dist'),
    ...NODE_BUNDLE,
    plugins: [
      {
        name: 'bare',
        setup(build) {
          build.onResolve({ filter: /./ }, ({ path, importer }) => {
            const module = path.startsWith('.') ? resolve(dirname(importer), path) : path
            const replaced = Object.entries(BARE).find(([name]) => module === name || module === join(ROOT, name))
            if (!replaced) return undefined
            missing.delete(replaced[0])
            return { path: join(ROOT, 'api/src/bench/bare', replaced[1]) }
          })
        },
      },
    ],
  })
  if (missing.size > 0) throw new Error(`the API does not import ${[...missing].join(', ')}; update BARE`)
}

/** Bundles the web server that hosts Next.js. Returns whether the bundle was stale. */
export function bundleWebServer() {
  const inputs = ['web/server', 'web/lib', 'web/features/access', 'package-lock.json', 'ops/lib/build/build.mjs']
  return unlessCurrent({ name: 'web-server', inputs, outputs: ['web/dist/server.js'] }, async () => {
    const esbuild = await import('esbuild')
    await esbuild.build({
      entryPoints: [{ in: join(ROOT, 'web/server/main.ts'), out: 'server' }],
      outdir: join(ROOT, 'web/dist'),
      tsconfig: join(ROOT, 'web/tsconfig.json'),
      ...NODE_BUNDLE,
    })
  })
}

/** Builds the web console: its server and its pages. Returns whether either was stale. */
export async function buildWeb() {
  const server = await bundleWebServer()
  const inputs = ['web', 'codegen/gql', 'tsconfig.json', 'package-lock.json']
  const pages = await unlessCurrent({ name: 'web', inputs, outputs: ['web/.next/BUILD_ID'] }, () =>
    run(process.execPath, [join(ROOT, 'node_modules/next/dist/bin/next'), 'build'], {
      cwd: join(ROOT, 'web'),
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    }),
  )
  return server || pages
}
