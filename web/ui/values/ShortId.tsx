import classes from './Text.module.css'

/** "dlv_…9k3f2a": the end of an id distinguishes rows; its beginning is the time. */
export const shortId = (id: string): string => id.replace(/^([a-z]+_).+(.{6})$/, '$1…$2')

export function ShortId({ id }: { id: string }) {
  return (
    <code title={id} className={classes.id}>
      {shortId(id)}
    </code>
  )
}
