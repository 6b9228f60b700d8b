import { describe, expect, test } from 'vitest'
import type { ContainerSummary } from '../docker/engine.ts'
import { formerTarget, LABELS, mergeTargets, type Sources } from './merge.ts'

let ids = 0
const container = (name: string, labels: Record<string, string> = {}): ContainerSummary => ({
  id: `${++ids}`.padStart(64, 'c'),
  name,
  labels,
})
const service = (name: string, healthUrl: string | null = null, dependsOn: string[] = []) => ({
  name,
  healthUrl,
  dependsOn,
})
const merge = (over: Partial<Sources>) =>
  mergeTargets({ configured: [], endpoints: {}, containers: [], registered: [], ownId: null, ...over })
const shown = (sources: Partial<Sources>) => merge(sources).map((target) => [target.container, target.origin])

describe('targets', () => {
  test('come from settings, label and registry: each container once, with the first of them as its origin', () => {
    const containers = [container('web', { [LABELS.watch]: 'true' }), container('api'), container('db'), container('x')]
    expect(
      shown({
        configured: ['web', 'gone'],
        containers,
        registered: [service('web'), service('api'), service('elsewhere')],
      }),
    ).toEqual([
      ['web', 'CONFIG'],
      ['gone', 'CONFIG'],
      ['api', 'REGISTRY'],
    ])
  })

  test('are found by their service’s label and by Compose’s, unless several containers have it', () => {
    const containers = [
      container('shop-web-1', { [LABELS.composeService]: 'web' }),
      container('shop-api-1', { [LABELS.composeService]: 'api' }),
      container('shop-api-2', { [LABELS.composeService]: 'api' }),
      container('odd', { [LABELS.service]: 'crm' }),
    ]
    const targets = merge({ configured: ['web', 'api'], containers, registered: [service('crm'), service('web')] })
    expect(targets.map(({ container: name, containerId, services }) => [name, containerId !== null, services])).toEqual(
      [
        ['shop-web-1', true, ['web']],
        ['api', false, []],
        ['odd', true, ['crm']],
      ],
    )
  })

  test('of the registry are left out if their label says no, but not those that the settings name', () => {
    const containers = [container('a', { [LABELS.watch]: 'false' }), container('b', { [LABELS.watch]: 'false' })]
    expect(shown({ configured: ['a'], containers, registered: [service('a'), service('b')] })).toEqual([
      ['a', 'CONFIG'],
    ])
  })

  test('have the health URL of the settings, else of the label, else of the registry', () => {
    const label = { [LABELS.watch]: 'true', [LABELS.healthUrl]: 'http://label' }
    const containers = [
      container('a', label),
      container('b', label),
      container('c', { [LABELS.watch]: 'true' }),
      container('d'),
    ]
    const targets = merge({
      configured: ['d'],
      endpoints: { a: 'http://settings' },
      containers,
      registered: [service('b', 'http://registry'), service('c', 'http://registry'), service('d', null)],
    })
    expect(Object.fromEntries(targets.map((target) => [target.container, target.healthUrl]))).toEqual({
      a: 'http://settings',
      b: 'http://label',
      c: 'http://registry',
      d: null,
    })
  })

  test('have the health URL that the settings give for the name of their service, but their own name comes first', () => {
    const label = { [LABELS.watch]: 'true' }
    const containers = [
      container('shop-web-1', { ...label, [LABELS.composeService]: 'web', [LABELS.healthUrl]: 'http://label' }),
      container('odd', { [LABELS.service]: 'crm' }),
      container('shop-api-1', { ...label, [LABELS.composeService]: 'api' }),
      container('twin-1', { ...label, [LABELS.composeService]: 'twin' }),
      container('twin-2', { ...label, [LABELS.composeService]: 'twin' }),
    ]
    const endpoints = {
      web: 'http://web',
      crm: 'http://crm',
      api: 'http://api',
      'shop-api-1': 'http://api-1',
      twin: 'http://twin',
      gone: 'http://gone',
    }
    const targets = merge({
      configured: ['gone'],
      endpoints,
      containers,
      registered: [service('crm', 'http://registry')],
    })
    expect(Object.fromEntries(targets.map((target) => [target.container, target.healthUrl]))).toEqual({
      gone: 'http://gone',
      'shop-web-1': 'http://web',
      odd: 'http://crm',
      'shop-api-1': 'http://api-1',
      'twin-1': null,
      'twin-2': null,
    })
  })

  test('leave their container to be found when no source names them any more', () => {
    const about = { origin: 'REGISTRY' as const, services: ['crm'], healthUrl: null, dependsOn: [] }
    const own = container('crm', { [LABELS.stopTimeout]: '7' })
    const left = { containers: [own], ownId: own.id.slice(0, 64) }
    expect(formerTarget('crm', about, left)).toEqual({
      ...about,
      container: 'crm',
      containerId: own.id,
      isSelf: true,
      stopSeconds: 7,
    })
    expect(formerTarget('other', about, left)).toMatchObject({ containerId: null, isSelf: false })
  })

  test('have their dependencies as containers, from labels, Compose and the registry', () => {
    const containers = [
      container('shop-web-1', {
        [LABELS.watch]: 'true',
        [LABELS.composeService]: 'web',
        [LABELS.composeDependsOn]: 'db:service_healthy:false,web:service_started:true',
        [LABELS.dependsOn]: 'cache, odd',
      }),
      container('shop-db-1', { [LABELS.composeService]: 'db' }),
    ]
    const [web] = merge({ containers, registered: [service('web', null, ['queue', 'db'])] })
    expect(web?.dependsOn.toSorted()).toEqual(['cache', 'odd', 'queue', 'shop-db-1'])
  })

  test('include the healer itself, marked as such, and the time that they have to stop', () => {
    const own = container('worker', { [LABELS.watch]: 'true', [LABELS.stopTimeout]: '240' })
    const other = container('web', { [LABELS.watch]: 'true', [LABELS.stopTimeout]: 'soon' })
    const targets = merge({ containers: [own, other], ownId: own.id.slice(0, 64) })
    expect(targets.map(({ isSelf, stopSeconds }) => [isSelf, stopSeconds])).toEqual([
      [true, 240],
      [false, undefined],
    ])
  })
})
