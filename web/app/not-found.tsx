import Link from 'next/link'
import { HOME } from '@/lib/next-path.ts'
import classes from './entry.module.css'

export default function NotFound() {
  return (
    <main className={classes.notice}>
      <h1>There is no such page</h1>
      <p>
        The address may be mistyped. <Link href={HOME}>Go to Now</Link>
      </p>
    </main>
  )
}
