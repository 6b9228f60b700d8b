import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, type LanguageModel, Output } from 'ai'
import { INTENTS } from '../intents.ts'
import type { Ask, Endpoint, ModelSettings } from './ask.ts'
import { ProviderFailure } from './failure.ts'
import { vendorFailure } from './vendor-failure.ts'
import { wireSchema } from './wire-schema.ts'

/**
 * Maximum size of a response in bytes: an answer has a few hundred, and an endless one must not fill the memory until
 * its timeout.
 */
const MAX_RESPONSE_BYTES = 1024 * 1024

/** Redirects are refused: fetch would pass an `x-api-key` header on to any target. */
const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' })
  const { status, statusText, headers } = response
  return new Response(response.body?.pipeThrough(limitBytes(MAX_RESPONSE_BYTES)) ?? null, {
    status,
    statusText,
    headers,
  })
}

function limitBytes(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > limit) controller.error(new ProviderFailure('TRUNCATED', 'the answer is longer than 1 MiB'))
      else controller.enqueue(chunk)
    },
  })
}

/** Otherwise the SDK writes warnings about a model to the console. Relevant ones cause a failure, which is recorded. */
globalThis.AI_SDK_LOG_WARNINGS = false

/** Sends requests to a language model over its vendor's API. */
export function askLanguageModel(settings: ModelSettings, endpoint: Endpoint, clock: () => number): Ask {
  const model = modelOf(settings, endpoint)
  return async (name, input, signal) => {
    const { instructions, output, maxOutputTokens } = INTENTS[name]
    try {
      const answer = await generateText({
        model,
        system: instructions,
        prompt: `<data>\n${JSON.stringify(input)}\n</data>`,
        output: Output.object({ schema: wireSchema(output), name: name.replaceAll('-', '_') }),
        maxOutputTokens,
        // Only the orchestrator tries again, with the next provider.
        maxRetries: 0,
        abortSignal: signal,
      })
      if (answer.finishReason === 'length')
        throw new ProviderFailure('TRUNCATED', 'the answer was cut off at its length limit')
      return answer.output
    } catch (error) {
      throw vendorFailure(error, clock())
    }
  }
}

function modelOf({ vendor, name, model }: ModelSettings, { url, apiKey }: Endpoint): LanguageModel {
  const baseURL = url === null ? undefined : versioned(url)
  // An empty key is used for a gateway that adds its own key. Without any key the SDK would read one from the
  // environment.
  const settings = { baseURL, apiKey: apiKey ?? '', fetch: boundedFetch }
  if (vendor === 'anthropic') return createAnthropic(settings)(model)
  // Chat completions: gateways and self-hosted servers behind OPENAI_URL may support these but not the Responses API.
  if (vendor === 'openai') return createOpenAI(settings).chat(model)
  if (baseURL === undefined) throw new Error(`provider ${name} has no URL`)
  return createOpenAICompatible({
    name,
    baseURL,
    ...(apiKey !== null && { apiKey }),
    fetch: boundedFetch,
    supportsStructuredOutputs: true,
  })(model)
}

/** http://localhost:11434 becomes http://localhost:11434/v1; a URL with a path is used as it is. */
const versioned = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return pathname === '/' ? `${origin}/v1` : url.replace(/\/+$/, '')
}
