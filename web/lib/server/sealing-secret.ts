/** SECRET_KEY, which seals sessions. Throws if it is missing or invalid. */
export function sealingSecret(source: Record<string, string | undefined> = process.env): Buffer {
  const text = source.SECRET_KEY ?? ''
  const secret = Buffer.from(text, 'base64')
  // Node.js ignores invalid base64 characters, so the text is checked here.
  if (!/^[\w+/-]+={0,2}$/.test(text) || secret.length !== 32)
    throw new Error('SECRET_KEY: expected 32 bytes in base64 (openssl rand -base64 32), to seal sessions with')
  return secret
}
