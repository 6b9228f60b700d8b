/** Codes of errors with which Node.js refuses the certificate of a server. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
])

/** The cause of a failed TLS connection to the engine, naming the setting to correct; null for any other error. */
export function tlsFault(error: Error): string | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (UNTRUSTED.has(code))
    return `the engine's certificate is not signed by ca.pem in DOCKER_CERT_PATH (${error.message})`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the engine's certificate is not for the host in DOCKER_HOST (${error.message})`
  if (code === 'CERT_HAS_EXPIRED') return "the engine's certificate has expired"
  if (/wrong version number|packet length too long/i.test(error.message))
    return 'DOCKER_TLS_VERIFY is set, but the engine at DOCKER_HOST does not use TLS'
  if (/alert/i.test(error.message) && /certificate|unknown ca/i.test(error.message))
    return `the engine refuses the client certificate, cert.pem in DOCKER_CERT_PATH (${error.message})`
  if (/HTTP request to an HTTPS server/i.test(error.message))
    return 'the engine at DOCKER_HOST requires TLS; set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH'
  return null
}
