import { graphql } from '@/lib/graphql.ts'

export const TemplateItem = graphql(`
  fragment TemplateItem on AlertTemplate {
    id
    slug
    name
    description
    tenantId
    isBuiltin
    warnings(tenantId: $tenantId)
    rule
  }
`)

export const TemplateList = graphql(`
  query TemplateList($tenantId: String) {
    alertTemplates(tenantId: $tenantId) {
      id
      ...TemplateItem
    }
  }
`)

export const TemplateDetails = graphql(`
  query TemplateDetails($id: ID!, $tenantId: String) {
    node(id: $id) {
      __typename
      ... on AlertTemplate {
        id
        ...TemplateItem
      }
    }
  }
`)

export const MaterializeTemplate = graphql(`
  mutation MaterializeTemplate($id: ID!, $input: MaterializeAlertTemplateInput) {
    materializeAlertTemplate(id: $id, input: $input) {
      rule {
        id
        name
      }
    }
  }
`)

export const CreateTemplate = graphql(`
  mutation CreateTemplate($input: CreateAlertTemplateInput!, $tenantId: String) {
    createAlertTemplate(input: $input) {
      template {
        id
        ...TemplateItem
      }
    }
  }
`)

export const DeleteTemplate = graphql(`
  mutation DeleteTemplate($id: ID!) {
    deleteAlertTemplate(id: $id) {
      deletedId
    }
  }
`)
