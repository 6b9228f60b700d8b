import { graphql } from '@/lib/graphql.ts'

export const ViewerQuery = graphql(`
  query CurrentViewer {
    viewer {
      actor {
        kind
        id
        name
      }
      roles
      tenantId
      tenants {
        id
        name
      }
    }
  }
`)
