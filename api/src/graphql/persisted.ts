import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '../env.ts'
import { SettingsError } from '../env.ts'
import { AppError, badInput } from '../kit/errors.ts'

/** Documents that are stored here, so that clients can send an id instead of the text. */
export interface PersistedDocuments {
  /**
   * Replaces the document id in the parameters of an operation by the text. Parameters without an id stay the same, or
   * are refused if only persisted documents are allowed. Throws PERSISTED_QUERY_NOT_FOUND for an unknown id,
   * BAD_USER_INPUT for an invalid id, and FORBIDDEN for a document that is not persisted.
   */
  resolve<Params extends OperationParams>(params: Params): Params
}

/**
 * The parameters of an operation that are used here. `documentId` is defined by GraphQL over HTTP, draft Appendix A.
 */
export interface OperationParams {
  query?: unknown
  documentId?: unknown
  extensions?: unknown
}

const ID = /^(?:sha256:)?([\da-f]{64})$/
const DOCUMENT_FILE = /\.(json|graphql|gql)$/

/**
 * The documents of the console that belongs to this version. The build stores them next to the bundle
 * (ops/lib/build/build.mjs); they do not exist when the API runs from its sources.
 */
const OF_THE_WEB = join(import.meta.dirname, 'operations.json')

/**
 * Reads the documents of the console and those of PERSISTED_OPERATIONS. Throws SettingsError for a file that cannot be
 * read or is invalid.
 */
export function loadPersistedDocuments(
  env: Pick<Env, 'PERSISTED_OPERATIONS' | 'PERSISTED_OPERATIONS_ONLY'>,
): PersistedDocuments {
  const documents = new Map<string, string>()
  if (existsSync(OF_THE_WEB)) readInto(documents, OF_THE_WEB)
  for (const path of env.PERSISTED_OPERATIONS) for (const file of filesAt(path)) readInto(documents, file)
  const only = env.PERSISTED_OPERATIONS_ONLY
  return {
    resolve(params) {
      const id = idIn(params)
      const { query } = params
      if (id !== null) {
        const text = documents.get(id)
        if (text !== undefined) return withQuery(params, text)
        if (typeof query !== 'string' || query === '') throw notFoundById()
      }
      if (only && typeof query === 'string' && !documents.has(digest(query))) throw notListed()
      return 'documentId' in params ? withQuery(params, query) : params
    },
  }
}

/** `documentId` is removed, because Yoga does not know it. */
function withQuery<Params extends OperationParams>(params: Params, query: unknown): Params {
  const { documentId: _documentId, ...rest } = params
  return { ...rest, query } as Params
}

/**
 * The id of the document in the parameters: `documentId`, or `extensions.persistedQuery.sha256Hash` as Apollo clients
 * send it (https://www.apollographql.com/docs/graphos/routing/operations/apq). Null if there is none.
 */
function idIn({ documentId, extensions }: OperationParams): string | null {
  if (documentId != null) return parseId(documentId, ['documentId'])
  if (typeof extensions !== 'object' || extensions === null || !('persistedQuery' in extensions)) return null
  const { persistedQuery } = extensions
  const path = ['extensions', 'persistedQuery', 'sha256Hash']
  return typeof persistedQuery === 'object' && persistedQuery !== null && 'sha256Hash' in persistedQuery
    ? parseId(persistedQuery.sha256Hash, path)
    : parseId(undefined, path)
}

function parseId(hash: unknown, path: string[]): string {
  const id = typeof hash === 'string' ? ID.exec(hash)?.[1] : undefined
  if (id) return id
  const came = hash === undefined ? 'missing' : (JSON.stringify(hash)?.slice(0, 80) ?? typeof hash)
  throw badInput(
    path,
    `is ${came}; expected the SHA-256 of a document: 64 hex digits, optionally prefixed with "sha256:"`,
  )
}

/**
 * White space at the start and the end is ignored, because a file ends with a line break, and a document that is sent
 * may not.
 */
const digest = (text: string): string => hash('sha256', text.trim())

/** Apollo clients know this code. They repeat the request with both the text and the id. */
const notFoundById = () =>
  new AppError('PERSISTED_QUERY_NOT_FOUND', 'no persisted document has this id; send its text as `query`')

const notListed = () =>
  new AppError(
    'FORBIDDEN',
    'query: only persisted operations are accepted (PERSISTED_OPERATIONS_ONLY), and this is not one of them',
    { path: ['query'] },
  )

/** The file itself, or all documents in a folder. */
function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => DOCUMENT_FILE.test(name))
    return names.toSorted().map((name) => join(path, name))
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

function readInto(documents: Map<string, string>, file: string): void {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error))
  }
  if (!file.endsWith('.json')) {
    add(documents, text)
    return
  }
  let manifest: unknown
  try {
    manifest = JSON.parse(text)
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error))
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw unreadable(file, 'it is not an object of ids and documents')
  for (const [key, document] of Object.entries(manifest)) {
    const id = ID.exec(key)?.[1]
    if (!id || typeof document !== 'string')
      throw unreadable(file, `${JSON.stringify(key.slice(0, 80))} is not a SHA-256 with a document`)
    // If the text of a document is changed but not its id, the new text must not run under the old id.
    if (hash('sha256', document) !== id) throw unreadable(file, `the document under ${key} has a different SHA-256`)
    add(documents, document)
  }
}

/** Adds a document under two digests: that of its text, and that of the text without surrounding white space. */
function add(documents: Map<string, string>, text: string): void {
  documents.set(hash('sha256', text), text)
  documents.set(digest(text), text)
}

const unreadable = (path: string, why: string) =>
  new SettingsError(
    `PERSISTED_OPERATIONS: ${path} cannot be used: ${why}; expected a .json file of ids and documents, .graphql files of one document each, or a folder of these`,
  )
