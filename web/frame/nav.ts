import {
  useDownServices,
  useDownWebhooks,
  useFiringAlerts,
  useUnrecovered,
} from '@/features/current-state/current-state.tsx'
import type { Role } from '@/lib/graphql.ts'
import {
  AiIcon,
  AlertsIcon,
  AuditIcon,
  DeliveriesIcon,
  EventsIcon,
  type IconProps,
  LeadsIcon,
  NowIcon,
  OperationsIcon,
  RetentionIcon,
  ServicesIcon,
  TenantsIcon,
  TypesIcon,
  WebhooksIcon,
} from '@/ui/icons.tsx'

/** A page of the console. */
export interface NavEntry {
  href: string
  label: string
  icon: (props: IconProps) => React.ReactNode
  /** Whether the page is above or below the separator in the navigation. */
  group: 'work' | 'manage'
  /** Lowest role that may use the page; default VIEWER. */
  role?: Role
  /** Second key of the shortcut: "g d" opens Deliveries. */
  letter?: string
  /** Whether the page ignores the time window. */
  timeless?: boolean
  /** Whether the page is in the bottom bar of a phone, which has space for three pages. */
  phone?: boolean
  /** A hook that returns the number on the badge; null or 0 for no badge. */
  useBadge?: () => number | null
}

/** All pages in navigation order. To add a page, add one entry here and one file in app/(console). */
export const NAV: readonly NavEntry[] = [
  { href: '/now', label: 'Now', icon: NowIcon, group: 'work', letter: 'n', phone: true },
  {
    href: '/deliveries',
    label: 'Deliveries',
    icon: DeliveriesIcon,
    group: 'work',
    letter: 'd',
    phone: true,
    useBadge: useUnrecovered,
  },
  { href: '/events', label: 'Events', icon: EventsIcon, group: 'work', letter: 'e' },
  { href: '/webhooks', label: 'Webhooks', icon: WebhooksIcon, group: 'work', letter: 'w', useBadge: useDownWebhooks },
  {
    href: '/alerts',
    label: 'Alerts',
    icon: AlertsIcon,
    group: 'work',
    letter: 'a',
    phone: true,
    useBadge: useFiringAlerts,
  },
  {
    href: '/services',
    label: 'Services',
    icon: ServicesIcon,
    group: 'work',
    letter: 's',
    timeless: true,
    useBadge: useDownServices,
  },
  {
    href: '/operations',
    label: 'Operations',
    icon: OperationsIcon,
    group: 'work',
    letter: 'o',
    timeless: true,
  },
  { href: '/event-types', label: 'Event types', icon: TypesIcon, group: 'manage', letter: 't', timeless: true },
  { href: '/leads', label: 'Leads', icon: LeadsIcon, group: 'manage', letter: 'l', timeless: true },
  { href: '/ai', label: 'AI', icon: AiIcon, group: 'manage', role: 'OPERATOR', letter: 'i', timeless: true },
  {
    href: '/retention',
    label: 'Retention',
    icon: RetentionIcon,
    group: 'manage',
    role: 'OPERATOR',
    letter: 'r',
    timeless: true,
  },
  { href: '/audit', label: 'Audit', icon: AuditIcon, group: 'manage', role: 'ADMIN', letter: 'u' },
  {
    href: '/tenants',
    label: 'Tenants and keys',
    icon: TenantsIcon,
    group: 'manage',
    role: 'ADMIN',
    letter: 'k',
    timeless: true,
  },
]

/** Whether a path belongs to a page: /webhooks/whk_… belongs to Webhooks. */
export const isOn = (pathname: string, { href }: NavEntry): boolean =>
  pathname === href || pathname.startsWith(`${href}/`)
