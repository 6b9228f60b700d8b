import { type FailureCauseFragment, graphql } from '@/lib/graphql.ts'

export const FailureCauseFields = graphql(`
  fragment FailureCause on FailureCause {
    webhook {
      id
      name
      state
      circuit
      tenantId
    }
    errorKind
    statusCode
    unrecovered
    open
    oldestAt
    newestAt
    sampleError
    likelihood
    basis
    timeline(buckets: 24) {
      start
      delivered
      failed
      deadLetter
    }
  }
`)

export const FailureCauses = graphql(`
  query FailureCauses($tenantId: String, $first: Int!) {
    failureCauses(tenantId: $tenantId, first: $first) {
      ...FailureCause
    }
  }
`)

/** The list of the dead letters of a cause: what of the page's URL names them. */
export const causeParams = ({ webhook, errorKind, statusCode }: FailureCauseFragment): Record<string, string> => ({
  window: 'all',
  status: 'dead',
  webhook: webhook.id,
  error: errorKind.toLowerCase(),
  ...(statusCode && { code: String(statusCode) }),
})
