import { SeverityBadge } from '@/features/events/severity.tsx'
import type { AlertRowFragment } from '@/lib/graphql.ts'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { AlertButtons } from './AlertButtons.tsx'
import classes from './Alerts.module.css'
import { AlertStatusBadge, SilencedMark } from './status.tsx'
import { groupText, thresholdText } from './words.ts'

type Row = AlertRowFragment

const number = new Intl.NumberFormat('en')

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'status',
    header: 'Status',
    width: 132,
    phone: 'lead',
    cell: ({ status }) => <AlertStatusBadge status={status} />,
  },
  {
    key: 'severity',
    header: 'Severity',
    width: 100,
    from: 600,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  {
    key: 'rule',
    header: 'Rule',
    grow: 1.2,
    phone: 'title',
    cell: ({ rule }) => <span title={rule.name}>{rule.name}</span>,
  },
  {
    key: 'about',
    header: 'About',
    phone: 'sub',
    cell: (row) => {
      const group = groupText(row.group)
      const about = row.webhook?.name ?? (group || row.source || 'all events together')
      return (
        <span title={row.webhook ? group : about}>
          {row.isSilenced && (
            <span className={classes.silenced}>
              <SilencedMark silence={row.silencedBy} />{' '}
            </span>
          )}
          {about}
        </span>
      )
    },
  },
  {
    key: 'matched',
    header: 'Events',
    width: 150,
    from: 900,
    cell: ({ matched, threshold, windowSeconds }) => (
      <span title={`${number.format(matched)} events; fires from ${thresholdText(threshold, windowSeconds)}`}>
        {number.format(matched)}
        <span className={classes.dim}> of {thresholdText(threshold, windowSeconds)}</span>
      </span>
    ),
  },
  { key: 'tenant', header: 'Tenant', width: 116, from: 1200, cell: ({ tenantId }) => tenantId ?? 'all' },
  {
    key: 'since',
    header: 'Since',
    width: 170,
    phone: 'end',
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
]

const ACTIONS: Column<Row> = {
  key: 'actions',
  header: 'Actions',
  width: 280,
  from: 1050,
  phone: 'action',
  align: 'end',
  cell: (row) => <AlertButtons alert={row} place="row" />,
}

/** `may`: whether the viewer may act on alerts. */
export const columnsFor = (may: boolean): readonly Column<Row>[] => (may ? [...COLUMNS, ACTIONS] : COLUMNS)
