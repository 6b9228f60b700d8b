import { redirect } from 'next/navigation'

/** The page that notifications link to: the alert, open beside the list. */
export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  redirect(`/alerts?${new URLSearchParams({ window: 'all', open: decodeURIComponent(id) })}`)
}
