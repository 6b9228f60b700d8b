/** Exits with instructions if Node.js is too old. The syntax of this file is old enough for old versions to parse. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`AetherLink needs Node.js 20.19 or later; this is ${process.versions.node}.`)
  console.error('Install one from https://nodejs.org, or with a version manager: nvm install 22')
  process.exit(1)
}
