import { abortCommands } from '../processes/processes.mjs'
import { explain, StepError, Steps } from '../steps.mjs'
import { buildWeb, bundle, generateClient, generateDocuments } from './build.mjs'
import { installPackages } from './install.mjs'

/**
 * Builds what `npm start` needs: all parts, or the named one.
 * @param {string[]} args
 */
export async function main([part = 'all', ...more]) {
  process.on('SIGTERM', abortCommands)
  try {
    if (!['all', 'api', 'web'].includes(part) || more.length > 0) {
      throw new StepError(`"${[part, ...more].join(' ')}" cannot be built.`, 'npm run build -- [api | web]')
    }
    const steps = new Steps()
    await steps.run('Packages', async (note) => note(await installPackages()))
    if (part !== 'web') {
      await steps.run('Prisma client', () => generateClient())
      await steps.run('Bundles', () => bundle())
    }
    if (part !== 'api') {
      await steps.run('Typed documents', () => generateDocuments())
      await steps.run('Web build', () => buildWeb())
    }
  } catch (error) {
    explain(error)
    process.exit(1)
  }
}
