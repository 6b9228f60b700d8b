import classes from './Placeholder.module.css'

/** Placeholder for rows during the first load. `height`: row height in pixels. */
export function Placeholder({ rows = 8, height = 36 }: { rows?: number; height?: number }) {
  return (
    <div className={classes.placeholder} aria-busy="true" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all placeholders are the same
        <div key={row} style={{ height }} />
      ))}
    </div>
  )
}
