/** `variables` is JSON text, because a deeply nested value could not be converted to text again. */
export interface Operation {
  query: string
  variables?: string
  operationName?: string
}
export const textOf = ({ variables = '{}', ...operation }: Operation) =>
  `${JSON.stringify(operation).slice(0, -1)},"variables":${variables}}`

export const times = (n: number, make: (i: number) => string, between = ' ') =>
  Array.from({ length: n }, (_, i) => make(i)).join(between)
const nested = (n: number, open: string, inner: string) => `${open.repeat(n)}${inner}${'}'.repeat(n)}`
export const levels = (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`
export const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
const LIST = 'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }'
export const LARGE = 'x'.repeat(1_900_000)
const unknown = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`unknown${i}`, i]))

/** Requests that are too expensive, and the limit that refuses each of them. */
export const TOO_COMPLEX: Record<string, [limit: string, operation: Operation]> = {
  'a query 40 levels deep': ['depth', { query: `{ deliveries { nodes ${nested(38, '{ replayOf ', '{ id }')} } }` }],
  '1,000 aliases': ['tokens', { query: `{ ${times(1_000, (i) => `a${i}: __typename`)} }` }],
  '60 aliases': ['aliases', { query: `{ viewer { ${times(60, (i) => `a${i}: roles`)} } }` }],
  '10,000 tokens': ['tokens', { query: `{ ${'id '.repeat(10_000)} }` }],
  '15,000 comments': ['tokens', { query: `{ ${'#\n'.repeat(15_000)} __typename }` }],
  '100,000 comments': ['lines', { query: `{ ${'#\n'.repeat(100_000)} __typename }` }],
  'a mistake after a million empty lines': ['lines', { query: `{ viewer { ${'\n'.repeat(1_000_000)} unknown } }` }],
  'unused variables of an operation with a name of 1.9 MB': [
    'name',
    { query: `query ${'x'.repeat(1_900_000)} (${times(150, (i) => `$v${i}: Int`)}) { viewer { roles } }` },
  ],
  'an enum value of 1.9 MB': [
    'name',
    { query: `{ deliveries(filter: { statuses: [${'X'.repeat(1_900_000)}] }) { totalCount } }` },
  ],
  '21 root fields': ['rootFields', { query: `{ ${times(21, () => 'viewer { roles }')} }` }],
  'a field 101 times': ['breadth', { query: `{ viewer { ${'roles '.repeat(101)} } }` }],
  'more fields than any page shows': [
    'fields',
    { query: `{ deliveries { nodes { ${times(90, () => 'webhook { id name url kind state }')} } } }` },
  ],
  '51 directives': ['directives', { query: `{ viewer { ${times(51, () => 'roles @skip(if: false)')} } }` }],
  'introspection in a loop': [
    'introspection',
    { query: `{ __schema { types { ${times(3, () => 'fields { type {')} name ${'} }'.repeat(3)} } } }` },
  ],
  'a deep loop of introspection': [
    'depth',
    { query: `{ __schema { types { ${times(10, () => 'fields { type {')} name ${'} }'.repeat(10)} } } }` },
  ],
  'fragments that double 30 times': [
    'breadth',
    {
      query: `{ viewer { ...f0 } } ${times(30, (i) => `fragment f${i} on Viewer { ...f${i + 1} ...f${i + 1} }`)} fragment f30 on Viewer { roles }`,
    },
  ],
  'pages within pages': [
    'cost',
    { query: '{ events(first: 200) { nodes { deliveries(first: 200) { nodes { id attempts { id } } } } } }' },
  ],
  'pages that variables make large': [
    'cost',
    {
      query: 'query ($n: Int) { events(first: $n) { nodes { deliveries(first: $n) { nodes { id status } } } } }',
      variables: '{"n":200}',
    },
  ],
  'every payload many times': [
    'cost',
    { query: `{ events(first: 200) { nodes { ${times(10, (i) => `p${i}: payload`)} } } }` },
  ],
  'figures many times': [
    'cost',
    { query: `{ ${times(18, (i) => `s${i}: eventStats { total last24h timeline { count } }`)} }` },
  ],
  'a costly subscription': [
    'cost',
    {
      query: `subscription { deliveries { ${times(20, (i) => `a${i}: event { deliveries(first: 200) { nodes { id } } }`)} } }`,
    },
  ],
  // Too expensive to be evaluated for every change.
  'figures many times with every change': [
    'liveCost',
    { query: `subscription { deliveryStats { ${times(20, (i) => `a${i}: timeline(buckets: ${i + 1}) { start }`)} } }` },
  ],
}

/** Requests that are invalid and also too expensive. */
export const BAD_INPUT: Record<string, Operation> = {
  'a fragment within itself': {
    query: '{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }',
  },
  'nothing but unknown fields': { query: `{ viewer { ${times(90, (i) => `unknown${i}`)} } }` },
  'no end': { query: '{ viewer '.repeat(200) },
  '@defer': { query: '{ ... @defer { viewer { roles } } }' },
  '@stream': { query: '{ tenants @stream(initialCount: 1) { id } }' },
  'a payload 10,000 levels deep': {
    query: PUBLISH,
    variables: `{"input":{"type":"a","source":"b","payload":${levels(10_000)}}}`,
  },
  'a schema 10,000 levels deep': {
    query: 'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }',
    variables: `{"input":{"name":"deep.type","description":"x","schema":${levels(10_000)}}}`,
  },
  'variables that are 10,000 levels deep and not objects': { query: PUBLISH, variables: `{"input":${levels(10_000)}}` },
  'fragments that go round in many circles': {
    query: `{ viewer { ...f0 } } ${times(100, (i) => `fragment f${i} on Viewer { ...f${(i + 1) % 100} ...f${(i + 2) % 100} ...f${(i + 3) % 100} }`)}`,
  },
  'a text of 1.9 MB for a number': { query: `{ deliveries(first: "${LARGE}") { totalCount } }` },
  '60 unknown fields beside 1.9 MB': {
    query: PUBLISH,
    variables: JSON.stringify({ input: { type: 'a', source: 'b', subject: LARGE, ...unknown(60) } }),
  },
  'nothing that is required beside 1.9 MB': {
    query: `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }`,
    variables: JSON.stringify({ input: [{ subject: LARGE }, ...Array.from({ length: 60 }, () => ({}))] }),
  },
  'names of 30 KB that no field has': {
    query: LIST,
    variables: JSON.stringify({
      filter: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${LARGE.slice(0, 30_000)}${i}`, 1])),
    }),
  },
  'a text of 1.9 MB for an enum': { query: LIST, variables: JSON.stringify({ filter: { statuses: [LARGE] } }) },
  'an object of 1.9 MB for a text': { query: LIST, variables: JSON.stringify({ filter: { search: { text: LARGE } } }) },
  'an operation that is not there, of a name of 1.9 MB': { query: LIST, operationName: LARGE },
  '20,000 ids': {
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: JSON.stringify({ ids: Array.from({ length: 20_000 }, () => 'evt_01h455vb4pex5vsknk084sn02q') }),
  },
  '20,000 values in a filter': {
    query: LIST,
    variables: JSON.stringify({ filter: { eventTypes: Array.from({ length: 20_000 }, (_, i) => `type.${i}`) } }),
  },
  '20,000 wrong values': {
    query: LIST,
    variables: JSON.stringify({ filter: { statuses: Array.from({ length: 20_000 }, () => 'NO_STATUS') } }),
  },
  '20,000 events in one go': {
    query: 'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }',
    variables: JSON.stringify({ input: Array.from({ length: 20_000 }, () => ({ type: 'a', source: 'b' })) }),
  },
}
