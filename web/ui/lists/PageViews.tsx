import classes from './PageViews.module.css'

interface PageViewsProps<Name extends string> {
  /** What the views show, for screen readers. */
  label: string
  views: readonly { name: Name; label: string }[]
  active: Name
  onChange: (name: Name) => void
}

/** Links to the views of one page, beside its title. */
export function PageViews<Name extends string>({ label, views, active, onChange }: PageViewsProps<Name>) {
  return (
    <nav className={classes.views} aria-label={label}>
      {views.map((view) => (
        <button key={view.name} type="button" aria-pressed={view.name === active} onClick={() => onChange(view.name)}>
          {view.label}
        </button>
      ))}
    </nav>
  )
}
