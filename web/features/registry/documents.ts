import { graphql } from '@/lib/graphql.ts'

export const ServiceItem = graphql(`
  fragment ServiceItem on Service {
    id
    name
    url
    healthUrl
    version
    owner
    tags
    rolesRequired
    status
    statusSince
    lastError
    lastSeen
    lastCheckedAt
    latencyMs
    availability24h
    availability30d
    dependsOn
    dependants
    monitored
    ttlSeconds
  }
`)

export const PlatformQuery = graphql(`
  query PlatformHealth {
    platformHealth {
      status
      checkedAt
      components {
        name
        status
        latencyMs
        message
        availability24h
      }
      services {
        id
        ...ServiceItem
      }
    }
  }
`)

export const PlatformHealthChanges = graphql(`
  subscription PlatformHealthChanges {
    platformHealth {
      status
      checkedAt
    }
  }
`)

export const ServiceChecks = graphql(`
  query ServiceChecks($id: ID!) {
    node(id: $id) {
      __typename
      ... on Service {
        id
        history(hours: 24) {
          start
          ok
          degraded
          down
          latencyAvgMs
          latencyMaxMs
        }
        instances {
          name
          version
          lastSeen
          isSilent
        }
      }
    }
  }
`)

/** Open alerts, for the blast radius of a service. */
export const OpenAlertsPage = graphql(`
  query OpenAlertsPage($after: String) {
    alerts(filter: { statuses: [FIRING, ACKNOWLEDGED] }, first: 200, after: $after) {
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        source
        group
        reason
        rule {
          id
          name
        }
      }
    }
  }
`)

/** Webhooks with their backlog, for the blast radius of a service. */
export const BacklogsPage = graphql(`
  query BacklogsPage($after: String) {
    webhooks(first: 200, after: $after) {
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        url
        backlog
      }
    }
  }
`)

export const UnregisterService = graphql(`
  mutation UnregisterService($name: String!) {
    unregisterService(name: $name) {
      deletedId
    }
  }
`)

/** The unhealthy services, for the landing page. */
export const NowPlatform = graphql(`
  query NowPlatform {
    platformHealth {
      status
      components {
        name
        status
        message
      }
    }
    services(filter: { statuses: [DOWN, DEGRADED] }, first: 20) {
      totalCount
      nodes {
        id
        name
        status
        statusSince
        lastError
        dependants
      }
    }
    autoHeal {
      enabled
      stormBrake
      targets {
        id
        container
        state
        lastError
      }
    }
  }
`)
