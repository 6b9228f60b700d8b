import classes from './Chart.module.css'

interface SparklineProps {
  /** Text alternative: "12 failures in the last 24 h". */
  label: string
  /** The bars, oldest first. */
  values: readonly number[]
  /** How much of each bar is drawn in `partColor`, such as the failures. */
  parts?: readonly number[]
  color?: string
  partColor?: string
  width?: number
  height?: number
}

/** Small inline bars that show recent history. */
export function ChartSparkline(props: SparklineProps) {
  const { label, values, parts, color = 'var(--chart-arrived)', partColor = 'var(--chart-dead)' } = props
  const { width = 96, height = 20 } = props
  const most = Math.max(1, ...values)
  return (
    <svg
      role="img"
      aria-label={label}
      className={classes.spark}
      width={width}
      height={height}
      viewBox={`0 0 ${Math.max(1, values.length)} ${height}`}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      <rect x={0} y={height - 0.75} width={values.length} height={0.75} fill="var(--line)" />
      {values.map((value, index) => {
        if (value === 0) return null
        const size = Math.max(1.5, (value / most) * height)
        const part = ((parts?.[index] ?? 0) / value) * size
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is identified by its position
          <g key={index}>
            <rect x={index + 0.1} y={height - size} width={0.8} height={size} fill={color} />
            {part > 0 && (
              <rect
                x={index + 0.1}
                y={height - Math.max(part, 1.5)}
                width={0.8}
                height={Math.max(part, 1.5)}
                fill={partColor}
              />
            )}
          </g>
        )
      })}
    </svg>
  )
}
