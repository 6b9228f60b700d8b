// biome-ignore-all lint/a11y/useSemanticElements: the suggested fieldset is for form fields
import classes from './Diff.module.css'
import { diffOf } from './diff-of.ts'

interface DiffProps {
  label: string
  before: unknown
  after: unknown
  /** The headings of the two sides. */
  sides?: readonly [string, string]
  /** Also shows the values that are equal. */
  whole?: boolean
}

const text = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** Two JSON values side by side, one line per path. Differences are marked by a sign and a colour. */
export function Diff({ label, before, after, sides = ['Before', 'After'], whole = false }: DiffProps) {
  const rows = diffOf(before, after).filter(({ change }) => whole || change !== 'same')
  if (rows.length === 0) return <p className={classes.none}>Nothing differs.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">{sides[0]}</th>
            <th scope="col">{sides[1]}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, change, before, after }) => (
            <tr key={path} data-change={change}>
              <th scope="row">
                <span aria-hidden="true">{{ same: ' ', added: '+', removed: '−', changed: '≠' }[change]}</span>{' '}
                {path || 'value'}
              </th>
              <td data-side="before">{text(before)}</td>
              <td data-side="after">{text(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
