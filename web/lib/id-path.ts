/** The console page that shows the object with an id; null if there is none. */
export function idPath(id: string): { path: string; params?: Record<string, string> } | null {
  const prefix = /^([a-z]+)_[0-9a-z]{26}$/.exec(id)?.[1]
  switch (prefix) {
    case 'dlv':
      return { path: '/deliveries', params: { window: 'all', open: id } }
    case 'evt':
      return { path: '/events', params: { window: 'all', open: id } }
    case 'whk':
      return { path: `/webhooks/${id}` }
    case 'blk':
      return { path: '/operations', params: { open: id } }
    case 'aud':
      return { path: '/audit', params: { window: 'all', open: id } }
    case 'alr':
      return { path: '/alerts', params: { window: 'all', open: id } }
    case 'rul':
      return { path: '/alerts/rules', params: { open: id } }
    case 'tpl':
      return { path: '/alerts/templates', params: { open: id } }
    case 'sil':
      return { path: '/alerts/silences', params: { is: 'all', open: id } }
    case 'svc':
      return { path: '/services', params: { open: id } }
    case 'lead':
      return { path: '/leads', params: { open: id } }
    case 'arc':
      return { path: '/retention', params: { view: 'archives', open: id } }
    case 'prn':
      return { path: '/retention', params: { view: 'runs', open: id } }
    case 'key':
      return { path: '/tenants', params: { open: id } }
    default:
      return null
  }
}
