'use client'

import {
  Alert,
  Autocomplete,
  Button,
  Divider,
  Input,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { useMounted } from '@mantine/hooks'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { ROLES, type RoleName, type SignIn } from './sign-in.ts'

const RIGHTS: Record<RoleName, string> = {
  VIEWER: 'Reads.',
  AGENT: 'Also publishes events.',
  OPERATOR: 'Also replays deliveries and changes webhooks.',
  ADMIN: 'Also manages tenants and API keys.',
}

/** Tenants of the demo; any other name can be typed. */
const SUGGESTED_TENANTS = ['tenant-1', 'tenant-2', 'tenant-acme', 'tenant-demo']

/** Sends a sign-in. Resolves to an error message, or to null on success. */
async function send(request: SignIn): Promise<string | null> {
  try {
    const response = await fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    if (response.ok) return null
    const answer: unknown = await response.json()
    const detail = typeof answer === 'object' && answer !== null && 'detail' in answer ? answer.detail : null
    return typeof detail === 'string' ? detail : `The response had status ${response.status}.`
  } catch {
    return 'This page cannot reach its server.'
  }
}

interface SignInFormProps {
  /** URL that starts a sign-in at the identity provider, and the provider's host; null without a provider. */
  provider: { href: string; host: string } | null
  /** Why the last sign-in through the provider failed. */
  failed: string | null
  /** Whether the API offers dev sign-in with any role. */
  withRoles: boolean
  /** Path of this site to open after signing in. */
  next: string
}

/**
 * Sign-in at the identity provider, by role, and with an API key. The first two are shown only if available. Each part
 * shows its own error.
 */
export function SignInForm({ provider, failed, withRoles, next }: SignInFormProps) {
  const [problem, setProblem] = useState<{ kind: SignIn['kind']; text: string } | null>(null)
  const [busy, setBusy] = useState<SignIn['kind'] | null>(null)
  const submit = async (request: SignIn) => {
    setBusy(request.kind)
    setProblem(null)
    const refused = await send(request)
    // A full page load, so that the new session starts with an empty cache.
    if (refused === null) return window.location.assign(next)
    setProblem({ kind: request.kind, text: refused })
    setBusy(null)
  }
  return (
    <Stack gap="lg">
      {failed && problem === null && <Refused text={failed} />}
      {provider && (
        <Stack gap={4}>
          {/* A full page load, because the response redirects to another site. */}
          <Button component="a" href={provider.href} fullWidth>
            Sign in with your account
          </Button>
          <Text size="xs" c="dimmed">
            You sign in at {provider.host} and come back here.
          </Text>
        </Stack>
      )}
      {provider && <Divider label="or" />}
      {withRoles && (
        <RoleForm
          busy={busy}
          onSubmit={submit}
          main={!provider}
          problem={problem?.kind === 'dev' ? problem.text : null}
        />
      )}
      {withRoles && <Divider label="or" />}
      <KeyForm
        busy={busy}
        onSubmit={submit}
        main={!withRoles && !provider}
        problem={problem?.kind === 'key' ? problem.text : null}
      />
    </Stack>
  )
}

interface PartProps {
  busy: SignIn['kind'] | null
  onSubmit: (request: SignIn) => Promise<void>
  /** Whether this is the first option shown. */
  main: boolean
  /** Error of the last attempt. */
  problem: string | null
}

function Refused({ text }: { text: string }) {
  return (
    <Alert color="red" variant="outline" title="You are not signed in" role="alert">
      {text}
    </Alert>
  )
}

function Form({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) {
  const mounted = useMounted()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <form onSubmit={submit}>
      {/* Disabled until the scripts run: an earlier choice would be shown and then lost. */}
      <fieldset disabled={!mounted} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
        <Stack gap="sm">{children}</Stack>
      </fieldset>
    </form>
  )
}

function RoleForm({ busy, onSubmit, main, problem }: PartProps) {
  const [role, setRole] = useState<RoleName>('OPERATOR')
  const [tenantId, setTenantId] = useState('')
  const [name, setName] = useState('')
  return (
    <Form
      onSubmit={() =>
        void onSubmit({ kind: 'dev', role, tenantId: tenantId.trim() || null, name: name.trim() || null })
      }
    >
      <Input.Wrapper
        label="Role"
        labelElement="div"
        description={RIGHTS[role]}
        inputWrapperOrder={['label', 'input', 'description']}
      >
        <SegmentedControl<RoleName>
          fullWidth
          aria-label="Role"
          mb={4}
          value={role}
          onChange={setRole}
          data={ROLES.map((value) => ({ value, label: value.charAt(0) + value.slice(1).toLowerCase() }))}
        />
      </Input.Wrapper>
      <Autocomplete
        label="Tenant"
        description="Leave it empty to see all of them."
        placeholder="all tenants"
        data={SUGGESTED_TENANTS}
        value={tenantId}
        onChange={setTenantId}
        maxLength={63}
        autoComplete="off"
      />
      <TextInput
        label="Your name"
        description="Shown in the audit trail for your actions."
        placeholder="optional"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
      />
      {problem && <Refused text={problem} />}
      <Button type="submit" variant={main ? 'filled' : 'default'} loading={busy === 'dev'} disabled={busy === 'key'}>
        Sign in as {role.toLowerCase()}
      </Button>
    </Form>
  )
}

function KeyForm({ busy, onSubmit, main, problem }: PartProps) {
  const [key, setKey] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (problem) field.current?.focus()
  }, [problem])
  return (
    <Form onSubmit={() => void onSubmit({ kind: 'key', key: key.trim() })}>
      <PasswordInput
        ref={field}
        error={problem}
        label="API key"
        description="Starts with alk_. The first start prints the location of the admin key."
        placeholder="alk_…"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
        autoComplete="off"
        required
        withAsterisk={false}
      />
      <Button type="submit" variant={main ? 'filled' : 'default'} loading={busy === 'key'} disabled={busy === 'dev'}>
        Sign in with the key
      </Button>
    </Form>
  )
}
