import type { CodegenConfig } from '@graphql-codegen/cli'
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset'

const config = {
  scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown' },
  strictScalars: true,
  useTypeImports: true,
}

/**
 * Typed documents of every operation, made from the committed schema (codegen/schema.graphql). They are document nodes, as
 * Apollo Client takes them; what a fragment selects is read through `readFragment` alone.
 *
 * They also go by their SHA-256: persisted-documents.json is for the API. What Apollo's cache adds to a document of the web at
 * run time is in it already, or its digest would be of another text than the one that runs.
 */
export default {
  schema: 'codegen/schema.graphql',
  ignoreNoDocuments: true,
  generates: {
    'codegen/gql/': {
      documents: ['web/**/*.{ts,tsx}', '!**/node_modules/**', '!**/.next/**'],
      preset: 'client',
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' }, persistedDocuments: true },
      documentTransforms: [addTypenameSelectionDocumentTransform],
      config,
    },
    'codegen/gql-e2e/': {
      documents: ['e2e/**/*.ts'],
      preset: 'client',
      presetConfig: { persistedDocuments: true },
      config,
    },
    // Texts, not document nodes: the command line parses no GraphQL.
    'codegen/gql-cli/': {
      documents: ['api/src/cli/**/*.ts', '!**/*.test.ts'],
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: { ...config, documentMode: 'string', enumType: 'const' },
    },
  },
} satisfies CodegenConfig
