/** SECRET_KEY, which sessions are sealed with. Throws where it is missing or wrong. */
export function sealingSecret(source: Record<string, string | undefined> = process.env): Buffer {
  const text = source.SECRET_KEY ?? ''
  const secret = Buffer.from(text, 'base64')
  // Node skips what is no base64: what is a key here has to be one.
  if (!/^[\w+/-]+={0,2}$/.test(text) || secret.length !== 32)
    throw new Error('SECRET_KEY: takes 32 bytes in base64 (openssl rand -base64 32), to seal sessions with')
  return secret
}
