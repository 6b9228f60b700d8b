import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../paths.mjs'
import { run } from '../processes/processes.mjs'
import { explain, StepError } from '../steps.mjs'
import { importBaseImage } from './base-image.mjs'
import { importServiceImages, SERVICE_IMAGES } from './service-images.mjs'

/** The default base image of the Dockerfiles. --base names another one. */
const BASE = 'node:22-bookworm-slim'
const IMAGES = ['api', 'web']

const USAGE = `node ops/images.mjs build [options]   builds the images with docker
  --tag TAG             of the images; default: latest
  --repository NAME     before /api and /web; default: aetherlink
  --only api,web        these images alone
  --base IMAGE          instead of ${BASE}
  --network host        of the build, where containers have no network of their own
node ops/images.mjs base [--base IMAGE]   makes the base image from this Debian, for engines that reach no registry
node ops/images.mjs services             makes ${Object.values(SERVICE_IMAGES).join(' and ')} from Debian's packages, for the same engines:
                                         their names are the values of POSTGRES_IMAGE and REDIS_IMAGE`

/** @param {string[]} args */
export async function main(args) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        tag: { type: 'string', default: 'latest' },
        repository: { type: 'string', default: 'aetherlink' },
        only: { type: 'string', default: IMAGES.join(',') },
        base: { type: 'string', default: BASE },
        network: { type: 'string' },
      },
    })
    if (positionals[0] === 'base') await importBaseImage(values.base)
    else if (positionals[0] === 'services') await importServiceImages()
    else if (positionals[0] === 'build') for (const image of values.only.split(',')) await build(image, values)
    else throw new StepError('Nothing to do.', USAGE)
  } catch (error) {
    explain(
      error instanceof StepError ? error : new StepError(error instanceof Error ? error.message : String(error), USAGE),
    )
    process.exit(1)
  }
}

/**
 * @param {string} image
 * @param {{ tag: string, repository: string, base: string, network?: string | undefined }} options
 */
async function build(image, { tag, repository, base, network }) {
  if (!IMAGES.includes(image)) throw new StepError(`--only names "${image}", which is not an image.`, USAGE)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const revision = await run('git', ['rev-parse', 'HEAD'], { cwd: ROOT }).catch(() => 'unknown')
  const registry = process.env.NPM_CONFIG_REGISTRY
  const args = [
    ...['build', '--file', `ops/docker/${image}.Dockerfile`, '--tag', `${repository}/${image}:${tag}`],
    ...[
      '--build-arg',
      `NODE_IMAGE=${base}`,
      '--build-arg',
      `VERSION=${version}`,
      '--build-arg',
      `REVISION=${revision.trim()}`,
    ],
    ...(registry ? ['--build-arg', `NPM_CONFIG_REGISTRY=${registry}`] : []),
    ...(network ? ['--network', network] : []),
    '.',
  ]
  await run('docker', args, { cwd: ROOT, show: true })
}
