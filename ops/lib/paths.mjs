import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** Where a start keeps its state unless it is told otherwise. */
export const DATA_DIR = join(ROOT, '.aetherlink')

/** What is made anew from other files may lie beside the packages: it is gone when they are. */
export const CACHE_DIR = join(ROOT, 'node_modules/.cache/aetherlink')

/** @param {string} path relative to the root */
export const has = (path) => existsSync(join(ROOT, path))

/** @param {string} name of a program that a package brings */
export const bin = (name) => join(ROOT, 'node_modules/.bin', name)

/**
 * A path without links and dots, also when its last parts do not exist yet.
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
