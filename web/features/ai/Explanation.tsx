'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { ExplainIncidentInput, ExplainIncidentMutation } from '@/lib/graphql.ts'
import type { Problem } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/Problem.tsx'
import classes from './Ai.module.css'
import { Attempts } from './Attempts.tsx'
import { ExplainIncident } from './documents.ts'
import { linkPath } from './link-path.ts'

type Explained = ExplainIncidentMutation['explainIncident']

/**
 * Requests an explanation of an incident from a provider, only on demand: the user decides what is sent to a vendor.
 */
export default function Explanation({ input, subject }: { input: ExplainIncidentInput; subject: string }) {
  const viewer = useViewer()
  const [explained, setExplained] = useState<Explained | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const explain = useAction(ExplainIncident, { failed: 'Not explained', quiet: true })
  if (!hasRole(viewer, 'AGENT')) return null
  const ask = async () => {
    setProblem(null)
    try {
      const data = await explain.run({ input })
      if (data) setExplained(data.explainIncident)
    } catch (error) {
      setProblem(error as Problem)
    }
  }
  return (
    <section className={classes.explanation} aria-label="Explanation">
      <div className={classes.cardHead}>
        <h3>Explanation</h3>
        <Button size="compact-xs" variant="default" onClick={() => void ask()} loading={explain.busy}>
          {explained ? 'Explain again' : `Explain ${subject}`}
        </Button>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {explained ? (
        <>
          <ol className={classes.lines}>
            {explained.lines.map(({ text, links }) => (
              <li key={text}>
                {text}{' '}
                {links.map((link) => {
                  const target = linkPath(link)
                  return (
                    target && (
                      <Link key={target.href} href={target.href} prefetch={false}>
                        {target.label}
                      </Link>
                    )
                  )
                })}
              </li>
            ))}
          </ol>
          <Attempts usedProvider={explained.usedProvider} attempts={explained.attempts} />
        </>
      ) : (
        <p className={classes.note}>
          An AI provider writes five lines from figures, errors and preceding changes. Payloads are not sent to it.
        </p>
      )}
    </section>
  )
}
