import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from '../api/src/schema.ts'

/** Location of the committed schema: reviews show API changes, and clients are generated without running the code. */
export const SCHEMA_FILE = join(import.meta.dirname, 'schema.graphql')

/** The schema as SDL, sorted so that it does not depend on the order of the code. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(SCHEMA_FILE, printedSchema())
}
