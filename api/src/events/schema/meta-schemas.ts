import { createRequire } from 'node:module'
import type { Dialect, Json } from './schema-problem.ts'

// `require` instead of `import`, because Node 20 warns about JSON imports, and the bundle does not include files of
// packages.
const require = createRequire(import.meta.url)
const ofAjv = (name: string): Json => require(`ajv/dist/refs/${name}.json`)
const vocabulary = (name: string): Json => ofAjv(`json-schema-2020-12/meta/${name}`)

/** The meta-schemas. 2020-12 consists of several schemas (vocabularies), which are included here as definitions. */
export const META_SCHEMAS: Readonly<Record<Dialect, Json>> = {
  'draft-07': ofAjv('json-schema-draft-07'),
  '2020-12': {
    ...ofAjv('json-schema-2020-12/schema'),
    $defs: {
      core: vocabulary('core'),
      applicator: vocabulary('applicator'),
      unevaluated: vocabulary('unevaluated'),
      validation: vocabulary('validation'),
      metadata: vocabulary('meta-data'),
      formats: vocabulary('format-annotation'),
      content: vocabulary('content'),
    },
  },
}
