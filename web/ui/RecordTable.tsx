'use client'

import { Box, Paper, Table, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type MouseEvent, memo, type ReactNode } from 'react'
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
  /** The pointer is at the rows. */
  onPoint: () => void
  /** Rows to highlight, each with a number that is another one each time. */
  marks: ReadonlyMap<string, number>
  /** Rows that the filter would not find any more. */
  isLeaving?: (row: Row) => boolean
}

/** A press on a row opens it, unless it was meant for something inside, or selected text. */
const opensRow = (event: MouseEvent<HTMLElement>): boolean => {
  const inside = event.target instanceof Element && event.target.closest('a, button, input, label')
  return !inside && !window.getSelection()?.toString()
}

/** Rows that open: a table where there is room, cards where there is none. */
export function RecordTable<Row>(props: RecordTableProps<Row>) {
  const { columnsFrom, outdated, onPoint } = props
  const narrow = !useMediaQuery(`(min-width: ${columnsFrom}em)`, true, { getInitialValueInEffect: false })
  return (
    <Box
      className={classes.frame}
      data-outdated={outdated || undefined}
      aria-busy={outdated}
      onPointerMove={onPoint}
      onPointerDown={onPoint}
    >
      {narrow ? <Cards {...props} /> : <Columns {...props} />}
    </Box>
  )
}

interface RowProps<Row> extends Pick<RecordTableProps<Row>, 'columns' | 'idOf' | 'nameOf' | 'card' | 'onOpen'> {
  row: Row
  open: boolean
  mark: number
  leaving: boolean
}

/** What the rows of both forms are given. They compare it, so that a list that gets one more draws one more. */
function rowProps<Row>(props: RecordTableProps<Row>): (RowProps<Row> & { key: string })[] {
  const { columns, rows, idOf, nameOf, card, onOpen, openId, marks, isLeaving } = props
  return rows.map((row) => {
    const id = idOf(row)
    const mark = marks.get(id) ?? 0
    const leaving = isLeaving?.(row) ?? false
    return { key: id, row, columns, idOf, nameOf, card, onOpen, open: id === openId, mark, leaving }
  })
}

const attributes = <Row,>({ row, idOf, open, mark, leaving, onOpen }: RowProps<Row>) => ({
  'data-id': idOf(row),
  'data-open': open || undefined,
  'data-mark': mark === 0 ? undefined : mark % 2 === 1 ? 'first' : 'again',
  'data-leaving': leaving || undefined,
  onClick: (event: MouseEvent<HTMLElement>) => {
    if (opensRow(event)) onOpen(idOf(row))
  },
})

function Opener<Row>({ row, idOf, nameOf, onOpen }: Pick<RowProps<Row>, 'row' | 'idOf' | 'nameOf' | 'onOpen'>) {
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

function Columns<Row>(props: RecordTableProps<Row>) {
  const { caption, columns } = props
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
        {rowProps(props).map(({ key, ...row }) => (
          <TableRow key={key} {...row} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

const TableRow = memo(function TableRow<Row>(props: RowProps<Row>) {
  const { columns, row } = props
  return (
    <Table.Tr {...attributes(props)}>
      {columns.map(({ key, cell }, index) => (
        <Table.Td key={key}>
          {index === 0 && <Opener {...props} />}
          {cell(row)}
        </Table.Td>
      ))}
    </Table.Tr>
  )
}) as <Row>(props: RowProps<Row>) => ReactNode

function Cards<Row>(props: RecordTableProps<Row>) {
  return (
    <Box component="ul" aria-label={props.caption} className={classes.cards}>
      {rowProps(props).map(({ key, ...row }) => (
        <CardRow key={key} {...row} />
      ))}
    </Box>
  )
}

const CardRow = memo(function CardRow<Row>(props: RowProps<Row>) {
  return (
    <Paper component="li" withBorder p="sm" {...attributes(props)}>
      <Opener {...props} />
      {props.card(props.row)}
    </Paper>
  )
}) as <Row>(props: RowProps<Row>) => ReactNode
