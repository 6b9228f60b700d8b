import type { ReactNode, SVGProps } from 'react'

export type IconProps = Omit<SVGProps<SVGSVGElement>, 'children'> & { size?: number }

/**
 * An outline on a 24-unit grid. It is decorative only: the text beside the icon, or the label of its button, gives the
 * meaning.
 */
function Outline({ size = 16, children, ...props }: IconProps & { children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...props}
    >
      {children}
    </svg>
  )
}

const icon = (path: string, more?: ReactNode) =>
  function Icon(props: IconProps) {
    return (
      <Outline {...props}>
        <path d={path} />
        {more}
      </Outline>
    )
  }

export const CheckIcon = icon('M5 12.5l4.5 4.5L19 7.5')
export const CrossIcon = icon('M6 6l12 12M18 6L6 18')
export const SearchIcon = icon('M16 16l4.5 4.5', <circle cx="11" cy="11" r="6.5" />)
export const CopyIcon = icon('M5 15H4V5a1 1 0 0 1 1-1h10v1', <rect x="9" y="9" width="11" height="11" rx="2" />)
export const LinkIcon = icon(
  'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.700l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.700l1-1',
)
export const RefreshIcon = icon('M20 11a8 8 0 0 0-14.9-3M4 4v4h4M4 13a8 8 0 0 0 14.9 3M20 20v-4h-4')
export const PauseIcon = icon('M8 5v14M16 5v14')
export const PlayIcon = icon('M8 5.500v13l11-6.500z')
export const UpIcon = icon('M12 19V5M6 11l6-6 6 6')
export const PlusIcon = icon('M12 5v14M5 12h14')
export const InboxIcon = icon('M3.5 13l3-8h11l3 8v5a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1zM3.5 13H8l1.5 3h5l1.5-3h4.5')
export const UnpluggedIcon = icon(
  'M3 21l5-5M16 8l5-5M7 12l5 5-2 2a3.5 3.5 0 0 1-5-5zM12 7l5 5 2-2a3.5 3.5 0 0 0-5-5zM12 12l-1 1M14 14l-1 1',
)
export const LockIcon = icon('M8 11V8a4 4 0 0 1 8 0v3', <rect x="5" y="11" width="14" height="9" rx="2" />)
export const MenuIcon = icon('M4 7h16M4 12h16M4 17h16')
export const MoreIcon = icon('M5 12v.01M12 12v.01M19 12v.01')
export const DownloadIcon = icon('M12 4v11M7 10l5 5 5-5M5 20h14')

// The icons of the pages.
export const NowIcon = icon('M3 12h4l2.5-7 4 14 2.5-7h5')
export const DeliveriesIcon = icon('M4 12l16-7-5 15-3.5-5.500zM11.5 14.500L20 5')
export const EventsIcon = icon('M4 6h10M4 12h16M4 18h7')
export const WebhooksIcon = icon(
  'M9 15.500l3-6.500M15.5 17H9M14 10.500l3 4.5',
  <>
    <circle cx="12" cy="6.5" r="2.5" />
    <circle cx="6.5" cy="17" r="2.5" />
    <circle cx="18" cy="17" r="2.5" />
  </>,
)
export const AlertsIcon = icon('M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20.500h4M12 5V3')
export const ServicesIcon = icon(
  'M7 7.500v.01M7 16.500v.01',
  <>
    <rect x="3.5" y="4" width="17" height="7" rx="1.5" />
    <rect x="3.5" y="13" width="17" height="7" rx="1.5" />
  </>,
)
export const OperationsIcon = icon('M4 4v5h5M4.6 9A8.5 8.5 0 1 1 3.5 13M12 8v4.500l3 2')
export const TypesIcon = icon('M4 5h7v7H4zM13 12h7v7h-7zM15 5h5M15 8h3M4 16h5M4 19h3')
export const LeadsIcon = icon('M4 20a8 8 0 0 1 16 0', <circle cx="12" cy="8" r="4" />)
export const AiIcon = icon('M12 3l2 6.500L20.500 12L14 14.500L12 21l-2-6.500L3.500 12L10 9.500z')
export const RetentionIcon = icon('M4 8v11h16V8M3 4h18v4H3zM10 12h4')
export const AuditIcon = icon('M6 4h9l3 3v13H6zM9 11h6M9 15h6')
export const TenantsIcon = icon('M4 20V9l8-5 8 5v11M9 20v-6h6v6')

/** The product's logo: an event that passes from one ring to the next. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="#3b5bdb" />
      <circle cx="9" cy="12" r="4" stroke="white" strokeWidth="2" />
      <circle cx="15" cy="12" r="4" stroke="white" strokeWidth="2" strokeOpacity=".7" />
    </svg>
  )
}
