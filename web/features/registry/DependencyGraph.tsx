'use client'

import { useQueryState } from 'nuqs'
import { type MouseEvent, useMemo } from 'react'
import type { ServiceItemFragment } from '@/lib/graphql.ts'
import { openParser } from '@/lib/lists/windows.ts'
import { HEALTH } from '@/ui/charts/HealthDot.tsx'
import { EmptyState } from '@/ui/lists/EmptyState.tsx'
import { NODE, type PlacedNode, placeServices } from './graph.ts'
import classes from './Registry.module.css'

const CHARACTERS = 19

const short = (name: string) => (name.length > CHARACTERS ? `${name.slice(0, CHARACTERS - 1)}…` : name)

/**
 * Services and their dependencies. The open service is highlighted together with all services that its failure affects.
 */
export default function DependencyGraph({ services }: { services: readonly ServiceItemFragment[] }) {
  const [openId, setOpen] = useQueryState('open', openParser)
  const graph = useMemo(() => placeServices(services), [services])
  const open = services.find(({ id }) => id === openId)
  const reached = open && new Set([open.name, ...open.dependants])
  if (graph.nodes.length === 0)
    return (
      <EmptyState title="No service has registered dependencies.">
        Name its dependencies in <code>dependsOn</code> when it registers.
      </EmptyState>
    )
  const isDim = (...names: string[]) => (reached && !names.every((name) => reached.has(name))) || undefined
  return (
    <div className={classes.graph}>
      <p className={classes.note}>
        Arrows lead from a service to what it depends on. Open one to see what its failure reaches.
        {graph.alone > 0 && ` ${graph.alone} without dependencies ${graph.alone === 1 ? 'is' : 'are'} not drawn.`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: the suggested fieldset is for form fields */}
      <div className={classes.canvas} role="group" aria-label="Dependencies of services" tabIndex={0}>
        <svg width={graph.width} height={graph.height} viewBox={`0 0 ${graph.width} ${graph.height}`}>
          <title>Dependencies of services</title>
          <defs>
            <marker id="depends" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
              <path d="M0 0L8 4L0 8z" className={classes.arrow} />
            </marker>
          </defs>
          {graph.edges.map(({ from, to, points }) => (
            <polyline
              key={`${from} ${to}`}
              className={classes.edge}
              data-reached={(reached?.has(from) && reached.has(to)) || undefined}
              data-dim={isDim(from, to)}
              points={points.map(({ x, y }) => `${x},${y}`).join(' ')}
              markerEnd="url(#depends)"
            />
          ))}
          {graph.nodes.map((node) => (
            <Node
              key={node.name}
              node={node}
              isDim={isDim(node.name)}
              isOpen={node.id !== null && node.id === openId}
              onOpen={(id) => void setOpen(id)}
            />
          ))}
        </svg>
      </div>
    </div>
  )
}

interface NodeProps {
  node: PlacedNode
  isDim: boolean | undefined
  isOpen: boolean
  onOpen: (id: string) => void
}

/** A service as a box. A service that is not registered cannot be opened. */
function Node({ node: { name, id, status, x, y }, isDim, isOpen, onOpen }: NodeProps) {
  const state = status ? HEALTH[status] : { label: 'not registered', glyph: '○', tone: 'cancelled' as const }
  const box = (
    <g transform={`translate(${x - NODE.width / 2} ${y - NODE.height / 2})`}>
      <title>{`${name}: ${state.label}`}</title>
      <rect width={NODE.width} height={NODE.height} rx={6} />
      <text x={12} y={25} className={classes.glyph}>
        {state.glyph}
      </text>
      <text x={30} y={25}>
        {short(name)}
      </text>
    </g>
  )
  const shared = { 'data-tone': state.tone, 'data-dim': isDim, className: classes.node }
  if (id === null)
    return (
      <g {...shared} data-foreign>
        {box}
      </g>
    )
  const press = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey) return
    event.preventDefault()
    onOpen(id)
  }
  return (
    <a
      {...shared}
      href={`?view=graph&open=${id}`}
      aria-label={`${name}: ${state.label}`}
      data-open={isOpen || undefined}
      onClick={press}
    >
      {box}
    </a>
  )
}
