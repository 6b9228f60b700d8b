'use client'

import { Button } from '@mantine/core'
import { useSearchParams } from 'next/navigation'
import { useQueryState } from 'nuqs'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import type { Pages } from '@/lib/lists/use-pages.ts'
import type { Selection } from '@/lib/lists/use-selection.ts'
import { openParser } from '@/lib/lists/windows.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { UpIcon } from '../icons.tsx'
import { Placeholder } from '../Placeholder.tsx'
import { ProblemNotice } from '../Problem.tsx'
import { useAutoRetry } from '../use-auto-retry.ts'
import { EmptyState } from './EmptyState.tsx'
import classes from './ListPage.module.css'
import { Table, type TableProps } from './Table.tsx'

type TableParts<Row> = Pick<TableProps<Row>, 'columns' | 'idOf' | 'nameOf' | 'isLeaving'>

/** The parts of a list that updates itself. */
interface LiveParts<Row> extends Pick<TableProps<Row>, 'marks' | 'onPoint'> {
  /** Rows that wait until the user asks for them. */
  waiting?: { count: number; show: () => void; top: (element: HTMLElement | null) => void }
}

interface ListPageProps<Row> extends TableParts<Row> {
  title: string
  /** Rows and loading state, from useList or useFeedList. */
  list: Pages<Row> & LiveParts<Row>
  /** Content between the title and the rows, such as filters and a chart. */
  children?: ReactNode
  /** Saved views, beside the title. */
  views?: ReactNode
  /** Buttons at the end of the title's line. */
  actions?: ReactNode
  /** Shown if there are no rows. */
  empty: { title: string; text?: ReactNode; actions?: ReactNode }
  /** A problem that does not come from loading the list, shown above the rows. */
  problem?: ReactNode
  /** The details of the row that is open, docked beside the list. */
  pane?: (id: string, close: () => void) => ReactNode
  /** Link of a row that has its own page instead of a pane. */
  pageOf?: (row: Row) => string
  onOpenPage?: (row: Row) => void
  selection?: Selection
  /** Actions for selected rows. */
  bulk?: ReactNode
  /** Grouped rows, shown instead of the table. */
  grouped?: ReactNode
}

/**
 * A complete list page: the title, filters, rows or their loading state, the selection, and the pane of the open row.
 */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const { title, list, children, views, actions, pane, selection, bulk, problem, grouped } = props
  const { waiting } = list
  const { open, openId, currentId, close, hrefOf, table } = useRows(props)
  useAutoRetry(list.problem?.code === 'UNAVAILABLE', list.refresh)
  return (
    <div className={classes.page} data-pane={(pane && openId !== null) || undefined}>
      <div className={classes.left}>
        <div className={classes.head}>
          <div className={classes.titleLine}>
            <h1>{title}</h1>
            {waiting && waiting.count > 0 && (
              <button type="button" className={classes.waiting} onClick={waiting.show}>
                <UpIcon size={13} />
                {waiting.count > 999 ? '999+' : waiting.count} new
              </button>
            )}
            {views}
            {actions && <div className={classes.actions}>{actions}</div>}
          </div>
          {children}
        </div>
        <div className={classes.scroll} ref={table} data-list>
          <div ref={waiting?.top} />
          {problem}
          {list.problem && (
            <div className={classes.problem}>
              <ProblemNotice problem={list.problem} onRetry={list.refresh} retrying={list.refreshing} />
            </div>
          )}
          {grouped ?? <Rows {...props} {...{ open, openId, currentId, hrefOf }} />}
        </div>
        {selection && selection.ids.size > 0 && (
          <section className={classes.bulk} aria-label="Selected rows">
            <SelectionCount {...props} selection={selection} />
            {bulk}
            <Button size="compact-sm" variant="subtle" onClick={selection.clear}>
              Clear selection
            </Button>
          </section>
        )}
      </div>
      {pane && openId !== null && pane(openId, close)}
    </div>
  )
}

/** The number of selected rows, and a button that selects all matching rows. */
function SelectionCount<Row>({ list, idOf, selection }: ListPageProps<Row> & { selection: Selection }) {
  const rows = list.rows ?? []
  const total = list.total ?? 0
  const everyShown = rows.length > 0 && rows.every((row) => selection.ids.has(idOf(row)))
  return (
    <>
      <span role="status">
        {selection.all
          ? `All ${number.format(total)} that match are selected`
          : `${number.format(selection.ids.size)} selected`}
      </span>
      {!selection.all && everyShown && total > rows.length && (
        <Button size="compact-sm" variant="default" onClick={() => selection.selectAll(rows.map(idOf))}>
          Select all {number.format(total)} that match
        </Button>
      )}
    </>
  )
}

type RowsProps<Row> = ListPageProps<Row> & {
  open: (row: Row) => void
  openId: string | null
  currentId: string | null
  hrefOf: (row: Row) => string
}

function Rows<Row>(props: RowsProps<Row>) {
  const { title, list, empty, columns, idOf, nameOf, hrefOf, open, openId, currentId } = props
  const { rows } = list
  if (rows === null) return list.problem ? null : <Placeholder rows={14} />
  if (rows.length === 0)
    return list.outdated ? (
      <Placeholder rows={14} />
    ) : list.problem ? null : (
      <EmptyState title={empty.title} actions={empty.actions}>
        {empty.text}
      </EmptyState>
    )
  return (
    <>
      <Table
        caption={title}
        {...{ columns, rows, idOf, nameOf, hrefOf, openId, currentId }}
        onOpen={open}
        outdated={list.outdated}
        onPoint={list.onPoint}
        marks={list.marks}
        isLeaving={props.isLeaving}
        selection={props.selection}
      />
      <div className={classes.more}>
        {/* A live region, so that screen readers announce the result of a filter change. */}
        <span role="status">{list.outdated ? '' : countText(rows.length, list.total, list.hasMore)}</span>
        {list.hasMore && (
          <Button variant="default" size="xs" onClick={list.loadMore} loading={list.loadingMore}>
            Load more
          </Button>
        )}
      </div>
    </>
  )
}

const number = new Intl.NumberFormat('en')

function countText(shown: number, total: number | null, hasMore: boolean): string {
  if (!hasMore) return shown === 1 ? 'The only one.' : `All ${number.format(shown)}.`
  return total === null ? `The newest ${number.format(shown)}.` : `${number.format(shown)} of ${number.format(total)}.`
}

/** The open row, the focused row, and the keys that move between rows. */
function useRows<Row>({ list, idOf, pane, pageOf, onOpenPage, selection }: ListPageProps<Row>) {
  const [openId, setOpen] = useQueryState('open', openParser)
  const search = useSearchParams()
  const [currentId, setCurrent] = useState<string | null>(null)
  const table = useRef<HTMLDivElement>(null)
  const rows = list.rows ?? []

  const focus = useCallback((id: string) => {
    const row = table.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
    row?.scrollIntoView({ block: 'nearest' })
    row?.querySelector<HTMLElement>('a')?.focus({ preventScroll: true })
  }, [])
  const close = useCallback(() => {
    void setOpen(null)
    if (openId) focus(openId)
  }, [setOpen, openId, focus])
  const open = useCallback(
    (row: Row) => {
      setCurrent(idOf(row))
      if (pageOf) onOpenPage?.(row)
      else void setOpen(idOf(row))
    },
    [idOf, pageOf, onOpenPage, setOpen],
  )
  const hrefOf = useCallback(
    (row: Row) => {
      if (pageOf) return pageOf(row)
      const params = new URLSearchParams(search.toString())
      params.set('open', idOf(row))
      return `?${params}`
    },
    [idOf, pageOf, search],
  )
  const at = currentId ?? openId
  const step = (by: number) => {
    const index = rows.findIndex((row) => idOf(row) === at)
    const next = rows[index === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, index + by))]
    if (!next) return
    const id = idOf(next)
    setCurrent(id)
    focus(id)
    if (pane && openId !== null) void setOpen(id)
  }
  const current = rows.find((row) => idOf(row) === at)
  useShortcuts([
    { keys: 'j', label: 'Next row', group: 'Rows', run: () => step(1) },
    { keys: 'k', label: 'Previous row', group: 'Rows', run: () => step(-1) },
    { keys: 'ArrowDown', label: 'Next row', group: 'Rows', hidden: true, run: () => step(1) },
    { keys: 'ArrowUp', label: 'Previous row', group: 'Rows', hidden: true, run: () => step(-1) },
    { keys: 'Enter', label: 'Open the row', group: 'Rows', run: () => current && open(current) },
    { keys: 'Escape', label: 'Close the pane', group: 'Rows', run: () => openId !== null && close() },
    ...(selection
      ? [
          { keys: 'x', label: 'Select the row', group: 'Rows', run: () => at !== null && selection.toggle(at) },
          {
            keys: 'Shift+x',
            label: 'Select up to the row',
            group: 'Rows',
            run: () => at !== null && selection.toggleTo(at, rows.map(idOf)),
          },
          { keys: '*', label: 'Select all rows', group: 'Rows', run: () => selection.toggleAll(rows.map(idOf)) },
        ]
      : []),
  ])
  return { open, openId: openId ?? null, currentId: at, close, hrefOf, table }
}
