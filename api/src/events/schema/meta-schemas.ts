import { createRequire } from 'node:module'
import type { Dialect, Json } from './schema-problem.ts'

// Node 20 warns of JSON that is imported, and the bundle leaves packages' files where they are.
const require = createRequire(import.meta.url)
const ofAjv = (name: string): Json => require(`ajv/dist/refs/${name}.json`)
const vocabulary = (name: string): Json => ofAjv(`json-schema-2020-12/meta/${name}`)

/** What schemas have to meet. Vocabularies of 2020-12 are schemas of their own; they come along as its definitions. */
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
