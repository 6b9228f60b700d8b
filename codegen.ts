import type { CodegenConfig } from '@graphql-codegen/cli'
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset'

const config = {
  scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown' },
  strictScalars: true,
  useTypeImports: true,
}

/**
 * Generates typed documents of all operations from the committed schema (codegen/schema.graphql). They are document
 * nodes for Apollo Client. The fields of a fragment can be read only with `readFragment`.
 *
 * Each document is also identified by its SHA-256; the API reads persisted-documents.json. Fields that Apollo's cache
 * would add at run time are added here, because the digest must match the text that is executed.
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
    // Texts instead of document nodes, because the command line does not parse GraphQL.
    'codegen/gql-cli/': {
      documents: ['api/src/cli/**/*.ts', '!**/*.test.ts'],
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: { ...config, documentMode: 'string', enumType: 'const' },
    },
  },
} satisfies CodegenConfig
