import { Code } from '@mantine/core'

/** "dlv_…9k3f2a": the end of an id tells rows apart, its beginning is the time. */
export const shortId = (id: string): string => id.replace(/^([a-z]+_).+(.{6})$/, '$1…$2')

export function ShortId({ id }: { id: string }) {
  return (
    <Code title={id} style={{ whiteSpace: 'nowrap' }}>
      {shortId(id)}
    </Code>
  )
}
