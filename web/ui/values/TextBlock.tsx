// biome-ignore-all lint/a11y/useSemanticElements: the suggested fieldset is for form fields
import { CopyButton } from './CopyButton.tsx'
import classes from './Text.module.css'

/** A titled block of unmodified code or data, with a copy button. */
export function TextBlock({ title, text, note }: { title: string; text: string; note?: string }) {
  return (
    <div>
      <div className={classes.blockHead}>
        <h3>{title}</h3>
        <CopyButton text={text} what={title.toLowerCase()} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard */}
      <pre className={classes.block} tabIndex={0} role="group" aria-label={title}>
        {text}
      </pre>
      {note && <p className={classes.note}>{note}</p>}
    </div>
  )
}

/** Like TextBlock, for indented JSON. */
export function JsonBlock({ title, value, note }: { title: string; value: unknown; note?: string }) {
  return <TextBlock title={title} text={JSON.stringify(value, null, 2) ?? 'null'} note={note} />
}
