import classes from './Text.module.css'

/** Shortens an id: "dlv_…9k3f2a". Ids begin with a time, so only their ends distinguish rows. */
export const shortId = (id: string): string => id.replace(/^([a-z]+_).+(.{6})$/, '$1…$2')

export function ShortId({ id }: { id: string }) {
  return (
    <code title={id} className={classes.id}>
      {shortId(id)}
    </code>
  )
}
