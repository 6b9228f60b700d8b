import { type Command, Option } from 'commander'
import type { Parser } from './parsers.ts'

/** An option for a field of an API filter or input. The field `webhookIds` becomes --webhook-ids. */
interface Flag<Value> {
  /** What the help shows in place of the value. */
  placeholder: string
  help: string
  /** `previous` is the earlier value if the option is repeated. */
  parse(text: string, previous: Value | undefined): Value
}

/** An option for every field of an API filter or input. If a field has no option, the type check fails. */
export type FilterFlags<Filter> = {
  readonly [Field in keyof Required<Filter>]: Flag<NonNullable<Filter[Field]>>
}

export const single = <Value>(placeholder: string, help: string, parser: Parser<Value>): Flag<Value> => ({
  placeholder,
  help,
  parse: parser,
})

/** An option with comma-separated values. If it is repeated, the values are combined. */
export const several = <Value>(placeholder: string, help: string, parser: Parser<Value>): Flag<Value[]> => ({
  placeholder: `${placeholder},...`,
  help,
  // An option such as --no-tags may have set false before.
  parse: (text, previous) => [...(previous || []), ...text.split(',').map((part) => parser(part.trim()))],
})

const kebab = (field: string) => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Adds options for the fields of a filter or input to a command. `required`: the options that must be given. */
export function addFilter<Filter>(
  command: Command,
  flags: FilterFlags<Filter>,
  required: readonly (keyof Filter)[] = [],
): Command {
  const mandatory = new Set<PropertyKey>(required)
  for (const [field, flag] of Object.entries<Flag<unknown>>(flags)) {
    command.addOption(
      new Option(`--${kebab(field)} <${flag.placeholder}>`, flag.help)
        .argParser((text, previous) => flag.parse(text, previous))
        .makeOptionMandatory(mandatory.has(field)),
    )
  }
  return command
}

/** The filter or input that the options of a command describe; undefined if none of them was given. */
export function filterFrom<Filter>(
  flags: FilterFlags<Filter>,
  options: Readonly<Record<string, unknown>>,
): Filter | undefined {
  const entries = Object.keys(flags).flatMap((field) => (options[field] === undefined ? [] : [[field, options[field]]]))
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Filter)
}
