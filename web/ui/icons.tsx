import type { ReactNode, SVGProps } from 'react'

type IconProps = Omit<SVGProps<SVGSVGElement>, 'children'> & { size?: number }

/** An outline on a 24-unit grid. Decoration only: what it stands beside, or its button's label, carries the meaning. */
function Outline({ size = 16, children, ...props }: IconProps & { children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...props}
    >
      {children}
    </svg>
  )
}

export const CheckIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M5 12.5l4.5 4.5L19 7.5" />
  </Outline>
)
export const CrossIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M6 6l12 12M18 6L6 18" />
  </Outline>
)
export const ClockIcon = (props: IconProps) => (
  <Outline {...props}>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5l3 2" />
  </Outline>
)
export const RetryIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M12 8v5M12 16.5v.01" />
    <path d="M10.3 4.3L2.6 17.6A2 2 0 0 0 4.3 20.6h15.4a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0z" />
  </Outline>
)
export const StopIcon = (props: IconProps) => (
  <Outline {...props}>
    <circle cx="12" cy="12" r="9" />
    <path d="M5.7 5.7l12.6 12.6" />
  </Outline>
)
export const PauseIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M8 5v14M16 5v14" />
  </Outline>
)
export const PlayIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M8 5.500v13l11-6.500z" />
  </Outline>
)
export const UpIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Outline>
)
export const InfoIcon = (props: IconProps) => (
  <Outline {...props}>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5M12 7.5v.01" />
  </Outline>
)
export const FlameIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-2 1-3.5 2-4.5 0 2 1 3 2 3 1.5-2 .5-6 2-9.500z" />
  </Outline>
)
export const RefreshIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M20 11a8 8 0 0 0-14.9-3M4 4v4h4" />
    <path d="M4 13a8 8 0 0 0 14.9 3M20 20v-4h-4" />
  </Outline>
)
export const ReplayIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M4 4v5h5" />
    <path d="M4.6 9A8.5 8.5 0 1 1 3.5 13" />
  </Outline>
)
export const SearchIcon = (props: IconProps) => (
  <Outline {...props}>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16l4.5 4.5" />
  </Outline>
)
export const CopyIcon = (props: IconProps) => (
  <Outline {...props}>
    <rect x="9" y="9" width="11" height="11" rx="2" />
    <path d="M5 15H4V5a1 1 0 0 1 1-1h10v1" />
  </Outline>
)
export const SunIcon = (props: IconProps) => (
  <Outline {...props}>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.500M12 19.500V21M3 12h1.500M19.5 12H21M5.6 5.600l1.1 1.100M17.3 17.300l1.1 1.100M18.4 5.600l-1.1 1.100M6.7 17.300l-1.1 1.1" />
  </Outline>
)
export const MoonIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M20 14.500A8.5 8.5 0 1 1 9.5 4 6.8 6.8 0 0 0 20 14.500z" />
  </Outline>
)
export const ScreenIcon = (props: IconProps) => (
  <Outline {...props}>
    <rect x="3" y="4" width="18" height="12" rx="1.5" />
    <path d="M8 20h8M12 16v4" />
  </Outline>
)
export const InboxIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M3.5 13l3-8h11l3 8v5a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z" />
    <path d="M3.5 13H8l1.5 3h5l1.5-3h4.5" />
  </Outline>
)
export const UnpluggedIcon = (props: IconProps) => (
  <Outline {...props}>
    <path d="M3 21l5-5M16 8l5-5" />
    <path d="M7 12l5 5-2 2a3.5 3.5 0 0 1-5-5zM12 7l5 5 2-2a3.5 3.5 0 0 0-5-5z" />
    <path d="M12 12l-1 1M14 14l-1 1" />
  </Outline>
)

/** The mark of the product: an event passed on from ring to ring. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--mantine-color-indigo-filled)" />
      <circle cx="9" cy="12" r="4" stroke="white" strokeWidth="2" />
      <circle cx="15" cy="12" r="4" stroke="white" strokeWidth="2" strokeOpacity=".7" />
    </svg>
  )
}
