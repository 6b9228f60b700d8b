import { expect, test } from 'vitest'
import { placeServices } from './graph.ts'

const service = (name: string, dependsOn: string[] = []) => ({
  id: `svc_${name}`,
  name,
  status: 'OK' as const,
  dependsOn,
})

test('a service is to the left of its dependencies, registered or not', () => {
  const { nodes, edges, alone, width } = placeServices([
    service('shop', ['crm', 'mail']),
    service('crm', ['postgres']),
    service('mail'),
    service('loner'),
  ])
  const x = Object.fromEntries(nodes.map((node) => [node.name, node.x]))
  expect(Object.keys(x).sort()).toEqual(['crm', 'mail', 'postgres', 'shop'])
  expect(x.shop).toBeLessThan(x.crm ?? 0)
  expect(x.crm).toBeLessThan(x.postgres ?? 0)
  expect(width).toBeGreaterThan(x.postgres ?? 0)
  expect(edges.map(({ from, to }) => `${from}>${to}`).sort()).toEqual(['crm>postgres', 'shop>crm', 'shop>mail'])
  expect(edges.every(({ points }) => points.length > 1)).toBe(true)
  expect(nodes.find(({ name }) => name === 'postgres')).toMatchObject({ id: null, status: null })
  expect(alone).toBe(1)
})

test('circles and services that depend on themselves are placed too', () => {
  const { nodes, edges } = placeServices([service('a', ['b']), service('b', ['a']), service('c', ['c'])])
  expect(nodes).toHaveLength(3)
  expect(edges).toHaveLength(2)
})

test('without dependencies the graph is empty', () => {
  expect(placeServices([service('a')])).toMatchObject({ nodes: [], edges: [], alone: 1 })
})
