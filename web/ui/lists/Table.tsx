// biome-ignore-all lint/a11y/useSemanticElements: table elements cannot skip the layout of rows out of sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the link and the checkbox in a row take the focus
// biome-ignore-all lint/a11y/useAnchorContent: the label of the link names the row
'use client'

import { type CSSProperties, type MouseEvent, memo, type ReactNode } from 'react'
import type { Selection } from '@/lib/lists/use-selection.ts'
import classes from './Table.module.css'

export interface Column<Row> {
  key: string
  header: string
  cell: (row: Row) => ReactNode
  /** Width in pixels. Columns without a width share the remaining space in proportion to `grow`. */
  width?: number
  /** Share of the remaining space; default 1. */
  grow?: number
  /** The column is shown only if the table is at least this wide in pixels: 600, 750, 900, 1050 or 1200. */
  from?: 600 | 750 | 900 | 1050 | 1200
  /** Position of the column in the two-line row on a phone. Without a position the column is hidden there. */
  phone?: 'lead' | 'title' | 'end' | 'sub' | 'action'
  align?: 'end'
  /** Shown after the value on a phone, where the column has no header: "12 events". */
  unit?: string
}

export interface TableProps<Row> {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  idOf: (row: Row) => string
  /** Accessible name of a row. */
  nameOf: (row: Row) => string
  /** The URL of a row: its pane, or its page. */
  hrefOf: (row: Row) => string
  onOpen: (row: Row) => void
  openId?: string | null
  /** The focused row. */
  currentId?: string | null
  /** The rows belong to the previous filter. */
  outdated?: boolean
  /** To be called while the pointer is over the rows. */
  onPoint?: () => void
  /** Rows to highlight, each with a unique number. */
  marks?: ReadonlyMap<string, number>
  /** Whether a row no longer matches the filter and will disappear soon. */
  isLeaving?: (row: Row) => boolean
  selection?: Selection
}

/** Whether a click opens its row. It does not if it hits a control or selects text. */
function opensRow(event: MouseEvent<HTMLElement>): boolean {
  const inside = event.target instanceof Element && event.target.closest('a, button, input, label, summary')
  return !inside && !window.getSelection()?.toString()
}

const styleOf = ({ width, grow = 1 }: { width?: number; grow?: number }): CSSProperties =>
  width === undefined ? { flex: `${grow} 1 0` } : { flex: `0 0 ${width}px` }

/**
 * Rows of 36 px with columns, or of two lines on a narrow screen: one line if the cells of the second line render
 * nothing. The header is sticky. Rows out of sight need no layout, so that thousands of rows are fast enough.
 */
export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, idOf, nameOf, hrefOf, onOpen, openId, currentId, outdated, onPoint } = props
  const { marks, isLeaving, selection } = props
  const allSelected = selection !== undefined && rows.length > 0 && rows.every((row) => selection.ids.has(idOf(row)))
  const stop = currentId ?? (rows[0] ? idOf(rows[0]) : null)
  return (
    <div
      role="table"
      aria-label={caption}
      aria-rowcount={rows.length + 1}
      aria-busy={outdated || undefined}
      className={classes.table}
      data-outdated={outdated || undefined}
      onPointerMove={onPoint}
      onPointerDown={onPoint}
    >
      <div role="rowgroup" className={classes.head}>
        <div role="row" className={classes.headRow}>
          {selection && (
            <div role="columnheader" className={classes.check}>
              <label>
                <input
                  type="checkbox"
                  aria-label="Select all rows"
                  checked={allSelected}
                  ref={(box) => {
                    if (box) box.indeterminate = !allSelected && selection.ids.size > 0
                  }}
                  onChange={() => selection.toggleAll(rows.map(idOf))}
                />
                <span className={classes.label}>Select all</span>
              </label>
            </div>
          )}
          {columns.map((column) => (
            <div
              key={column.key}
              role="columnheader"
              className={classes.cell}
              style={styleOf(column)}
              data-from={column.from}
              data-align={column.align}
            >
              {column.header}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((row) => {
          const id = idOf(row)
          return (
            <TableRow<Row>
              key={id}
              {...{ row, id, columns, nameOf, hrefOf, onOpen }}
              open={id === openId}
              stop={id === stop}
              mark={marks?.get(id) ?? 0}
              leaving={isLeaving?.(row) ?? false}
              selected={selection ? selection.ids.has(id) : null}
              onSelect={selection?.toggle}
            />
          )
        })}
      </div>
    </div>
  )
}

interface RowProps<Row> extends Pick<TableProps<Row>, 'columns' | 'nameOf' | 'hrefOf' | 'onOpen'> {
  row: Row
  id: string
  open: boolean
  /** Whether the row is in the tab order. Only one row is; j, k and the arrow keys move to the others. */
  stop: boolean
  mark: number
  leaving: boolean
  /** Whether the row is selected; null if rows cannot be selected. */
  selected: boolean | null
  onSelect?: (id: string) => void
}

/** Memoized, so that adding a row renders only that row. */
const TableRow = memo(function TableRow<Row>(props: RowProps<Row>) {
  const { row, id, columns, nameOf, hrefOf, onOpen, open, stop, mark, leaving, selected, onSelect } = props
  const href = hrefOf(row)
  const cells = columns.map((column) => ({ column, content: column.cell(row) }))
  const press = (event: MouseEvent<HTMLElement>) => {
    if (!opensRow(event)) return
    if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener')
    else onOpen(row)
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: with the keyboard, the link in the row is used
    <div
      role="row"
      className={classes.row}
      data-id={id}
      data-open={open || undefined}
      data-mark={mark === 0 ? undefined : mark % 2 === 1 ? 'first' : 'again'}
      data-leaving={leaving || undefined}
      data-selected={selected || undefined}
      onClick={press}
    >
      {selected !== null && (
        <div role="cell" className={classes.check}>
          <label>
            <input
              type="checkbox"
              tabIndex={stop ? 0 : -1}
              aria-label={`Select ${nameOf(row)}`}
              checked={selected}
              onChange={() => onSelect?.(id)}
            />
          </label>
        </div>
      )}
      {cells.map(({ column, content }, index) => (
        <div
          key={column.key}
          role="cell"
          className={classes.cell}
          style={styleOf(column)}
          data-from={column.from}
          data-phone={column.phone ?? 'none'}
          data-align={column.align}
        >
          {index === 0 && (
            <a
              href={href}
              className={classes.opener}
              tabIndex={stop ? 0 : -1}
              aria-label={nameOf(row)}
              aria-current={open ? 'true' : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
                event.preventDefault()
                onOpen(row)
              }}
            />
          )}
          {content}
          {column.unit && content !== '–' && <span className={classes.unit}> {column.unit}</span>}
        </div>
      ))}
    </div>
  )
}) as <Row>(props: RowProps<Row>) => ReactNode
