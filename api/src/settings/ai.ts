import { z } from 'zod'
import { httpUrl, list, whole } from './types.ts'

/**
 * Names of AI providers in the order in which they are tried: `claude,ollama|openai,local`. Providers joined by | share
 * the load.
 */
const providerOrder = list.transform((groups, issue) =>
  groups.map((group) => {
    const names = group.split('|').map((name) => name.trim())
    for (const name of names)
      if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
        issue.addIssue(`${JSON.stringify(name)} is not a provider; expected names of lower-case letters, digits and -`)
    return names
  }),
)

/** Settings of the AI orchestrator and its providers. */
export const aiSettings = {
  AI_PROVIDERS_FILE: z
    .string()
    .optional()
    .describe('YAML file with the AI providers; ops/ai-providers.yaml when unset; docs/ai.md'),
  PROVIDER_ORDER: providerOrder
    .optional()
    .describe(
      'AI providers, first to last, as claude,ollama,openai,local; a vertical bar between names shares the load; the order in AI_PROVIDERS_FILE when unset',
    ),
  CLAUDE_URL: httpUrl.optional().describe("URL of Anthropic's API or a gateway to it; the public one when unset"),
  CLAUDE_API_KEY: z.string().optional().describe('key of the provider claude, which is skipped without a key or URL'),
  OLLAMA_URL: httpUrl
    .optional()
    .describe('URL of an Ollama server, as http://localhost:11434; the provider ollama is skipped without it'),
  OLLAMA_API_KEY: z.string().optional().describe('key of the provider ollama, if its server requires one'),
  OPENAI_URL: httpUrl
    .optional()
    .describe("URL of OpenAI's API or any server with its chat completions; the public one when unset"),
  OPENAI_API_KEY: z.string().optional().describe('key of the provider openai, which is skipped without a key or URL'),
  AI_TIMEOUT_MS: whole(100, 600_000)
    .default(20_000)
    .describe('time limit of an AI request over all its providers; at most OPERATION_TIMEOUT_MS'),
  AI_CONCURRENCY: whole(1, 10_000)
    .default(64)
    .describe(
      'maximum AI requests in progress per process; further ones wait up to a second and are then RATE_LIMITED',
    ),
  AI_TENANT_CONCURRENCY: whole(1, 10_000)
    .default(16)
    .describe('maximum AI requests of one tenant in progress per process; further ones wait'),
  AI_DRILL_SECONDS: whole(0, 86_400)
    .default(0)
    .describe('interval of the drills of each AI provider without its own healthCheckSeconds; 0: never'),
}
