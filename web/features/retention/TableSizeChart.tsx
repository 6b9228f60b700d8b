'use client'

import { useQuery } from '@apollo/client/react'
import { NativeSelect } from '@mantine/core'
import { useMemo, useState } from 'react'
import { ChartBars, type Series } from '@/ui/charts/ChartBars.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { Scrollable } from '@/ui/Scrollable.tsx'
import { TableSizes } from './documents.ts'
import classes from './Retention.module.css'
import { type SizeBucket, sizeSeries } from './table-sizes.ts'
import { bytesText } from './words.ts'

const COLORS = ['--waiting', '--arrived', '--retrying', '--recovered', '--held', '--cancelled']

const POLL_MS = 300_000
const number = new Intl.NumberFormat('en')

/** The sizes of the tables over time. */
export default function TableSizeChart() {
  const [days, setDays] = useState(30)
  const { data: fresh, previousData } = useQuery(TableSizes, {
    variables: { days },
    pollInterval: POLL_MS,
    errorPolicy: 'ignore',
  })
  const samples = (fresh ?? previousData)?.retention.tableSizes
  const sizes = useMemo(() => samples && sizeSeries(samples), [samples])
  const series: readonly Series<SizeBucket>[] =
    sizes?.tables.map((name, index) => ({
      name,
      color: `var(${COLORS[index % COLORS.length]})`,
      accessor: ({ bytes }) => bytes[name] ?? 0,
    })) ?? []
  return (
    <section className={classes.section} aria-label="Table sizes">
      <div className={classes.sectionHead}>
        <h2>Table sizes</h2>
        <NativeSelect
          size="xs"
          aria-label="Of the last"
          value={String(days)}
          data={[
            { value: '7', label: '7 days' },
            { value: '30', label: '30 days' },
            { value: '400', label: '400 days' },
          ]}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        />
      </div>
      {!sizes ? (
        <Placeholder rows={3} />
      ) : sizes.buckets.length === 0 ? (
        <p className={classes.note}>There is no sample yet; a worker takes one every hour.</p>
      ) : (
        <>
          <ChartBars
            label="Size of the tables over time"
            buckets={sizes.buckets}
            series={series}
            height={120}
            format={bytesText}
            isLevel
            outdated={fresh === undefined}
          />
          <Scrollable label="Table sizes now">
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">Table</th>
                  <th scope="col" data-number>
                    Size
                  </th>
                  <th scope="col" data-number>
                    Rows, about
                  </th>
                </tr>
              </thead>
              <tbody>
                {sizes.now.map(({ name, bytes, rows }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td data-number>{bytesText(bytes)}</td>
                    <td data-number>{number.format(Math.round(rows))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrollable>
        </>
      )}
    </section>
  )
}
