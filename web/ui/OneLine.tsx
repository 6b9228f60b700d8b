import classes from './OneLine.module.css'

interface OneLineProps {
  text: string
  /** What is said of it where it is not said in full. */
  title?: string
  strong?: boolean
  /** Less than what it stands below or beside. */
  dimmed?: boolean
  small?: boolean
}

/** A text in a cell, cut where the cell ends. Without Mantine: a live list draws hundreds of them at once. */
export function OneLine({ text, title = text, strong, dimmed, small }: OneLineProps) {
  return (
    <div
      className={classes.line}
      title={title}
      data-strong={strong || undefined}
      data-dimmed={dimmed || undefined}
      data-small={small || undefined}
    >
      {text}
    </div>
  )
}
