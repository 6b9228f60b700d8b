'use client'

import { Scrollable } from '@/ui/Scrollable.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import classes from '../BulkReplay.module.css'
import { counted } from '../words.ts'
import type { Preview } from './plan.ts'

/** The number of deliveries for each webhook, and the webhooks that are down now. */
export function PlanWebhooks({ preview }: { preview: Preview }) {
  if (preview.byWebhook.length === 0) return <p className={classes.note}>Nothing is left to replay.</p>
  return (
    <Scrollable label="By webhook">
      <table className={classes.webhooks} aria-label="By webhook">
        <thead>
          <tr>
            <th scope="col">Webhook</th>
            <th scope="col">Deliveries</th>
            <th scope="col">Likely</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {preview.byWebhook.map(({ webhook, count, likely, reachable, warning }) => (
            <tr key={webhook.id}>
              <th scope="row">{webhook.name}</th>
              <td>{counted(count)}</td>
              <td>{counted(likely)}</td>
              <td>
                {reachable ? (
                  <Badge tone={warning ? 'held' : 'arrived'} glyph={warning ? '‖' : '●'} plain={!warning}>
                    {warning ?? 'up'}
                  </Badge>
                ) : (
                  <Badge tone="dead" glyph="✕" title={warning ?? undefined}>
                    Currently down, replay anyway?
                  </Badge>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrollable>
  )
}
