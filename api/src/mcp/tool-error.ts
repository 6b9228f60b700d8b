/** A failed operation. The message is written for the assistant and begins with the code of the error. */
export class ToolError extends Error {}
