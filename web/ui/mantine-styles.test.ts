import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const CORE = dirname(createRequire(import.meta.url).resolve('@mantine/core/styles.css'))
const WEB = join(import.meta.dirname, '..')
const STYLES = join(import.meta.dirname, 'mantine-styles.ts')
const GLOBAL = ['baseline', 'default-css-variables', 'global']

const imported = [...readFileSync(STYLES, 'utf8').matchAll(/styles\/([\w-]+)\.css'/g)].map(([, name]) => name!)

/** The names that the console and Mantine's other packages import from @mantine/core, types included. */
function namesInUse(): Set<string> {
  const folders = [
    ...['app', 'features', 'frame', 'lib', 'ui'].map((name) => join(WEB, name)),
    join(CORE, '../spotlight/esm'),
  ]
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|mjs)$/.test(file))
      .map((file) => join(folder, file)),
  )
  const names = new Set<string>()
  for (const file of files)
    for (const [, list] of readFileSync(file, 'utf8').matchAll(
      /import (?:type )?\{([^}]*)\} from ["']@mantine\/core["']/g,
    ))
      for (const name of list!.split(','))
        names.add(
          name
            .trim()
            .replace(/^type /, '')
            .split(' ')[0]!,
        )
  return names
}

/** The names of the style sheets of a component and of all components that it uses. */
function stylesOf(file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  return [...readFileSync(file, 'utf8').matchAll(/from "(\.[^"]+)"/g)].flatMap(([, path]) => {
    const module = /(\w+)\.module\.mjs$/.exec(path!)
    return module ? [module[1]!] : stylesOf(resolve(dirname(file), path!), seen)
  })
}

test('the style sheets of all components in use are imported, each once, in the order of the whole style sheet', () => {
  const seen = new Set<string>()
  const components = [...namesInUse()]
    .map((name) => join(CORE, `esm/components/${name}/${name}.mjs`))
    .filter(existsSync)
  expect(components.length).toBeGreaterThan(15)
  const needed = components.flatMap((file) => stylesOf(file, seen))
  const whole = readFileSync(join(CORE, 'styles.css'), 'utf8')
  const place = (name: string) => whole.indexOf(readFileSync(join(CORE, 'styles', `${name}.css`), 'utf8').slice(0, 60))
  const inOrder = [...new Set([...GLOBAL, ...needed])].toSorted((a, b) => place(a) - place(b))
  expect(imported).toEqual(inOrder)
})
