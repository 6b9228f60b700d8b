import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { inlineDocuments } from './web/graphql-loader.mjs'

const require = createRequire(import.meta.url)

/** Long files start first, so that no worker is idle at the end. A clean clone has no times of an earlier run. */
const LONGEST = [
  /chaos\/redis/,
  /chaos\//,
  /isolation/,
  /webhook-limits/,
  /ops\/start/,
  /deliveries\/engine/,
  /events\/schema/,
]

const GENERATED = ['**/node_modules/**', '**/dist/**', '**/.next/**']
/**
 * Tests that run in a separate process each, because they replace a module or a global, or load Next.js, which keeps
 * state in its process.
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
  // Replaces graphql(`...`) with the generated documents, like the build of the web console.
  plugins: [
    {
      name: 'graphql-documents',
      enforce: 'pre',
      transform: (code, id) => (id.startsWith(WEB) ? inlineDocuments(code) : null),
    },
  ],
  // Vite would resolve graphql to index.mjs for our files, while Node.js resolves it to index.js for packages. The two
  // copies refuse each other's schemas ("from another module or realm"), so all files use index.js.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: require.resolve('graphql/index.js') },
      { find: /^@\//, replacement: `${import.meta.dirname}/web/` },
      // The replacement that Next.js uses on the server. Elsewhere the package throws when it is loaded.
      { find: /^server-only$/, replacement: require.resolve('next/dist/compiled/server-only/empty.js') },
    ],
  },
  test: {
    // Processes instead of threads, because signals and the heap belong to a process.
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
          // A process loads the API only once for all of its files; loading it for each file was a third of the whole
          // work. The modules of the API have no state: each test creates its own AppContext (api/test/harness.ts).
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'isolated', include: ISOLATED, exclude: GENERATED },
      },
    ],
    // Test files spend a fifth of their time waiting, so one file more than there are cores keeps all cores busy.
    maxWorkers: Math.max(2, availableParallelism()) + 1,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['api/test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
