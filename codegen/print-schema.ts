import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from '../api/src/schema.ts'

/** Where the printed schema is committed: a change of the API shows in review, and clients are generated without the code. */
export const SCHEMA_FILE = join(import.meta.dirname, 'schema.graphql')

/** The schema in SDL, sorted, so that the order of the code does not show. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(SCHEMA_FILE, printedSchema())
}
