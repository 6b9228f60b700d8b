import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '../env.ts'
import { SettingsError } from '../env.ts'
import { AppError, badInput } from '../kit/errors.ts'

/** Documents that a client may name instead of sending them. */
export interface PersistedDocuments {
  /**
   * The parameters of an operation, with the document that their id names in place of whatever they had. Those that name none
   * come back as they are, or are refused where only documents of the list are taken. Throws PERSISTED_QUERY_NOT_FOUND,
   * BAD_USER_INPUT for an id that is none, FORBIDDEN for a document that is not on the list.
   */
  resolve<Params extends OperationParams>(params: Params): Params
}

/** What of an operation's parameters matters here. `documentId` is GraphQL over HTTP's own, Appendix A of its draft. */
export interface OperationParams {
  query?: unknown
  documentId?: unknown
  extensions?: unknown
}

const ID = /^(?:sha256:)?([\da-f]{64})$/
const DOCUMENT_FILE = /\.(json|graphql|gql)$/

/** The documents of the web that belongs to this version, beside the bundle (ops/lib/build.mjs); from sources there is none. */
const OF_THE_WEB = join(import.meta.dirname, 'operations.json')

/**
 * Reads the web's documents and those that PERSISTED_OPERATIONS names. Throws SettingsError for what cannot be read, or is
 * none.
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

/** Yoga knows no `documentId`, so it ends here. */
function withQuery<Params extends OperationParams>(params: Params, query: unknown): Params {
  const { documentId: _documentId, ...rest } = params
  return { ...rest, query } as Params
}

/**
 * The id that the parameters name: `documentId`, or `extensions.persistedQuery.sha256Hash` as Apollo's clients send it
 * (https://www.apollographql.com/docs/graphos/routing/operations/apq). Null: none.
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

function parseId(given: unknown, path: string[]): string {
  const id = typeof given === 'string' ? ID.exec(given)?.[1] : undefined
  if (id) return id
  const came = given === undefined ? 'missing' : (JSON.stringify(given)?.slice(0, 80) ?? typeof given)
  throw badInput(path, `is ${came}; takes the SHA-256 of a document: 64 hex digits, perhaps after "sha256:"`)
}

/** Space around a document is of no consequence: files end with a line break, and what is sent of them may not. */
const digest = (text: string): string => hash('sha256', text.trim())

/** Apollo's clients know it by its code, and send the document with the id then. */
const notFoundById = () =>
  new AppError('PERSISTED_QUERY_NOT_FOUND', 'there is no document of this id on the list; send its text as `query`')

const notListed = () =>
  new AppError(
    'FORBIDDEN',
    'query: only the operations on the list of this installation are taken (PERSISTED_OPERATIONS_ONLY), and this is none of them',
    { path: ['query'] },
  )

/** A file, or those in a folder that have documents in them. */
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
    throw unreadable(file, 'it is no object of ids and documents')
  for (const [key, document] of Object.entries(manifest)) {
    const id = ID.exec(key)?.[1]
    if (!id || typeof document !== 'string')
      throw unreadable(file, `${JSON.stringify(key.slice(0, 80))} is no SHA-256 with a document`)
    // Who changed the one and not the other would have it run under the name of another.
    if (hash('sha256', document) !== id) throw unreadable(file, `the document under ${key} has another SHA-256`)
    add(documents, document)
  }
}

/** By its digest as it is, which is that of the file, and as it is recognised. */
function add(documents: Map<string, string>, text: string): void {
  documents.set(hash('sha256', text), text)
  documents.set(digest(text), text)
}

const unreadable = (path: string, why: string) =>
  new SettingsError(
    `PERSISTED_OPERATIONS names ${path}, which cannot be used: ${why}; takes a .json file of ids and documents, .graphql files of one document each, or a folder of these`,
  )
