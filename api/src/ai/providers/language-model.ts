import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV3, LanguageModelV3GenerateResult } from '@ai-sdk/provider'
import { INTENTS } from '../intents.ts'
import type { Ask, Endpoint, ModelSettings } from './ask.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { invalidAnswer, ProviderFailure } from './failure.ts'
import { vendorFailure } from './vendor-failure.ts'
import { wireSchema } from './wire-schema.ts'

/**
 * Sends requests to a language model over its vendor's API. It calls the vendor's model of the AI SDK directly:
 * `generateText` adds messages, tools, retries and telemetry, which are not needed here and take half of the CPU time of
 * a request.
 */
export function askLanguageModel(settings: ModelSettings, endpoint: Endpoint, clock: () => number): Ask {
  const model = modelOf(settings, endpoint)
  return async (name, input, signal) => {
    const { instructions, output, maxOutputTokens } = INTENTS[name]
    try {
      const result = await model.doGenerate({
        prompt: [
          { role: 'system', content: instructions },
          { role: 'user', content: [{ type: 'text', text: `<data>\n${JSON.stringify(input)}\n</data>` }] },
        ],
        responseFormat: { type: 'json', schema: wireSchema(output), name: name.replaceAll('-', '_') },
        maxOutputTokens,
        abortSignal: signal,
      })
      return answerOf(result)
    } catch (error) {
      throw vendorFailure(error, clock())
    }
  }
}

/** The JSON value that the model wrote. Throws ProviderFailure. */
function answerOf({ content, finishReason }: LanguageModelV3GenerateResult): unknown {
  if (finishReason.unified === 'length')
    throw new ProviderFailure('TRUNCATED', 'the answer was cut off at its length limit')
  if (finishReason.unified !== 'stop') throw invalidAnswer(`is incomplete (${finishReason.unified})`)
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  if (text.trim() === '') throw invalidAnswer('is empty')
  try {
    return JSON.parse(text)
  } catch {
    throw invalidAnswer('is not JSON')
  }
}

function modelOf({ vendor, name, model }: ModelSettings, { url, apiKey }: Endpoint): LanguageModelV3 {
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
