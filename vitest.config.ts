import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { inlineDocuments } from './web/graphql-loader.mjs'

const require = createRequire(import.meta.url)

/** Long files start first, so that no worker is idle at the end. A clean clone has no times of an earlier run. */
const LONGEST = [/chaos\/redis/, /chaos\//, /isolation/, /ops\/start/, /deliveries\/engine/, /events\/schema/]

const GENERATED = ['**/node_modules/**', '**/dist/**', '**/.next/**']
/**
 * Each in a process of its own: they put something in the place of a module or a global, or load Next.js, which keeps things in its
 * process.
 */
const ISOLATED = [
  'api/src/audit/verifications.test.ts',
  'web/{app,features/access,lib/server,server}/**/*.test.{ts,tsx}',
  'web/lib/keyboard.test.ts',
  'web/proxy.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => name.test(moduleId))
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

const WEB = `${import.meta.dirname}/web/`

export default defineConfig({
  // As the build of the web does: generated documents take the places of graphql(`...`).
  plugins: [
    {
      name: 'graphql-documents',
      enforce: 'pre',
      transform: (code, id) => (id.startsWith(WEB) ? inlineDocuments(code) : null),
    },
  ],
  // Vite would give our files graphql's index.mjs while Node gives packages its index.js: two copies, which refuse each
  // other's schemas ("from another module or realm"). All get the one that Node picks.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: require.resolve('graphql/index.js') },
      { find: /^@\//, replacement: `${import.meta.dirname}/web/` },
      // As Next.js has it for its server; elsewhere the package refuses to be loaded.
      { find: /^server-only$/, replacement: require.resolve('next/dist/compiled/server-only/empty.js') },
    ],
  },
  test: {
    // Processes, not threads: signals and the heap are a process's own.
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: [
            'api/**/*.test.ts',
            'prisma/*.test.ts',
            'codegen/*.test.ts',
            'ops/**/*.test.ts',
            'web/**/*.test.{ts,tsx}',
          ],
          exclude: [...GENERATED, ...ISOLATED],
          // One process loads the API once for all the files it runs, not for each: that was a third of the whole run's work.
          // Nothing in it is kept by its modules: a test makes a core of its own (api/test/harness.ts).
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'isolated', include: ISOLATED, exclude: GENERATED },
      },
    ],
    // Files wait for timers and answers a fifth of their time: one file more than there are cores keeps all busy.
    maxWorkers: Math.max(2, availableParallelism()) + 1,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['api/test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
