import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** Default data directory. */
export const DATA_DIR = join(ROOT, '.aetherlink')

/** Caches stored in node_modules, so that they are removed together with the packages. */
export const CACHE_DIR = join(ROOT, 'node_modules/.cache/aetherlink')

/** @param {string} path relative to the root */
export const has = (path) => existsSync(join(ROOT, path))

/** @param {string} name name of a program in an npm package */
export const bin = (name) => join(ROOT, 'node_modules/.bin', name)

/**
 * The canonical path of a file or directory, even if its last parts do not exist yet.
 * @param {string} path
 * @returns {string}
 */
export function canonical(path) {
  const whole = resolve(path)
  if (existsSync(whole)) return realpathSync(whole)
  return dirname(whole) === whole
    ? whole
    : join(canonical(dirname(whole)), whole.slice(dirname(whole).length).replace(/^[\\/]/, ''))
}
