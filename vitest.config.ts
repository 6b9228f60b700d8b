import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

const require = createRequire(import.meta.url)

export default defineConfig({
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
    include: [
      'api/**/*.test.ts',
      'prisma/*.test.ts',
      'codegen/*.test.ts',
      'ops/**/*.test.ts',
      'web/**/*.test.{ts,tsx}',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.next/**'],
    // Processes, not threads: a test that kills, leaks or blocks does so to itself.
    pool: 'forks',
    globalSetup: ['api/test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
