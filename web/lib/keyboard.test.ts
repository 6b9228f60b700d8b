// @vitest-environment node
import { beforeAll, expect, test, vi } from 'vitest'
import { Keyboard, keyName } from './keyboard.ts'

beforeAll(() => {
  vi.stubGlobal('HTMLElement', class {})
  vi.stubGlobal('Element', class {})
  vi.stubGlobal('document', { querySelector: () => null })
})

const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }

function press(keyboard: Keyboard, key: string, at = 0, more: Partial<typeof none> = {}): boolean {
  let prevented = false
  const event = { key, ...none, ...more, timeStamp: at, target: null, isComposing: false, defaultPrevented: false }
  keyboard.handle(Object.assign(event, { preventDefault: () => (prevented = true) }) as never)
  return prevented
}

function keyboardWith(...keys: string[]) {
  const keyboard = new Keyboard()
  const ran: string[] = []
  keyboard.add(keys.map((one) => ({ keys: one, label: one, group: 'Test', run: () => ran.push(one) })))
  return { keyboard, ran }
}

test('keys have the names that shortcuts use', () => {
  expect(keyName({ ...none, key: '?', shiftKey: true })).toBe('?')
  expect(keyName({ ...none, key: 'X', shiftKey: true })).toBe('Shift+x')
  expect(keyName({ ...none, key: 'k', metaKey: true })).toBe('Mod+k')
  expect(keyName({ ...none, key: 'ArrowDown' })).toBe('ArrowDown')
})

test('two keys in sequence form a shortcut within the time limit', () => {
  const { keyboard, ran } = keyboardWith('g d', 'd')
  press(keyboard, 'g', 0)
  press(keyboard, 'd', 500)
  expect(ran).toEqual(['g d'])
  press(keyboard, 'g', 10_000)
  press(keyboard, 'd', 20_000)
  expect(ran).toEqual(['g d', 'd'])
})

test('single-character shortcuts can be disabled; chords and named keys still work', () => {
  const { keyboard, ran } = keyboardWith('j', '?', 'Mod+k', 'ArrowDown', 'g d')
  keyboard.letters = false
  for (const key of ['j', '?', 'g', 'd', 'ArrowDown']) press(keyboard, key)
  press(keyboard, 'k', 0, { ctrlKey: true })
  expect(ran).toEqual(['ArrowDown', 'Mod+k'])
})

test('the shortcut added last wins until it is removed', () => {
  const { keyboard, ran } = keyboardWith('r')
  const remove = keyboard.add([{ keys: 'r', label: '', group: '', run: () => ran.push('newer') }])
  press(keyboard, 'r')
  remove()
  press(keyboard, 'r')
  expect(ran).toEqual(['newer', 'r'])
})
