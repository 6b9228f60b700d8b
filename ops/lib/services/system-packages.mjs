import { run, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'

/**
 * Installs a package with the system's package manager, as root or with sudo that needs no password.
 * @param {{ apt?: string, dnf?: string, apk?: string, brew?: string }} names the package's name in each package manager
 * @param {string} what what is missing, for the error message
 * @param {string} hint what else the user can do
 * @returns {Promise<string>} how the package was installed
 */
export async function installPackage(names, what, hint) {
  const brew = which('brew')
  if (names.brew && brew && process.platform === 'darwin') {
    await run(brew, ['install', names.brew], { hint })
    return `brew install ${names.brew}`
  }
  const apt = names.apt && which('apt-get')
  const dnf = names.dnf && which('dnf')
  const apk = names.apk && which('apk')
  const root = await asRoot()
  if (!root && (apt || dnf || apk)) {
    const manager = apt ? `apt-get install ${names.apt}` : dnf ? `dnf install ${names.dnf}` : `apk add ${names.apk}`
    throw new StepError(`${what} is not installed, and only root may install it: sudo ${manager}`, hint)
  }
  if (root && apt) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const install = [...root, apt, 'install', '-y', '-qq', '--no-install-recommends', String(names.apt)]
    try {
      await execute(install, env, hint)
    } catch {
      // The first attempt fails if the package lists are missing or outdated.
      await execute([...root, apt, 'update', '-qq'], env, hint)
      await execute(install, env, hint)
    }
    return `apt-get install ${names.apt}`
  }
  if (root && dnf) {
    await execute([...root, dnf, 'install', '-y', '-q', String(names.dnf)], process.env, hint)
    return `dnf install ${names.dnf}`
  }
  if (root && apk) {
    await execute([...root, apk, 'add', '--quiet', String(names.apk)], process.env, hint)
    return `apk add ${names.apk}`
  }
  throw new StepError(`${what} is not installed, and this system has no supported package manager.`, hint)
}

/**
 * @param {string[]} line
 * @param {NodeJS.ProcessEnv} env
 * @param {string} hint
 */
function execute(line, env, hint) {
  // sudo drops the environment, so the variables that the command needs are set again after `sudo`.
  const [command = '', ...args] = line[0]?.endsWith('sudo')
    ? [...line.slice(0, 2), 'env', 'DEBIAN_FRONTEND=noninteractive', ...line.slice(2)]
    : line
  return run(command, args, { env, hint })
}

/** The command prefix for running as root; undefined if that is impossible. */
async function asRoot() {
  if (process.getuid?.() === 0) return []
  const sudo = which('sudo')
  if (!sudo) return undefined
  try {
    await run(sudo, ['-n', 'true'])
    return [sudo, '-n']
  } catch {
    return undefined
  }
}
