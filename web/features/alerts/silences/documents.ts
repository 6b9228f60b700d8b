import { graphql } from '@/lib/graphql.ts'

export const SilenceRow = graphql(`
  fragment SilenceRow on Silence {
    id
    tenantId
    matchers
    reason
    startsAt
    endsAt
    createdAt
    createdBy {
      kind
      id
      name
    }
    matching
    heldBack
    warnedAt
  }
`)

export const SilenceList = graphql(`
  query SilenceList($filter: SilenceFilter, $first: Int!, $after: String) {
    silences(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...SilenceRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const SilenceDetails = graphql(`
  query SilenceDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Silence {
        id
        ...SilenceRow
      }
    }
  }
`)

export const CreateSilence = graphql(`
  mutation CreateSilence($input: CreateSilenceInput!) {
    createSilence(input: $input) {
      silence {
        id
        ...SilenceRow
      }
    }
  }
`)

export const ExpireSilence = graphql(`
  mutation ExpireSilence($id: ID!) {
    expireSilence(id: $id) {
      silence {
        id
        ...SilenceRow
      }
    }
  }
`)
