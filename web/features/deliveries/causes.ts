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

/** URL parameters that list the dead letters of a cause. */
export const causeParams = ({ webhook, errorKind, statusCode }: FailureCauseFragment): Record<string, string> => ({
  window: 'all',
  status: 'dead',
  webhook: webhook.id,
  error: errorKind.toLowerCase(),
  ...(statusCode && { code: String(statusCode) }),
})
