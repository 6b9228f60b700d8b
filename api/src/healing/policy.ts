import type { Env } from '../env.ts'
import type { Policy } from './decide/state.ts'

const seconds = (n: number) => n * 1_000
const minutes = (n: number) => n * 60_000

/** How long Docker needs for a restart, besides the time in which the container stops. */
const ENGINE_MARGIN_MS = seconds(20)

/** The policy according to the settings. Values without a setting are constants. */
export function policyOf(env: Env): Policy {
  return {
    mode: env.AUTOHEAL_MODE === 'heal' ? 'heal' : 'monitor',
    failureThreshold: env.AUTOHEAL_FAILURE_THRESHOLD,
    startPeriodMs: seconds(env.AUTOHEAL_START_PERIOD_SECONDS),
    settleMs: seconds(3),
    backoffMs: seconds(env.AUTOHEAL_BACKOFF_SECONDS),
    backoffMaxMs: seconds(env.AUTOHEAL_BACKOFF_MAX_SECONDS),
    maxRestarts: env.AUTOHEAL_MAX_RESTARTS,
    windowMs: seconds(env.AUTOHEAL_WINDOW_SECONDS),
    // The default alert rule of autoheal.given_up has twice this window, so that its alert stays open.
    remindMs: minutes(60),
    flapThreshold: 4,
    flapWindowMs: minutes(15),
    stableMs: minutes(10),
    restartMs: seconds(env.AUTOHEAL_STOP_TIMEOUT_SECONDS) + ENGINE_MARGIN_MS,
    verifyMs: seconds(env.AUTOHEAL_VERIFY_SECONDS),
    followUpMs: minutes(5),
  }
}
