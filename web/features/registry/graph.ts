import { Graph, layout } from '@dagrejs/dagre'
import type { HealthStatus, ServiceItemFragment } from '@/lib/graphql.ts'

export const NODE = { width: 176, height: 40 } as const

export interface PlacedNode {
  name: string
  /** Null for a service that others depend on but that is not registered. */
  id: string | null
  status: HealthStatus | null
  /** The centre of the box, in pixels. */
  x: number
  y: number
}

interface PlacedEdge {
  from: string
  to: string
  points: readonly { x: number; y: number }[]
}

export interface PlacedGraph {
  width: number
  height: number
  nodes: readonly PlacedNode[]
  edges: readonly PlacedEdge[]
  /** Number of services that have no dependencies and that no other service depends on. */
  alone: number
}

type Item = Pick<ServiceItemFragment, 'id' | 'name' | 'status' | 'dependsOn'>

/** Places each service to the left of its dependencies, so failures spread from right to left. */
export function placeServices(services: readonly Item[]): PlacedGraph {
  const connected = new Set(
    services.flatMap(({ name, dependsOn }) => (dependsOn.length > 0 ? [name, ...dependsOn] : [])),
  )
  const byName = new Map(services.map((service) => [service.name, service]))
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const name of [...connected].sort()) graph.setNode(name, { ...NODE })
  for (const { name, dependsOn } of services) for (const to of dependsOn) if (to !== name) graph.setEdge(name, to)
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width: Math.max(0, width),
    height: Math.max(0, height),
    nodes: graph.nodes().map((name) => {
      const { x = 0, y = 0 } = graph.node(name)
      const service = byName.get(name)
      return { name, id: service?.id ?? null, status: service?.status ?? null, x, y }
    }),
    edges: graph.edges().map(({ v, w }) => ({ from: v, to: w, points: graph.edge(v, w).points ?? [] })),
    alone: services.filter(({ name }) => !connected.has(name)).length,
  }
}
