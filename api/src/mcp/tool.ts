import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import type { z } from 'zod'
import type { Previews } from './previews.ts'
import { ToolError } from './tool-error.ts'

/** A GraphQL result. `data` may contain values that only JSON.stringify converts to JSON. */
export interface Executed {
  data?: unknown
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[]
}

/** Runs an operation as the assistant's identity: its role, tenant and limits apply, and the audit trail records it. */
export type Execute = (document: string, variables: Readonly<Record<string, unknown>>) => Promise<Executed>

/** Runs an operation and returns its data. Throws ToolError if the operation has errors. */
export async function dataOf(execute: Execute, document: string, variables: Readonly<Record<string, unknown>>) {
  const { data, errors } = await execute(document, variables)
  if (!errors || errors.length === 0) return data as Record<string, unknown>
  const told = errors.map(({ message, extensions }) => `${String(extensions?.code ?? 'INTERNAL')}: ${message}`)
  throw new ToolError(told.join('\n'))
}

export type Shape = Record<string, z.ZodType>

/** A tool of the MCP server. */
export interface Tool<Input extends Shape = Shape> {
  name: string
  title: string
  description: string
  input: Input
  annotations: ToolAnnotations
  /** The GraphQL documents that the tool may run. A test checks them against the schema. */
  documents: readonly string[]
  run(execute: Execute, input: z.output<z.ZodObject<Input>>, previews: Previews): Promise<unknown>
}

/** Checks the types of a tool. The result can be listed together with tools that have other inputs. */
export const tool = <Input extends Shape>(definition: Tool<Input>): Tool => definition as Tool<Shape>

/** The annotations of a tool that changes nothing. */
export const READS: ToolAnnotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

/** A tool that runs one query and returns its data. */
export const reading = <Input extends Shape>(
  {
    name,
    title,
    description,
    input,
    document,
  }: Pick<Tool<Input>, 'name' | 'title' | 'description' | 'input'> & { document: string },
  variablesOf: (input: z.output<z.ZodObject<Input>>) => Record<string, unknown> = (parsed) => parsed,
): Tool =>
  tool({
    name,
    title,
    description,
    input,
    annotations: READS,
    documents: [document],
    run: (execute, parsed) => dataOf(execute, document, variablesOf(parsed)),
  })
