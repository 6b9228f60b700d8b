import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { AppError } from '../../kit/errors.ts'
import type { RequestContext } from '../request-context.ts'
import type { OpenRoute } from '../router.ts'

const compress = promisify(gzip)

const SCRIPT = 'text/javascript; charset=utf-8'
const TYPES = {
  'page.js': SCRIPT,
  'page.css': 'text/css; charset=utf-8',
  'icon.ico': 'image/x-icon',
  'editor-worker.js': SCRIPT,
  'json-worker.js': SCRIPT,
  'graphql-worker.js': SCRIPT,
} as const

export type FileName = keyof typeof TYPES

interface File {
  /** The URL contains a digest of the content, so that clients can cache the file forever. */
  url: string
  body: Buffer
  /** The compressed file. Created when it is first needed. */
  gzipped: Promise<Buffer> | null
}

let files: Promise<ReadonlyMap<string, File>> | undefined

const filesOf = () => {
  files ??= load()
  return files
}

/** The URLs of the files that the page needs. */
export async function graphiqlUrls(): Promise<Record<FileName, string>> {
  const loaded = await filesOf()
  const urls = Object.keys(TYPES).map((name) => [name, loaded.get(name)?.url ?? ''])
  return Object.fromEntries(urls)
}

/** Serves the files of GraphiQL. They are public and the same for everyone. */
export const graphiqlFiles: readonly OpenRoute[] = Object.entries(TYPES).map(([name, type]) => ({
  path: pathOfFile(name),
  methods: ['GET'],
  open: true,
  async handle(exchange) {
    const file = (await filesOf()).get(name)
    // The request is for a file of another version. This version's file must not be sent, because the other version's
    // page may not work with it.
    if (!file || exchange.req.url !== file.url) throw new AppError('NOT_FOUND', 'GraphiQL has no such file')
    await send(exchange, file, type)
  },
}))

async function send({ req, res }: RequestContext, file: File, type: string): Promise<void> {
  const headers = {
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    'cross-origin-resource-policy': 'same-origin',
    // A web worker uses the policy of its own response, not that of the page.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  }
  let body = file.body
  if (takesGzip(req.headers['accept-encoding'])) {
    file.gzipped ??= compress(file.body)
    body = await file.gzipped
    res.setHeader('content-encoding', 'gzip')
  }
  res.writeHead(200, { ...headers, 'content-length': body.length })
  res.end(req.method === 'HEAD' ? undefined : body)
}

/** Whether the client accepts gzip: it is listed, and its weight is not zero (RFC 9110, 12.5.3). */
const takesGzip = (accepted: string | string[] = ''): boolean =>
  /(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(String(accepted))

/** Loads the files when they are first needed. They have nine megabytes. */
async function load(): Promise<ReadonlyMap<string, File>> {
  const bundle = await import('@graphql-yoga/render-graphiql/graphiql')
  const icon = Buffer.from(bundle.favicon.slice(bundle.favicon.indexOf(',') + 1), 'base64')
  const rest = new Map<string, File>([
    fileOf('page.css', bundle.css),
    fileOf('icon.ico', icon),
    fileOf('editor-worker.js', bundle.editorWorkerService),
    fileOf('json-worker.js', bundle.jsonWorker),
    fileOf('graphql-worker.js', bundle.graphqlWorker),
  ])
  const workers = JSON.stringify({
    editorWorkerService: rest.get('editor-worker.js')?.url,
    json: rest.get('json-worker.js')?.url,
    graphql: rest.get('graphql-worker.js')?.url,
  })
  const script = `self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => (${workers})[label] };
${bundle.js};
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), JSON.parse(document.getElementById('options').textContent));
`
  return new Map([...rest, fileOf('page.js', script)])
}

function fileOf(name: FileName, content: string | Buffer): [string, File] {
  const body = Buffer.from(content)
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return [name, { url: `${pathOfFile(name)}?v=${digest}`, body, gzipped: null }]
}

function pathOfFile(name: string): string {
  return `/graphiql/${name}`
}
