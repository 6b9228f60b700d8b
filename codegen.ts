import type { CodegenConfig } from '@graphql-codegen/cli'

/**
 * Typed documents of every operation in web, e2e and ops, made from the committed schema (codegen/schema.graphql). They are
 * document nodes, as Apollo Client takes them; what a fragment selects is read through `readFragment` alone.
 */
export default {
  schema: 'codegen/schema.graphql',
  documents: ['web/**/*.{ts,tsx}', 'e2e/**/*.ts', 'ops/**/*.ts', '!**/node_modules/**', '!**/.next/**'],
  ignoreNoDocuments: true,
  generates: {
    'codegen/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' } },
      config: {
        scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown' },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
} satisfies CodegenConfig
