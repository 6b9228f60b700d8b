import { type Command, Option } from 'commander'
import type { Parser } from './parsers.ts'

/** A field of a filter of the API as an option: `webhookIds` is --webhook-ids. */
interface Flag<Value> {
  /** The name of the value in the help. */
  placeholder: string
  help: string
  /** `previous`: the earlier value of a repeated option. */
  parse(text: string, previous: Value | undefined): Value
}

/** An option for every field of a filter: a field of the API without an option fails the type check. */
export type FilterFlags<Filter> = {
  readonly [Field in keyof Required<Filter>]: Flag<NonNullable<Filter[Field]>>
}

export const single = <Value>(placeholder: string, help: string, parser: Parser<Value>): Flag<Value> => ({
  placeholder,
  help,
  parse: parser,
})

/** Comma-separated values; values of repeated options are combined. */
export const several = <Value>(placeholder: string, help: string, parser: Parser<Value>): Flag<Value[]> => ({
  placeholder: `${placeholder},...`,
  help,
  parse: (text, previous = []) => [...previous, ...text.split(',').map((part) => parser(part.trim()))],
})

const kebab = (field: string) => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Adds the options of a filter to a command. */
export function addFilter<Filter>(command: Command, flags: FilterFlags<Filter>): Command {
  for (const [field, flag] of Object.entries<Flag<unknown>>(flags)) {
    command.addOption(
      new Option(`--${kebab(field)} <${flag.placeholder}>`, flag.help).argParser((text, previous) =>
        flag.parse(text, previous),
      ),
    )
  }
  return command
}

/** The filter from the options of a command; undefined if none was given. */
export function filterFrom<Filter>(
  flags: FilterFlags<Filter>,
  options: Readonly<Record<string, unknown>>,
): Filter | undefined {
  const entries = Object.keys(flags).flatMap((field) => (options[field] === undefined ? [] : [[field, options[field]]]))
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Filter)
}
