import { Code, Group, Stack, Text } from '@mantine/core'
import { CopyButton } from './CopyButton.tsx'
import classes from './TextBlock.module.css'

/** A titled block of code or data as it came, scrolling inside its own frame, with a button to copy it. */
export function TextBlock({ title, text, note }: { title: string; text: string; note?: string }) {
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <CopyButton text={text} what={title.toLowerCase()} />
      </Group>
      <Code block className={classes.block} tabIndex={0} aria-label={title}>
        {text}
      </Code>
      {note && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Stack>
  )
}

/** The same for JSON, indented. */
export function JsonBlock({ title, value }: { title: string; value: unknown }) {
  return <TextBlock title={title} text={JSON.stringify(value, null, 2) ?? 'null'} />
}
