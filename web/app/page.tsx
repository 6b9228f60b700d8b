import { redirect } from 'next/navigation'
import { HOME } from '@/lib/next-path.ts'

export default function Root() {
  redirect(HOME)
}
