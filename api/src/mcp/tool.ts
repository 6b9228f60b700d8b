import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import type { z } from 'zod'
import type { Previews } from './previews.ts'
import { ToolError } from './tool-error.ts'

/** A GraphQL result. `data` may contain values that JSON.stringify converts. */
export interface Executed {
  data?: unknown
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[]
}

/**
 * Runs an operation with the assistant's identity: its role, tenant and limits apply, and the audit trail records it.
 */
export type Execute = (document: string, variables: Readonly<Record<string, unknown>>) => Promise<Executed>

/** The data of an operation, which must succeed. Throws ToolError. */
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
  /** The GraphQL documents that it may run; a test checks them against the schema. */
  documents: readonly string[]
  run(execute: Execute, input: z.output<z.ZodObject<Input>>, previews: Previews): Promise<unknown>
}

/** Checks the types of a tool's input before the tool joins a list of different ones. */
export const tool = <Input extends Shape>(definition: Tool<Input>): Tool => definition as Tool<Shape>

/** A tool that changes nothing. */
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
