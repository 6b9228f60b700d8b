import { graphql } from '@/lib/graphql.ts'

export const TenantItem = graphql(`
  fragment TenantItem on Tenant {
    id
    name
    createdAt
    retentionDays
    retentionIsDefault
    publishLimit {
      perSecond
      burst
      isDefault
    }
    requestLimit {
      perSecond
      burst
      isDefault
    }
  }
`)

export const TenantList = graphql(`
  query TenantList {
    tenants {
      ...TenantItem
    }
  }
`)

export const CreateTenant = graphql(`
  mutation CreateTenant($input: CreateTenantInput!) {
    createTenant(input: $input) {
      tenant {
        ...TenantItem
      }
    }
  }
`)

export const UpdateTenant = graphql(`
  mutation UpdateTenant($id: String!, $input: UpdateTenantInput!) {
    updateTenant(id: $id, input: $input) {
      tenant {
        ...TenantItem
      }
    }
  }
`)

export const KeyRow = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    role
    tenantId
    prefix
    createdAt
    lastUsedAt
    expiresAt
    revokedAt
  }
`)

export const KeyList = graphql(`
  query KeyList($filter: ApiKeyFilter, $first: Int!, $after: String) {
    apiKeys(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...KeyRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const CreateKey = graphql(`
  mutation CreateKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      secret
      apiKey {
        ...KeyRow
      }
    }
  }
`)

export const RevokeKey = graphql(`
  mutation RevokeKey($id: ID!) {
    revokeApiKey(id: $id) {
      apiKey {
        ...KeyRow
      }
    }
  }
`)
