import { graphql } from '@/lib/graphql.ts'

export const LeadRow = graphql(`
  fragment LeadRow on Lead {
    id
    tenantId
    name
    email
    phone
    company
    source
    status
    notes
    createdAt
    updatedAt
  }
`)

export const LeadList = graphql(`
  query LeadList($filter: LeadFilter, $first: Int!, $after: String) {
    leads(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...LeadRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const ActivityItem = graphql(`
  fragment ActivityItem on Activity {
    id
    kind
    body
    occurredAt
    createdAt
    summary
    summarizedBy
  }
`)

export const LeadDetails = graphql(`
  query LeadDetails($id: ID!, $first: Int!) {
    node(id: $id) {
      __typename
      ... on Lead {
        id
        ...LeadRow
        activities(first: $first) {
          totalCount
          nodes {
            id
            ...ActivityItem
          }
        }
      }
    }
  }
`)

export const CreateLead = graphql(`
  mutation CreateLead($input: CreateLeadInput!) {
    createLead(input: $input) {
      lead {
        id
        ...LeadRow
      }
    }
  }
`)

export const UpdateLead = graphql(`
  mutation UpdateLead($id: ID!, $input: UpdateLeadInput!) {
    updateLead(id: $id, input: $input) {
      lead {
        id
        ...LeadRow
      }
    }
  }
`)

export const DeleteLead = graphql(`
  mutation DeleteLead($id: ID!) {
    deleteLead(id: $id) {
      deletedId
    }
  }
`)

export const ExtractLead = graphql(`
  mutation ExtractLead($input: ExtractLeadInput!) {
    extractLead(input: $input) {
      draft
      usedProvider
      attempts {
        ...AttemptRow
      }
    }
  }
`)

export const CreateActivity = graphql(`
  mutation CreateActivity($input: CreateActivityInput!) {
    createActivity(input: $input) {
      activity {
        id
        ...ActivityItem
      }
    }
  }
`)

export const DeleteActivity = graphql(`
  mutation DeleteActivity($id: ID!) {
    deleteActivity(id: $id) {
      deletedId
    }
  }
`)

export const SummarizeActivity = graphql(`
  mutation SummarizeActivity($id: ID!) {
    summarizeActivity(id: $id) {
      activity {
        id
        ...ActivityItem
      }
      usedProvider
      attempts {
        ...AttemptRow
      }
    }
  }
`)
