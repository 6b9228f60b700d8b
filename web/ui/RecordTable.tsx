'use client'

import { Box, Paper, Table, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { MouseEvent, ReactNode } from 'react'
import classes from './RecordTable.module.css'

export interface Column<Row> {
  key: string
  header: string
  /** The header is for screen readers only. */
  headless?: boolean
  /** CSS width; the columns without one share what is left. */
  width?: string
  cell: (row: Row) => ReactNode
}

interface RecordTableProps<Row> {
  caption: string
  columns: readonly Column<Row>[]
  /** The width of the window, in em, from which on there is room for the columns. */
  columnsFrom: number
  rows: readonly Row[]
  idOf: (row: Row) => string
  /** What the button that opens a row is called. */
  nameOf: (row: Row) => string
  /** The row as a card, for screens too narrow for columns. */
  card: (row: Row) => ReactNode
  openId: string | null
  onOpen: (id: string) => void
  /** The rows are those of the filter before. */
  outdated: boolean
}

/** A press on a row opens it, unless it was meant for something inside, or selected text. */
const opensRow = (event: MouseEvent<HTMLElement>): boolean => {
  const inside = event.target instanceof Element && event.target.closest('a, button, input, label')
  return !inside && !window.getSelection()?.toString()
}

/** Rows that open: a table where there is room, cards where there is none. */
export function RecordTable<Row>(props: RecordTableProps<Row>) {
  const narrow = !useMediaQuery(`(min-width: ${props.columnsFrom}em)`, true, { getInitialValueInEffect: false })
  return (
    <Box className={classes.frame} data-outdated={props.outdated || undefined} aria-busy={props.outdated}>
      {narrow ? <Cards {...props} /> : <Columns {...props} />}
    </Box>
  )
}

function Opener<Row>({
  row,
  idOf,
  nameOf,
  onOpen,
}: Pick<RecordTableProps<Row>, 'idOf' | 'nameOf' | 'onOpen'> & { row: Row }) {
  // Over the whole first cell or card: the row's one stop for the keyboard.
  return (
    <UnstyledButton
      className={classes.opener}
      onClick={() => onOpen(idOf(row))}
      aria-label={`Details: ${nameOf(row)}`}
      aria-haspopup="dialog"
    />
  )
}

function Columns<Row>({ caption, columns, rows, idOf, nameOf, openId, onOpen }: RecordTableProps<Row>) {
  return (
    <Table className={classes.table} layout="fixed" highlightOnHover verticalSpacing={6} aria-label={caption}>
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ key, header, headless, width }) => (
            <Table.Th key={key} w={width}>
              {headless ? <VisuallyHidden>{header}</VisuallyHidden> : header}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr
            key={idOf(row)}
            data-id={idOf(row)}
            data-open={idOf(row) === openId || undefined}
            onClick={(event) => opensRow(event) && onOpen(idOf(row))}
          >
            {columns.map(({ key, cell }, index) => (
              <Table.Td key={key}>
                {index === 0 && <Opener row={row} idOf={idOf} nameOf={nameOf} onOpen={onOpen} />}
                {cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Cards<Row>({ caption, rows, idOf, nameOf, card, openId, onOpen }: RecordTableProps<Row>) {
  return (
    <Box component="ul" aria-label={caption} className={classes.cards}>
      {rows.map((row) => (
        <Paper
          key={idOf(row)}
          component="li"
          withBorder
          p="sm"
          data-id={idOf(row)}
          data-open={idOf(row) === openId || undefined}
          onClick={(event: MouseEvent<HTMLElement>) => opensRow(event) && onOpen(idOf(row))}
        >
          <Opener row={row} idOf={idOf} nameOf={nameOf} onOpen={onOpen} />
          {card(row)}
        </Paper>
      ))}
    </Box>
  )
}
