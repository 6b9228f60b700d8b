import { graphql } from '@/lib/graphql.ts'

export const EventTypeItem = graphql(`
  fragment EventTypeItem on EventType {
    name
    description
    defaultSeverity
    schema
    example
    tenantVisible
    version
    deprecated
    declared
  }
`)

export const EventTypeList = graphql(`
  query EventTypeList {
    eventTypes {
      ...EventTypeItem
    }
  }
`)

export const RegisterEventType = graphql(`
  mutation RegisterEventType($input: RegisterEventTypeInput!) {
    registerEventType(input: $input) {
      created
      eventType {
        ...EventTypeItem
      }
    }
  }
`)

export const DeprecateEventType = graphql(`
  mutation DeprecateEventType($name: String!) {
    deprecateEventType(name: $name) {
      eventType {
        ...EventTypeItem
      }
    }
  }
`)

export const TypeActivity = graphql(`
  query TypeActivity($name: String!) {
    eventStats(filter: { types: [$name] }) {
      total
      last24h
    }
  }
`)
