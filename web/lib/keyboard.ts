/** A shortcut of the open page: one key, or two keys in sequence. */
export interface Shortcut {
  /**
   * For example `j`, `Shift+x`, `g d` (one key after the other), `Mod+k` (Ctrl, or Command on a Mac), `Enter`,
   * `ArrowDown`.
   */
  keys: string
  /** Description for the help sheet. */
  label: string
  /** Heading in the help sheet. */
  group: string
  run: (event: KeyboardEvent) => void
  /** Not shown in the help sheet, because it is an alternative key. */
  hidden?: boolean
}

/** Time limit for the second key of a sequence, in milliseconds. */
const PAIR_MS = 1_500

/**
 * Name of a pressed key as in `Shortcut.keys`. Shift is part of the name only for letters and digits: characters such
 * as `?` and `*` are typed with Shift anyway.
 */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const named = /^[a-z0-9]$/.test(key) || event.key.length > 1
  return `${event.ctrlKey || event.metaKey ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey && named ? 'Shift+' : ''}${key}`
}

const isLetter = (name: string): boolean => /^(Shift\+)?\S$/.test(name)

/** Whether the focused element accepts text input. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('select, textarea, [role="listbox"], [role="menu"]')) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
}

/** Whether the focused element handles the key itself: Enter and Space press a focused button. */
const isPress = (name: string, target: EventTarget | null): boolean =>
  (name === 'Enter' || name === ' ') &&
  target instanceof Element &&
  target.closest('a, button, summary, input, [role="tab"]') !== null

/** Shortcuts of the open page. If two have the same keys, the one added last is used. */
export class Keyboard {
  /** Whether single-character shortcuts are enabled. */
  letters = true
  #lists: (readonly Shortcut[])[] = []
  #pending: { key: string; at: number } | null = null
  #listeners = new Set<() => void>()
  #all: readonly Shortcut[] = []

  /** Adds shortcuts. Returns a function that removes them. */
  add(list: readonly Shortcut[]): () => void {
    this.#lists = [...this.#lists, list]
    this.#changed()
    return () => {
      this.#lists = this.#lists.filter((one) => one !== list)
      this.#changed()
    }
  }

  /** All current shortcuts. */
  readonly all = (): readonly Shortcut[] => this.#all

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.#all = this.#lists.flat()
    for (const listener of this.#listeners) listener()
  }

  #find(keys: string): Shortcut | undefined {
    return this.#all.findLast((shortcut) => shortcut.keys === keys)
  }

  /** Runs the shortcut for a pressed key. */
  readonly handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return
    const name = keyName(event)
    const chord = name.startsWith('Mod+')
    if (!chord && (isTyping(event.target) || isPress(name, event.target) || document.querySelector('dialog:modal')))
      return
    if (!this.letters && isLetter(name)) return
    const first = this.#pending && event.timeStamp - this.#pending.at < PAIR_MS ? this.#pending.key : null
    this.#pending = null
    const shortcut = (first !== null && this.#find(`${first} ${name}`)) || this.#find(name)
    if (shortcut) {
      event.preventDefault()
      shortcut.run(event)
    } else if (this.#all.some(({ keys }) => keys.startsWith(`${name} `))) {
      this.#pending = { key: name, at: event.timeStamp }
    }
  }
}
