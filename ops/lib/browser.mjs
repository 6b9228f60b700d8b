import { existsSync } from 'node:fs'
import { which } from './processes/processes.mjs'
import { installPackage } from './services/system-packages.mjs'
import { StepError } from './steps.mjs'

/**
 * Chromium without a window system is preferred: a page needs 0.7 seconds less CPU time. Not every system has a package
 * of it.
 */
const SHELL = 'chromium-headless-shell'
const NAMES = [SHELL, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const APP = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const HINT = 'Install Chromium or Chrome, or set CHROMIUM to the path of one.'

/**
 * The path of a Chromium: the one in CHROMIUM, otherwise an installed one, otherwise one that the system's package
 * manager installs.
 * @param {import('./steps.mjs').Steps} steps
 */
export async function findBrowser(steps) {
  const set = process.env.CHROMIUM
  if (set) {
    if (existsSync(set)) return set
    throw new StepError(`CHROMIUM names ${set}, which does not exist.`, HINT)
  }
  const installed = which(...NAMES) ?? (existsSync(APP) ? APP : undefined)
  if (installed) return installed
  return steps.run('Chromium', async (note) => {
    const shell = installPackage({ apt: SHELL }, 'Chromium', HINT)
    note(
      await shell.catch(() => installPackage({ apt: 'chromium', dnf: 'chromium', apk: 'chromium' }, 'Chromium', HINT)),
    )
    const brought = which(...NAMES)
    if (!brought) throw new StepError('The package was installed, but contains no browser.', HINT)
    return brought
  })
}
